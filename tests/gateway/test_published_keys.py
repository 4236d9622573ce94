"""Clients publish their keys at an address, which is read when a new one is named."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import pytest_asyncio
from joserfc.jwk import Key

from gateway.settings import GatewaySettings
from service_kit.settings import FetcherSettings
from tests.gateway.conftest import serving
from tests.gateway.harness import Gateway
from tests.gateway.signing import EC, ED, Signer, signed
from tests.gateway.test_registration import register

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


class KeyServer:
    """A client's own address with its public keys."""

    def __init__(self) -> None:
        self.body = b""
        self.asked = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/jwks"

    def publish(self, *keys: Key) -> None:
        self.body = json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    yield server
    server.close()


class TestPublishedKeys:
    @pytest_asyncio.fixture
    async def signer(self, gateway: Gateway, key_server: KeyServer) -> AsyncIterator[Signer]:
        """A client whose keys were at its own address when it registered; the address is moved into the database,
        because a registration wants https."""
        member = await gateway.member("lakeside")
        key_server.publish(EC)
        made_client = await gateway.http.post(
            "/clients",
            headers=await gateway.headers(member),
            json={
                "name": "signs",
                "scopes": ["credentials:issue"],
                "tokenEndpointAuthMethod": "private_key_jwt",
                "jwks": json.loads(key_server.body),
            },
        )
        client_id = made_client.json()["clientId"]
        async with gateway.unit_of_work() as work:
            await work.clients.update(client_id, {"jwks_uri": key_server.url})
            await work.commit()
        yield Signer(gateway, client_id, "")

    async def test_a_new_key_is_found_when_it_is_named(self, signer: Signer, key_server: KeyServer) -> None:
        assert (await signer.send(signed(signer.claims(), EC))).status_code == 200
        assert key_server.asked == 0
        key_server.publish(ED)
        answer = await signer.send(signed(signer.claims(), ED, alg="EdDSA"))
        assert answer.status_code == 200, answer.text
        assert (await signer.send(signed(signer.claims(), EC))).json()["error"] == "invalid_client"

    async def test_unknown_keys_cost_one_look_a_minute(self, signer: Signer, key_server: KeyServer) -> None:
        for _ in range(3):
            assert (await signer.send(signed(signer.claims(), ED, alg="EdDSA"))).status_code == 401
        assert key_server.asked == 1
        signer.gateway.clock.forward(minutes=1)
        await signer.send(signed(signer.claims(), ED, alg="EdDSA"))
        assert key_server.asked == 2

    @pytest.mark.parametrize("body", [b"", b"[]", b'{"keys":[]}', b'{"keys":[{"kty":"oct","k":"AAAA"}]}'])
    async def test_what_is_no_key_set_changes_nothing(self, signer: Signer, key_server: KeyServer, body: bytes) -> None:
        key_server.body = body
        assert (await signer.send(signed(signer.claims(), ED, alg="EdDSA"))).status_code == 401
        assert (await signer.send(signed(signer.claims(), EC))).status_code == 200

    @pytest.mark.parametrize(
        "address", ["https://127.0.0.1/jwks", "https://10.0.0.1/jwks", "https://[::1]/jwks", "https://0x7f.1/jwks"]
    )
    async def test_an_address_of_our_own_network_is_not_read(
        self, gateway_settings: GatewaySettings, address: str
    ) -> None:
        guarded = gateway_settings.model_copy(update={"fetcher": FetcherSettings()})
        metadata = {
            "redirect_uris": ["com.example.app:/cb"],
            "application_type": "native",
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": address,
        }
        async with serving(guarded) as gateway:
            answer = await register(gateway, metadata)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
        assert "127" not in answer.json()["error_description"]

"""Dynamic client registration (RFC 7591) and its management (RFC 7592)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import pytest_asyncio
from joserfc.jwk import Key

from gateway.core.roles import Role
from gateway.settings import GatewaySettings
from service_kit.settings import FetcherSettings
from tests.gateway.conftest import serving
from tests.gateway.harness import BASE, Gateway
from tests.gateway.people import REDIRECT, App, Visitor, person, tokens
from tests.gateway.signing import EC, ED, Signer, signed

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"
OPEN: dict[str, Any] = {
    "client_name": "Badge Studio",
    "redirect_uris": [REDIRECT],
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "openid credentials:issue",
    "client_uri": "https://app.example",
    "logo_uri": "https://app.example/logo.png",
    "tos_uri": "https://app.example/terms",
    "policy_uri": "https://app.example/privacy",
    "software_id": "studio",
    "software_version": "1.0",
    "contacts": ["ops@app.example"],
    "something_else": {"ignored": True},
}


async def register(gateway: Gateway, metadata: Any = None, **options: Any) -> httpx.Response:
    return await gateway.http.post("/oauth/register", json=OPEN if metadata is None else metadata, **options)


async def made(gateway: Gateway, metadata: Any = None, **options: Any) -> dict[str, Any]:
    answer = await register(gateway, metadata, **options)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class TestRegistering:
    async def test_a_program_that_nobody_vouches_for(self, gateway: Gateway) -> None:
        answer = await register(gateway)
        assert answer.status_code == 201
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        assert body["client_secret"].startswith("laurel_secret_")
        assert body["client_secret_expires_at"] == 0
        assert body["client_id_issued_at"] == int(gateway.clock.now.timestamp())
        assert body["registration_client_uri"] == f"{BASE}/oauth/register/{body['client_id']}"
        assert body["scope"] == "openid profile email offline_access credentials:issue"
        assert {name: body[name] for name in OPEN.keys() - {"scope", "something_else"}} == {
            name: value for name, value in OPEN.items() if name not in {"scope", "something_else"}
        }
        assert "something_else" not in body

    async def test_it_acts_for_people_within_their_roles(self, gateway: Gateway) -> None:
        member = await gateway.member("lakeside")
        await person(gateway, member, EMAIL, Role.ISSUER)
        body = await made(gateway, OPEN | {"scope": "credentials:issue catalog:write"})
        studio = App(gateway, body["client_id"], (body["client_id"], body["client_secret"]))
        shown = await Visitor(gateway).consent_page(studio.parameters(), EMAIL)
        assert "Nobody vouches for this program" in shown.text
        found = await tokens(Visitor(gateway), studio, EMAIL, scope="credentials:issue catalog:write")
        assert found["scope"] == "credentials:issue"
        assert await studio.is_active(found["access_token"])
        others = await gateway.token(member)
        assert not await studio.is_active(others)

    async def test_it_never_acts_for_an_organization(self, gateway: Gateway) -> None:
        refused = await register(gateway, OPEN | {"grant_types": ["client_credentials", "authorization_code"]})
        assert refused.json()["error"] == "invalid_client_metadata"
        body = await made(gateway)
        answer = await gateway.ask({}, auth=(body["client_id"], body["client_secret"]))
        assert answer.json()["error"] == "unauthorized_client"

    async def test_with_an_organizations_token_it_is_the_organizations(self, gateway: Gateway) -> None:
        headers = await gateway.headers(await gateway.member("lakeside"))
        metadata = OPEN | {"grant_types": ["client_credentials"], "redirect_uris": []}
        body = await made(gateway, metadata, headers=headers)
        answer = await gateway.ask({}, auth=(body["client_id"], body["client_secret"]))
        assert answer.json()["scope"] == "credentials:issue"
        listed = (await gateway.http.get("/clients", headers=headers)).json()["items"]
        assert body["client_id"] in [one["clientId"] for one in listed]

    async def test_an_organization_gives_what_its_kind_may_have(self, gateway: Gateway) -> None:
        headers = await gateway.headers(await gateway.member("lakeside"))
        answer = await register(gateway, OPEN | {"scope": "registry:accredit"}, headers=headers)
        assert answer.json()["error"] == "invalid_client_metadata"

    async def test_the_defaults_are_the_specifications(self, gateway: Gateway) -> None:
        body = await made(gateway, {"redirect_uris": [REDIRECT]})
        assert body["grant_types"] == ["authorization_code"]
        assert body["response_types"] == ["code"]
        assert body["token_endpoint_auth_method"] == "client_secret_basic"
        assert body["application_type"] == "web"
        assert body["id_token_signed_response_alg"] == "RS256"

    async def test_what_signs_its_id_tokens_is_its_choice(self, gateway: Gateway) -> None:
        body = await made(gateway, OPEN | {"id_token_signed_response_alg": "ES256"})
        assert body["id_token_signed_response_alg"] == "ES256"
        address = f"/oauth/register/{body['client_id']}"
        again = await gateway.http.put(address, json=OPEN, headers=bearer(body["registration_access_token"]))
        assert again.json()["id_token_signed_response_alg"] == "RS256"

    async def test_a_program_may_be_at_several_addresses(self, gateway: Gateway) -> None:
        several = [REDIRECT, "https://test.app.example/callback"]
        body = await made(gateway, {"redirect_uris": several})
        assert body["redirect_uris"] == several
        refused = await register(gateway, {"redirect_uris": several, "logo_uri": "https://app.example/logo.png"})
        assert refused.json()["error"] == "invalid_client_metadata"

    async def test_keys_of_a_client_that_does_not_sign_are_passed_over(self, gateway: Gateway) -> None:
        for keys in ({"jwks": {"keys": [{"kty": "XX"}]}}, {"jwks_uri": "https://keys.example/jwks"}):
            body = await made(gateway, OPEN | keys)
            assert body["token_endpoint_auth_method"] == "client_secret_basic"
            assert body.keys().isdisjoint({"jwks", "jwks_uri"})

    async def test_null_says_as_much_as_nothing(self, gateway: Gateway) -> None:
        body = await made(
            gateway, OPEN | {"scope": None, "application_type": None, "logo_uri": None, "software_statement": None}
        )
        assert body["application_type"] == "web"
        assert "logo_uri" not in body

    async def test_a_public_client_gets_no_secret(self, gateway: Gateway) -> None:
        body = await made(
            gateway,
            {
                "redirect_uris": ["http://127.0.0.1/cb", "com.example.app:/cb"],
                "token_endpoint_auth_method": "none",
                "application_type": "native",
            },
        )
        assert "client_secret" not in body


class TestWhatOpenIdConnectHasBesides:
    async def test_it_is_kept_and_told(self, gateway: Gateway) -> None:
        """What idpyoidc sends unless told otherwise, and what other certified clients may."""
        said = {
            "default_max_age": 86400,
            "require_auth_time": True,
            "initiate_login_uri": "https://app.example/login",
            "userinfo_signed_response_alg": "ES256",
            "require_proof_key": False,
        }
        body = await made(gateway, OPEN | said | {"request_object_signing_alg": "RS256"})
        assert said.items() <= body.items()
        assert "request_object_signing_alg" not in body

    async def test_pkce_is_a_must_unless_said_otherwise(self, gateway: Gateway) -> None:
        assert (await made(gateway))["require_proof_key"] is True

    async def test_an_installation_may_leave_it_to_web_programs_that_authenticate_themselves(
        self, gateway_settings: GatewaySettings
    ) -> None:
        async with serving(gateway_settings.model_copy(update={"require_proof_key": False})) as gateway:
            own = {"application_type": "native", "redirect_uris": ["com.example.app:/cb"]}
            alike = {"redirect_uris": ["https://app.example/cb"]}
            for changes in (own, {"token_endpoint_auth_method": "none"}, {"dpop_bound_access_tokens": True}):
                assert (await made(gateway, alike | changes))["require_proof_key"] is True
            assert (await made(gateway, alike))["require_proof_key"] is False


class TestRefusals:
    @pytest.mark.parametrize("authorization", ["Bearer x.y.z", "Basic eDp5", "Bearer laurel_registration_x"])
    async def test_a_bad_initial_token_is_no_token(self, gateway: Gateway, authorization: str) -> None:
        answer = await register(gateway, headers={"Authorization": authorization})
        assert answer.status_code == 401
        assert "www-authenticate" in answer.headers

    async def test_an_initial_token_needs_the_scope(self, gateway: Gateway) -> None:
        headers = await gateway.headers(await gateway.member("lakeside"), scope="credentials:issue")
        assert (await register(gateway, headers=headers)).status_code == 403

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"redirect_uris": ["http://app.example/cb"]}, "invalid_redirect_uri"),
            ({"redirect_uris": ["https://app.example/cb#x"]}, "invalid_redirect_uri"),
            ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
            ({"redirect_uris": ["http://127.0.0.1/cb"]}, "invalid_redirect_uri"),
            ({"redirect_uris": []}, "invalid_redirect_uri"),
            ({"redirect_uris": "https://app.example/cb"}, "invalid_redirect_uri"),
            ({"redirect_uris": ["https://elsewhere.example/cb"]}, "invalid_client_metadata"),
            ({"logo_uri": "https://elsewhere.example/logo.png"}, "invalid_client_metadata"),
            ({"tos_uri": "http://app.example/terms"}, "invalid_client_metadata"),
            ({"client_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
            ({"grant_types": ["password"]}, "invalid_client_metadata"),
            ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
            ({"response_types": ["token"]}, "invalid_client_metadata"),
            ({"token_endpoint_auth_method": "tls_client_auth"}, "invalid_client_metadata"),
            ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
            (
                {
                    "token_endpoint_auth_method": "private_key_jwt",
                    "jwks": {"keys": []},
                    "jwks_uri": "https://app.example/",
                },
                "invalid_client_metadata",
            ),
            ({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": ["x"]}}, "invalid_client_metadata"),
            ({"scope": "made-up"}, "invalid_client_metadata"),
            # The id is written out: the key is another one in each process.
            pytest.param(
                {
                    "token_endpoint_auth_method": "private_key_jwt",
                    "jwks": {"keys": [EC.as_dict(private=False)]},
                    "token_endpoint_auth_signing_alg": "HS256",
                },
                "invalid_client_metadata",
                id="HS256 with a public key",
            ),
            ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
            ({"subject_type": "pairwise"}, "invalid_client_metadata"),
            ({"userinfo_signed_response_alg": "HS256"}, "invalid_client_metadata"),
            ({"userinfo_encrypted_response_alg": "RSA-OAEP"}, "invalid_client_metadata"),
            ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
            ({"id_token_signed_response_alg": "HS256"}, "invalid_client_metadata"),
            ({"id_token_encrypted_response_alg": "ECDH-ES"}, "invalid_client_metadata"),
            ({"request_object_encryption_alg": "ECDH-ES"}, "invalid_client_metadata"),
            ({"require_signed_request_object": True}, "invalid_client_metadata"),
            ({"tls_client_certificate_bound_access_tokens": True}, "invalid_client_metadata"),
            ({"default_max_age": -1}, "invalid_client_metadata"),
            ({"initiate_login_uri": "http://app.example/login"}, "invalid_client_metadata"),
            ({"require_proof_key": False, "token_endpoint_auth_method": "none"}, "invalid_client_metadata"),
            ({"require_proof_key": False, "dpop_bound_access_tokens": True}, "invalid_client_metadata"),
            ({"client_name": "a\u202eb"}, "invalid_client_metadata"),
            ({"client_name": ""}, "invalid_client_metadata"),
            ({"contacts": ["x"] * 11}, "invalid_client_metadata"),
            ({"software_statement": "e30.e30."}, "unapproved_software_statement"),
        ],
        ids=str,
    )
    async def test_what_a_client_may_not_say(self, gateway: Gateway, changes: dict[str, Any], error: str) -> None:
        answer = await register(gateway, OPEN | changes)
        assert (answer.status_code, answer.json()["error"]) == (400, error)
        assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize("body", [b"", b"[]", b"x", b'{"a":1,"a":2}', b"null"])
    async def test_what_is_no_metadata_at_all(self, gateway: Gateway, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        answer = await gateway.http.post("/oauth/register", content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")

    async def test_an_installation_may_close_the_door(self, gateway_settings: GatewaySettings) -> None:
        closed = gateway_settings.model_copy(update={"open_registration": False})
        async with serving(closed) as gateway:
            assert (await register(gateway)).status_code == 401
            headers = await gateway.headers(await gateway.member("lakeside"))
            assert (await register(gateway, headers=headers)).status_code == 201


class TestManaging:
    async def test_a_client_reads_itself(self, gateway: Gateway) -> None:
        body = await made(gateway)
        path = body["registration_client_uri"].removeprefix(BASE)
        read = (await gateway.http.get(path, headers=bearer(body["registration_access_token"]))).json()
        assert read == {name: body[name] for name in body.keys() - {"client_secret", "client_secret_expires_at"}}

    async def test_what_is_not_said_anew_is_gone_and_the_token_changes(self, gateway: Gateway) -> None:
        body = await made(gateway)
        path, old = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        changed = await gateway.http.put(path, headers=old, json={"redirect_uris": ["https://app.example/new"]})
        assert changed.status_code == 200, changed.text
        found = changed.json()
        assert found["redirect_uris"] == ["https://app.example/new"]
        assert "software_id" not in found
        assert "client_secret" not in found
        assert found["client_id_issued_at"] == body["client_id_issued_at"]
        assert (await gateway.http.get(path, headers=old)).status_code == 401
        fresh = bearer(found["registration_access_token"])
        assert (await gateway.http.get(path, headers=fresh)).status_code == 200
        begun = await Visitor(gateway).begin(App(gateway, body["client_id"], None).parameters())
        assert begun.status_code == 400

    async def test_who_it_is_and_its_secret_are_not_its_to_change(self, gateway: Gateway) -> None:
        """RFC 7592 §2.2: a client sends back what it was told, as Nimbus's does."""
        body = await made(gateway)
        path, token = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        for changes in (
            {"client_id": "another"},
            {"client_id": 5},
            {"client_secret": "of my own"},
            {"client_secret": 5},
        ):
            refused = await gateway.http.put(path, headers=token, json=OPEN | changes)
            assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")
        own = {name: body[name] for name in ("client_id", "client_secret")}
        assert (await gateway.http.put(path, headers=token, json=OPEN | own)).status_code == 200

    async def test_of_many_changes_at_once_one_wins(self, gateway: Gateway) -> None:
        body = await made(gateway)
        path, token = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        answers = await asyncio.gather(*(gateway.http.put(path, headers=token, json=OPEN) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [200] + [401] * 5

    async def test_a_client_removes_itself(self, gateway: Gateway) -> None:
        body = await made(gateway)
        path, token = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        assert (await gateway.http.delete(path, headers=token)).status_code == 204
        assert (await gateway.http.get(path, headers=token)).status_code == 401
        answer = await gateway.ask({}, auth=(body["client_id"], body["client_secret"]))
        assert answer.json()["error"] == "invalid_client"

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    async def test_other_tokens_open_nothing(self, gateway: Gateway, method: str) -> None:
        member = await gateway.member("lakeside")
        mine, other = await made(gateway), await made(gateway)
        registered = await gateway.headers(member)
        tries = [
            (mine["client_id"], bearer(other["registration_access_token"])),
            (mine["client_id"], bearer("laurel_registration_made-up")),
            (mine["client_id"], registered),
            (mine["client_id"], {}),
            ("nobody", bearer(mine["registration_access_token"])),
            (member.client_id, bearer(mine["registration_access_token"])),
        ]
        for client, headers in tries:
            answer = await gateway.http.request(method, f"/oauth/register/{client}", headers=headers, json=OPEN)
            assert answer.status_code == 401
        path = f"/oauth/register/{mine['client_id']}"
        good = await gateway.http.get(path, headers=bearer(mine["registration_access_token"]))
        assert good.json()["client_name"] == "Badge Studio"

    @pytest.mark.parametrize(
        "more",
        [
            {"scope": "credentials:issue clients:manage"},
            {"scope": "credentials:issue credentials:read"},
            {"grant_types": ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"]},
        ],
        ids=str,
    )
    async def test_a_program_takes_no_more_than_its_organization_gave(
        self, gateway: Gateway, more: dict[str, Any]
    ) -> None:
        """Whoever holds the registration's token, the program above all, is not the organization's administration."""
        asked = {"grant_types": ["client_credentials"], "scope": "credentials:issue"}
        headers = await gateway.headers(await gateway.member("lakeside"))
        body = (await gateway.http.post("/oauth/register", json=asked, headers=headers)).json()
        path, token = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        answer = await gateway.http.put(path, headers=token, json=asked | more)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
        assert "more than its organization gave it" in answer.json()["error_description"]
        given = await gateway.ask({}, auth=(body["client_id"], body["client_secret"]))
        assert given.json()["scope"] == "credentials:issue"

    async def test_nor_back_what_its_organization_took(self, gateway: Gateway) -> None:
        asked = {"grant_types": ["client_credentials"], "scope": "credentials:issue credentials:read"}
        headers = await gateway.headers(await gateway.member("lakeside"))
        body = (await gateway.http.post("/oauth/register", json=asked, headers=headers)).json()
        change = {"scopes": ["credentials:read"]}
        patched = await gateway.http.patch(f"/clients/{body['client_id']}", headers=headers, json=change)
        assert patched.status_code == 200, patched.text
        path, token = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        assert (await gateway.http.put(path, headers=token, json=asked)).status_code == 400
        less = await gateway.http.put(path, headers=token, json=asked | {"scope": "credentials:read"})
        assert (less.status_code, less.json()["scope"]) == (200, "credentials:read")

    async def test_a_change_is_checked_like_a_registration(self, gateway: Gateway) -> None:
        body = await made(gateway)
        path, token = f"/oauth/register/{body['client_id']}", bearer(body["registration_access_token"])
        answer = await gateway.http.put(path, headers=token, json=OPEN | {"redirect_uris": ["http://a.example/"]})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")
        assert (await gateway.http.get(path, headers=token)).json()["redirect_uris"] == [REDIRECT]


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

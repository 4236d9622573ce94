"""The audience of client assertions: the issuer; the token endpoint too, for a client that registered so (ADR 0118)."""

from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from gateway.adapters.tables import CLIENTS
from gateway.settings import GatewaySettings
from tests.gateway.conftest import serving
from tests.gateway.harness import BASE, TLS, Gateway
from tests.gateway.signing import EC, Signer, register_signer, signed

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
ENDPOINT = f"{BASE}/oauth/token"
SIGNS = {
    "redirect_uris": ["https://app.example/cb"],
    "token_endpoint_auth_method": "private_key_jwt",
    "jwks": {"keys": [EC.as_dict(private=False)]},
}


@pytest_asyncio.fixture
async def signer(gateway: Gateway) -> Signer:
    return await register_signer(gateway, tokenEndpointAudience=True)


@pytest.mark.parametrize("audience", [BASE, [BASE], ENDPOINT])
async def test_a_client_that_registered_so_may_name_the_token_endpoint(signer: Signer, audience: Any) -> None:
    answer = await signer.send(signed(signer.claims(aud=audience)))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path", ["introspect", "revoke"])
async def test_and_it_does_so_at_every_endpoint(signer: Signer, path: str) -> None:
    """As clients do that keep one way to sign."""
    form = signer.form(signed(signer.claims(aud=ENDPOINT))) | {"token": "unknown"}
    assert (await signer.gateway.http.post(f"/oauth/{path}", data=form)).status_code == 200


@pytest.mark.parametrize(
    "audience",
    [
        [ENDPOINT],
        [BASE, ENDPOINT],
        f"{ENDPOINT}/",
        f"{ENDPOINT}?x",
        f"{ENDPOINT}#x",
        f"{BASE}/oauth/../oauth/token",
        f"{BASE}/oauth/%74oken",
        f"{BASE}/oauth/introspect",
        f"{BASE}/oauth/par",
        f"{TLS}/oauth/token",
        ENDPOINT.upper(),
        "/oauth/token",
        "https://evil.example/oauth/token",
    ],
    ids=str,
)
async def test_it_names_that_one_address_exactly(signer: Signer, audience: Any) -> None:
    answer = await signer.send(signed(signer.claims(aud=audience)))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_others_name_the_issuer_and_are_told_which(gateway: Gateway) -> None:
    signer = await register_signer(gateway)
    answer = await signer.send(signed(signer.claims(aud=ENDPOINT)))
    told = f"the assertion was refused: aud must be the issuer, {BASE}, and nothing else"
    assert (answer.status_code, answer.json()["error_description"]) == (401, told)


async def test_it_may_change_its_mind(signer: Signer) -> None:
    headers = await signer.gateway.headers(await signer.gateway.member("lakeside"))
    path = f"/clients/{signer.client_id}"
    changed = await signer.gateway.http.patch(path, headers=headers, json={"tokenEndpointAudience": False})
    assert (changed.status_code, changed.json()["tokenEndpointAudience"]) == (200, False)
    assert (await signer.send(signed(signer.claims(aud=ENDPOINT)))).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_method": "none"},
        {"require_pushed_authorization_requests": True},
        {"dpop_bound_access_tokens": True},
    ],
    ids=str,
)
async def test_clients_of_fapi_and_those_that_do_not_sign_may_not(gateway: Gateway, changes: dict[str, Any]) -> None:
    asked = SIGNS | {"token_endpoint_audience": True} | changes
    answer = await gateway.http.post("/oauth/register", json=asked)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    assert "token_endpoint_audience" in answer.json()["error_description"]


async def test_a_program_that_registers_itself_may(gateway: Gateway) -> None:
    asked = SIGNS | {"token_endpoint_audience": True}
    assert (await gateway.http.post("/oauth/register", json=asked)).json()["token_endpoint_audience"] is True
    assert "token_endpoint_audience" not in (await gateway.http.post("/oauth/register", json=SIGNS)).json()


async def test_an_installation_may_have_it_so_for_those_that_do_not_say(gateway_settings: GatewaySettings) -> None:
    async with serving(gateway_settings.model_copy(update={"token_endpoint_audience": True})) as gateway:
        for changes, told in (
            ({}, True),
            ({"token_endpoint_audience": False}, None),
            ({"dpop_bound_access_tokens": True}, None),
            ({"require_pushed_authorization_requests": True}, None),
            ({"token_endpoint_auth_method": "client_secret_basic"}, None),
        ):
            answer = await gateway.http.post("/oauth/register", json=SIGNS | changes)
            assert (answer.status_code, answer.json().get("token_endpoint_audience")) == (201, told), changes


@pytest.mark.parametrize("column", ["dpop_bound", "pushed_only"])
async def test_what_a_release_before_leaves_behind_counts_for_no_client_of_fapis_kind(
    signer: Signer, column: str
) -> None:
    """It replaces a registration, and does not know the column that says who may name the token endpoint."""
    assert (await signer.send(signed(signer.claims(aud=ENDPOINT)))).status_code == 200
    async with signer.gateway.unit_of_work() as work:
        await work.session.execute(update(CLIENTS).where(CLIENTS.c.id == signer.client_id).values({column: True}))
        await work.commit()
    answer = await signer.send(signed(signer.claims(aud=ENDPOINT)))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert "aud must be the issuer" in answer.json()["error_description"]

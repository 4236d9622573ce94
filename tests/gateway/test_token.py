"""POST /oauth/token with a client secret: what is granted (RFC 6749, RFC 8707)."""

import base64
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import KeySet
from sqlalchemy import select

from gateway.adapters.tables import AUDIT
from gateway.core.scopes import Kind
from tests.gateway.harness import BASE, TLS, Gateway

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def claims(gateway: Gateway, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await gateway.http.get("/oauth/jwks")).json())
    return dict(jwt.decode(token, keys, algorithms=["ES256"]).claims)


@pytest.mark.parametrize("way", ["basic", "post"])
async def test_a_secret_gives_a_token_in_either_way(gateway: Gateway, way: str) -> None:
    member = await gateway.member("lakeside")
    sent = {"client_id": member.client_id, "client_secret": member.secret} if way == "post" else {}
    answer = await gateway.ask(sent, auth=member.auth if way == "basic" else None)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)


async def test_the_token_is_what_rfc_9068_asks_for(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    token = await gateway.token(member, scope="credentials:issue catalog:write")
    header = jws.extract_compact(token.encode()).headers()
    assert header["typ"] == "at+jwt"
    assert header["alg"] == "ES256"
    now = int(gateway.clock.now.timestamp())
    found = await claims(gateway, token)
    assert len(found.pop("jti")) == 36
    assert found == {
        "iss": BASE,
        "aud": [BASE],
        "sub": member.client_id,
        "client_id": member.client_id,
        "org": member.organization,
        "org_kind": "university",
        "scope": "credentials:issue catalog:write",
        "iat": now,
        "exp": now + 600,
    }


async def test_no_scope_asked_for_means_all_of_them(gateway: Gateway) -> None:
    member = await gateway.member("meridian", Kind.EMPLOYER, ("verifications:create", "monitors:manage"))
    answer = await gateway.ask({"scope": ""}, auth=member.auth)
    assert answer.json()["scope"] == "verifications:create monitors:manage"


@pytest.mark.parametrize("target", [BASE, TLS, f"{BASE}/", f"{TLS}/vc/credentials/issue", f"{BASE}/credentials?a=b"])
@pytest.mark.parametrize("field", ["audience", "resource"])
async def test_a_public_origin_or_an_address_beneath_it_is_an_audience(
    gateway: Gateway, field: str, target: str
) -> None:
    member = await gateway.member("lakeside")
    found = await claims(gateway, await gateway.token(member, **{field: target}))
    assert found["aud"] == ([BASE] if target == BASE else [BASE, target])


async def test_several_resources_are_several_audiences(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    answer = await gateway.ask({"resource": [f"{BASE}/a", f"{TLS}/b"]}, auth=member.auth)
    assert (await claims(gateway, answer.json()["access_token"]))["aud"] == [BASE, f"{BASE}/a", f"{TLS}/b"]


async def test_basic_credentials_are_form_decoded(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    encoded = f"{member.client_id.replace('-', '%2D')}:{member.secret.replace('_', '%5f')}"
    header = "Basic " + base64.b64encode(encoded.encode()).decode()
    answer = await gateway.ask({}, headers={"Authorization": header})
    assert answer.status_code == 200


async def test_grants_and_refusals_of_known_clients_are_in_the_audit_trail(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    await gateway.token(member, scope="credentials:issue")
    await gateway.ask({}, auth=(member.client_id, "wrong"))
    await gateway.ask({"scope": "nope"}, auth=member.auth)
    await gateway.ask({}, auth=("nobody", "wrong"))
    async with gateway.unit_of_work() as work:
        rows = (await work.session.execute(select(AUDIT).where(AUDIT.c.action.like("token.%")))).mappings().all()
    assert [(row["action"], row["client_id"], row["organization_id"]) for row in rows] == [
        ("token.granted", member.client_id, member.organization),
        ("token.denied", member.client_id, member.organization),
        ("token.denied", member.client_id, member.organization),
    ]
    assert rows[0]["detail"]["scopes"] == ["credentials:issue"]
    assert [row["detail"]["reason"] for row in rows[1:]] == ["wrong secret", "invalid_scope"]
    assert member.secret not in str(rows)


async def test_what_is_stored_of_a_secret_is_its_digest(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    async with gateway.unit_of_work() as work:
        (digest,) = await work.clients.secrets(member.client_id, gateway.clock.now)  # type: ignore[arg-type]  # plain text
    assert len(digest) == 32
    assert digest not in member.secret.encode()

"""POST /oauth/introspect and /oauth/revoke (RFC 7662, RFC 7009): who may see and end which token."""

import httpx
import pytest
from joserfc.jwk import ECKey

from gateway.core.scopes import Kind
from tests.gateway.harness import BASE, Gateway, Member
from tests.gateway.signing import b64, register_signer, signed, unsigned

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

INACTIVE = {"active": False}


async def introspect(gateway: Gateway, member: Member, token: str, **form: str) -> dict[str, object]:
    answer = await gateway.http.post("/oauth/introspect", auth=member.auth, data={"token": token} | form)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, object] = answer.json()
    return body


async def test_a_client_sees_its_organizations_token(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    token = await gateway.token(member, scope="credentials:issue")
    body = await introspect(gateway, member, token)
    now = int(gateway.clock.now.timestamp())
    assert len(str(body.pop("jti"))) == 36
    assert body == {
        "active": True,
        "token_type": "Bearer",
        "iss": BASE,
        "sub": member.client_id,
        "aud": [BASE],
        "client_id": member.client_id,
        "org": member.organization,
        "org_kind": "university",
        "scope": "credentials:issue",
        "iat": now,
        "exp": now + 600,
    }


async def resource_server(gateway: Gateway, owner: Member, *audiences: str) -> Member:
    """A client of this organization that answers for these resources, as an operator says."""
    operator = await gateway.headers(await gateway.member("operations", Kind.OPERATOR))
    new = {"name": "Library", "scopes": ["clients:manage"], "organization": owner.organization}
    made = await gateway.http.post("/clients", headers=operator, json=new | {"audiences": list(audiences)})
    assert made.status_code == 201, made.text
    assert made.json()["audiences"] == list(audiences)
    return Member(owner.organization, made.json()["clientId"], made.json()["clientSecret"])


async def test_another_organization_sees_nothing_and_neither_does_an_operator(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    token = await gateway.token(member)
    assert await introspect(gateway, await gateway.member("harbour"), token) == INACTIVE
    assert await introspect(gateway, await gateway.member("operations", Kind.OPERATOR), token) == INACTIVE


async def test_a_resource_server_sees_the_tokens_that_are_meant_for_it(gateway: Gateway) -> None:
    member, other = await gateway.member("lakeside"), await gateway.member("harbour")
    library = await resource_server(gateway, other, f"{BASE}/library")
    token = await gateway.token(member, resource=f"{BASE}/library")
    shown = await introspect(gateway, library, token)
    assert (shown["active"], shown["aud"]) == (True, [BASE, f"{BASE}/library"])
    assert await introspect(gateway, other, token) == INACTIVE  # its organization's other clients answer for nothing


@pytest.mark.parametrize("resource", [f"{BASE}/library/", f"{BASE}/library/shelf", f"{BASE}/librar", None])
async def test_a_resource_server_sees_no_token_that_is_meant_for_another(
    gateway: Gateway, resource: str | None
) -> None:
    member = await gateway.member("lakeside")
    library = await resource_server(gateway, await gateway.member("harbour"), f"{BASE}/library")
    token = await gateway.token(member, **({"resource": resource} if resource else {}))
    assert await introspect(gateway, library, token) == INACTIVE


async def test_a_resource_server_for_the_whole_fleet_sees_every_token(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    fleet = await resource_server(gateway, await gateway.member("harbour"), BASE)
    assert (await introspect(gateway, fleet, await gateway.token(member)))["active"] is True


async def test_only_an_operator_says_what_a_client_answers_for(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    headers, named = await gateway.headers(member), {"audiences": [BASE]}
    new = {"name": "Library", "scopes": ["clients:manage"]} | named
    assert (await gateway.http.post("/clients", headers=headers, json=new)).status_code == 403
    own = f"/clients/{member.client_id}"
    assert (await gateway.http.patch(own, headers=headers, json=named)).status_code == 403
    operator = await gateway.headers(await gateway.member("operations", Kind.OPERATOR))
    changed = await gateway.http.patch(own, headers=operator, json=named)
    assert (changed.status_code, changed.json()["audiences"]) == (200, [BASE])
    given_up = await gateway.http.patch(own, headers=headers, json={"audiences": []})
    assert (given_up.status_code, given_up.json()["audiences"]) == (200, [])


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense"])
async def test_the_hint_changes_nothing(gateway: Gateway, hint: str) -> None:
    member = await gateway.member("lakeside")
    assert (await introspect(gateway, member, await gateway.token(member), token_type_hint=hint))["active"] is True


async def test_an_expired_token_is_inactive(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    token = await gateway.token(member)
    gateway.clock.forward(seconds=599)
    assert (await introspect(gateway, member, token))["active"] is True
    gateway.clock.forward(seconds=1)
    assert await introspect(gateway, member, token) == INACTIVE


async def test_what_is_no_token_of_ours_is_inactive(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    token = await gateway.token(member)
    header, payload, signature = token.split(".")
    stranger = ECKey.generate_key("P-256", {"kid": "stranger"})
    hostile = [
        "x",
        "..",
        "ä",
        "a" * 20_000,
        f"{header}.{payload}.",
        f"{header}.{b64(b'{}')}.{signature}",
        unsigned({"iss": BASE}, {"alg": "none", "typ": "at+jwt"}),
        signed({"iss": BASE}, stranger, typ="at+jwt"),
        signed({"iss": BASE}, stranger, typ="at+jwt", kid="../x"),
    ]
    for one in hostile:
        assert await introspect(gateway, member, one) == INACTIVE


async def test_a_revoked_token_is_inactive_here_and_at_our_own_routes(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    token, other = await gateway.token(member), await gateway.token(member)
    for _ in range(2):  # the second time it is an unknown token
        answer = await gateway.http.post("/oauth/revoke", auth=member.auth, data={"token": token})
        assert (answer.status_code, answer.json()) == (200, {})
    assert await introspect(gateway, member, token) == INACTIVE
    refused = await gateway.http.get("/organizations", headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["www-authenticate"]
    assert (await introspect(gateway, member, other))["active"] is True


async def test_another_clients_token_is_not_revoked(gateway: Gateway) -> None:
    member, other = await gateway.member("lakeside"), await gateway.member("harbour")
    token = await gateway.token(member)
    answer = await gateway.http.post("/oauth/revoke", auth=other.auth, data={"token": token})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await introspect(gateway, member, token))["active"] is True


@pytest.mark.parametrize("token", ["x", "a.b.c", "ä", "a" * 20_000])
async def test_revoking_an_unknown_token_is_fine(gateway: Gateway, token: str) -> None:
    member = await gateway.member("lakeside")
    answer = await gateway.http.post("/oauth/revoke", auth=member.auth, data={"token": token, "token_type_hint": "x"})
    assert answer.status_code == 200


async def test_the_tokens_of_a_removed_client_are_inactive(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    token = await gateway.token(member)
    fleet = await resource_server(gateway, member, BASE)
    assert (await introspect(gateway, fleet, token))["active"] is True
    operator = await gateway.member("operations", Kind.OPERATOR)
    removed = await gateway.http.delete(f"/clients/{member.client_id}", headers=await gateway.headers(operator))
    assert removed.status_code == 204
    assert await introspect(gateway, fleet, token) == INACTIVE
    assert (await gateway.http.get("/clients", headers={"Authorization": f"Bearer {token}"})).status_code == 401
    assert (await gateway.ask({}, auth=member.auth)).status_code == 401


@pytest.mark.parametrize("path", ["/oauth/introspect", "/oauth/revoke"])
async def test_only_clients_ask(gateway: Gateway, path: str) -> None:
    member = await gateway.member("lakeside")
    token = await gateway.token(member)
    for auth in (httpx.USE_CLIENT_DEFAULT, (member.client_id, "wrong"), ("nobody", "wrong")):
        answer = await gateway.http.post(path, data={"token": token}, auth=auth)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    bearer = await gateway.http.post(path, data={"token": token}, headers={"Authorization": f"Bearer {token}"})
    assert bearer.status_code == 401
    for request in ({"data": {"token": ""}}, {"json": {"token": token}}, {"params": {"token": token}}):
        answer = await gateway.http.post(path, auth=member.auth, **request)  # type: ignore[arg-type]  # options of post
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert (await gateway.http.get(path)).status_code == 405


async def test_a_client_that_signs_introspects_and_revokes(gateway: Gateway) -> None:
    signer = await register_signer(gateway)
    token = (await signer.send(signed(signer.claims()))).json()["access_token"]
    for path in ("/oauth/introspect", "/oauth/revoke"):
        answer = await gateway.http.post(path, data=signer.form(signed(signer.claims())) | {"token": token})
        assert answer.status_code == 200

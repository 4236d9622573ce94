"""/clients: registration, secrets that are shown once, rotation with grace, removal."""

from typing import Any

import pytest
from sqlalchemy import select

from gateway.adapters.tables import AUDIT
from gateway.core.scopes import Kind, allowed
from service_kit.tables import IDEMPOTENCY_KEYS
from tests.gateway.harness import BASE, Gateway

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

NEW: dict[str, Any] = {"name": "Learning platform", "scopes": ["credentials:issue", "credentials:read"]}


async def test_a_registered_client_gets_tokens_with_its_secret(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    headers = await gateway.headers(member)
    gateway.clock.forward(seconds=1)
    made = await gateway.http.post("/clients", headers=headers, json=NEW)
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "no-store"
    body = made.json()
    assert made.headers["location"] == f"{BASE}/clients/{body['clientId']}"
    secret = body.pop("clientSecret")
    assert secret.startswith("laurel_secret_")
    assert len(secret) == len("laurel_secret_") + 43
    assert body == NEW | {
        "clientId": body["clientId"],
        "organization": member.organization,
        "tokenEndpointAuthMethod": "client_secret_basic",
        "grantTypes": ["client_credentials"],
        "redirectUris": [],
        "applicationType": "web",
        "requirePushedAuthorizationRequests": False,
        "dpopBoundAccessTokens": False,
        "idTokenSignedResponseAlg": "RS256",
        "requireProofKey": True,
        "tokenEndpointAudience": False,
        "postLogoutRedirectUris": [],
        "audiences": [],
        "createdAt": body["createdAt"],
    }
    token = await gateway.ask({}, auth=(body["clientId"], secret))
    assert token.json()["scope"] == "credentials:issue credentials:read"
    read = await gateway.http.get(f"/clients/{body['clientId']}", headers=headers)
    assert read.json() == body
    listed = (await gateway.http.get("/clients", headers=headers)).json()["items"]
    assert [one["clientId"] for one in listed] == [member.client_id, body["clientId"]]
    assert "secret" not in str(listed).replace("client_secret_basic", "")


async def test_a_repeated_registration_gives_the_same_secret(gateway: Gateway) -> None:
    headers = await gateway.headers(await gateway.member("lakeside")) | {"Idempotency-Key": "k1"}
    first = await gateway.http.post("/clients", headers=headers, json=NEW)
    again = await gateway.http.post("/clients", headers=headers, json=NEW)
    assert (again.status_code, again.json()) == (201, first.json())
    assert (await gateway.http.post("/clients", headers=headers, json=NEW | {"name": "x"})).status_code == 409
    async with gateway.unit_of_work() as work:
        (stored,) = (await work.session.scalars(select(IDEMPOTENCY_KEYS.c.result))).all()
    assert first.json()["clientSecret"] not in stored
    assert await count(gateway, headers) == 2


async def count(gateway: Gateway, headers: dict[str, str]) -> int:
    return len((await gateway.http.get("/clients", headers=headers)).json()["items"])


async def test_an_idempotency_key_is_one_clients_own(gateway: Gateway) -> None:
    one = await gateway.headers(await gateway.member("lakeside")) | {"Idempotency-Key": "k1"}
    other = await gateway.headers(await gateway.member("harbour")) | {"Idempotency-Key": "k1"}
    first = await gateway.http.post("/clients", headers=one, json=NEW)
    second = await gateway.http.post("/clients", headers=other, json=NEW)
    assert second.status_code == 201
    assert first.json()["clientId"] != second.json()["clientId"]


async def test_an_operator_registers_a_client_for_anyone(gateway: Gateway) -> None:
    member = await gateway.member("meridian", Kind.EMPLOYER)
    headers = await gateway.headers(await gateway.member("operations", Kind.OPERATOR))
    new = {"name": "HR", "scopes": ["monitors:manage", "clients:manage"], "organization": member.organization}
    made = await gateway.http.post("/clients", headers=headers, json=new)
    assert made.status_code == 201, made.text
    assert made.json()["organization"] == member.organization
    filtered = await gateway.http.get("/clients", params={"organization": member.organization}, headers=headers)
    assert len(filtered.json()["items"]) == 2
    assert await count(gateway, headers) == 3
    foreign = await gateway.http.get("/clients", params={"organization": "x"}, headers=headers)
    assert foreign.status_code == 404


async def test_a_member_registers_nothing_for_others_and_sees_nothing_of_theirs(gateway: Gateway) -> None:
    member, other = await gateway.member("lakeside"), await gateway.member("harbour")
    headers = await gateway.headers(member)
    refused = await gateway.http.post("/clients", headers=headers, json=NEW | {"organization": other.organization})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "organization"
    own = await gateway.http.post("/clients", headers=headers, json=NEW | {"organization": member.organization})
    assert own.status_code == 201
    listed = await gateway.http.get("/clients", params={"organization": other.organization}, headers=headers)
    assert listed.status_code == 404


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        (Kind.UNIVERSITY, "registry:accredit"),
        (Kind.UNIVERSITY, "audit:read"),
        (Kind.UNIVERSITY, "monitors:manage"),
        (Kind.EMPLOYER, "registry:accredit"),
        (Kind.ACCREDITOR, "credentials:issue"),
        (Kind.ACCREDITOR, "catalog:write"),
        (Kind.OPERATOR, "credentials:issue"),
        (Kind.UNIVERSITY, "no:such"),
    ],
)
async def test_a_kind_of_organization_limits_the_scopes(gateway: Gateway, kind: Kind, scope: str) -> None:
    headers = await gateway.headers(await gateway.member("lakeside", kind))
    refused = await gateway.http.post("/clients", headers=headers, json=NEW | {"scopes": ["clients:manage", scope]})
    assert refused.status_code == 422
    assert refused.json()["type"] == f"{BASE}/problems/scope-not-allowed"
    (error,) = refused.json()["errors"]
    assert error["field"] == "scopes"
    assert error["detail"].endswith(f"they may hold {' '.join(sorted(allowed(kind)))}")
    assert await count(gateway, headers) == 1


async def test_scopes_are_changed_for_the_tokens_to_come(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    headers = await gateway.headers(member)
    made = (await gateway.http.post("/clients", headers=headers, json=NEW)).json()
    path = f"/clients/{made['clientId']}"
    changed = await gateway.http.patch(path, headers=headers, json={"scopes": ["catalog:write"], "name": "Catalogue"})
    assert (changed.json()["scopes"], changed.json()["name"]) == (["catalog:write"], "Catalogue")
    token = await gateway.ask({}, auth=(made["clientId"], made["clientSecret"]))
    assert token.json()["scope"] == "catalog:write"
    wrong: list[dict[str, Any]] = [{"scopes": ["audit:read"]}, {"scopes": []}, {}, {"jwks": {"keys": []}}, {"id": "x"}]
    for body in wrong:
        assert (await gateway.http.patch(path, headers=headers, json=body)).status_code == 422


async def test_a_new_secret_ends_the_old_one_at_once(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    headers = await gateway.headers(member)
    rotated = await gateway.http.post(f"/clients/{member.client_id}/secret", headers=headers)
    assert rotated.status_code == 200, rotated.text
    assert rotated.headers["cache-control"] == "no-store"
    assert (await gateway.ask({}, auth=member.auth)).status_code == 401
    assert (await gateway.ask({}, auth=(member.client_id, rotated.json()["clientSecret"]))).status_code == 200


async def test_an_old_secret_lives_on_for_the_grace_asked_for(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    headers = await gateway.headers(member) | {"Idempotency-Key": "k1"}
    path = f"/clients/{member.client_id}/secret"
    rotated = await gateway.http.post(path, headers=headers, json={"graceSeconds": 300})
    again = await gateway.http.post(path, headers=headers, json={"graceSeconds": 300})
    assert again.json()["clientSecret"] == rotated.json()["clientSecret"]
    new = (member.client_id, rotated.json()["clientSecret"])
    assert [(await gateway.ask({}, auth=auth)).status_code for auth in (member.auth, new)] == [200, 200]
    gateway.clock.forward(seconds=299)
    assert (await gateway.ask({}, auth=member.auth)).status_code == 200
    gateway.clock.forward(seconds=1)
    assert [(await gateway.ask({}, auth=auth)).status_code for auth in (member.auth, new)] == [401, 200]


async def test_two_secrets_are_good_at_most(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    headers = await gateway.headers(member)
    secrets = [member.secret]
    for _ in range(3):
        gateway.clock.forward(seconds=1)
        rotated = await gateway.http.post(
            f"/clients/{member.client_id}/secret", headers=headers, json={"graceSeconds": 86400}
        )
        secrets.append(rotated.json()["clientSecret"])
    answers = [(await gateway.ask({}, auth=(member.client_id, secret))).status_code for secret in secrets]
    assert answers == [401, 401, 200, 200]


@pytest.mark.parametrize(
    "body", [{"graceSeconds": -1}, {"graceSeconds": 86401}, {"graceSeconds": "x"}, {"grace": 1}, [], 5]
)
async def test_a_grace_has_limits(gateway: Gateway, body: Any) -> None:
    member = await gateway.member("lakeside")
    refused = await gateway.http.post(
        f"/clients/{member.client_id}/secret", headers=await gateway.headers(member), json=body
    )
    assert refused.status_code == 422
    assert (await gateway.ask({}, auth=member.auth)).status_code == 200


async def test_a_removed_client_is_gone_and_its_id_is_never_used_again(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    headers = await gateway.headers(member)
    made = (await gateway.http.post("/clients", headers=headers, json=NEW)).json()
    path = f"/clients/{made['clientId']}"
    removed = await gateway.http.delete(path, headers=headers)
    assert (removed.status_code, removed.content) == (204, b"")
    for method in ("GET", "DELETE"):
        assert (await gateway.http.request(method, path, headers=headers)).status_code == 404
    assert (await gateway.http.post(f"{path}/secret", headers=headers)).status_code == 404
    assert (await gateway.ask({}, auth=(made["clientId"], made["clientSecret"]))).status_code == 401


INVALID: dict[str, tuple[Any, str]] = {
    "no name": ({"scopes": ["credentials:issue"]}, "name"),
    "no scopes": ({"name": "x"}, "scopes"),
    "empty scopes": (NEW | {"scopes": []}, "scopes"),
    "scopes as text": (NEW | {"scopes": "credentials:issue"}, "scopes"),
    "a scope that is a number": (NEW | {"scopes": [1]}, "scopes.0"),
    "a very long scope": (NEW | {"scopes": ["x" * 129]}, "scopes.0"),
    "too many scopes": (NEW | {"scopes": ["x"] * 33}, "scopes"),
    "a secret of one's own": (NEW | {"clientSecret": "x"}, "clientSecret"),
    "an id of one's own": (NEW | {"clientId": "x"}, "clientId"),
    "an unknown method": (NEW | {"tokenEndpointAuthMethod": "tls"}, "tokenEndpointAuthMethod"),
    "a public client for its organization": (NEW | {"tokenEndpointAuthMethod": "none"}, "grantTypes"),
    "refreshing without people": (NEW | {"grantTypes": ["refresh_token"]}, "grantTypes"),
    "no grant": (NEW | {"grantTypes": []}, "grantTypes"),
    "an unknown grant": (NEW | {"grantTypes": ["password"]}, "grantTypes.0"),
    "people without a way back": (NEW | {"grantTypes": ["authorization_code"]}, "redirectUris"),
    "a way back without people": (NEW | {"redirectUris": ["https://app.example/"]}, "redirectUris"),
    "plain http": (
        NEW | {"grantTypes": ["authorization_code"], "redirectUris": ["http://a.example"]},
        "redirectUris.0",
    ),
    "keys without the method": (NEW | {"jwks": {"keys": []}}, "body"),
    "the method without keys": (NEW | {"tokenEndpointAuthMethod": "private_key_jwt"}, "body"),
    "an unknown organization": (NEW | {"organization": "00000000-0000-4000-8000-000000000000"}, "organization"),
    "an organization that is a number": (NEW | {"organization": 5}, "organization"),
}


@pytest.mark.parametrize("case", INVALID)
async def test_wrong_members_are_refused_with_their_path_and_nothing_is_stored(gateway: Gateway, case: str) -> None:
    headers = await gateway.headers(await gateway.member("lakeside"))
    body, field = INVALID[case]
    refused = await gateway.http.post("/clients", headers=headers, json=body)
    assert refused.status_code == 422, refused.text
    assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert await count(gateway, headers) == 1


async def test_a_program_of_people_changes_what_it_is_signed_and_where_it_leads(gateway: Gateway) -> None:
    headers = await gateway.headers(await gateway.member("lakeside"))
    redirects = ["https://app.example/callback"]
    asked = {
        "name": "app",
        "scopes": ["catalog:write"],
        "grantTypes": ["authorization_code"],
        "redirectUris": redirects,
    }
    path = f"/clients/{(await gateway.http.post('/clients', headers=headers, json=asked)).json()['clientId']}"
    change = {"idTokenSignedResponseAlg": "ES256", "postLogoutRedirectUris": ["https://app.example/bye"]}
    changed = await gateway.http.patch(path, headers=headers, json=change)
    assert changed.status_code == 200, changed.text
    assert (await gateway.http.get(path, headers=headers)).json().items() >= change.items()
    for refused in ({"idTokenSignedResponseAlg": "HS256"}, {"postLogoutRedirectUris": ["http://app.example/"]}):
        assert (await gateway.http.patch(path, headers=headers, json=refused)).status_code == 422


async def test_every_change_is_in_the_audit_trail_without_secrets(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    headers = await gateway.headers(member)
    made = (await gateway.http.post("/clients", headers=headers, json=NEW)).json()
    path = f"/clients/{made['clientId']}"
    await gateway.http.patch(path, headers=headers, json={"name": "x"})
    rotated = (await gateway.http.post(f"{path}/secret", headers=headers)).json()
    await gateway.http.delete(path, headers=headers)
    async with gateway.unit_of_work() as work:
        mine = select(AUDIT).where(AUDIT.c.client_id == made["clientId"]).order_by(AUDIT.c.sequence)
        rows = (await work.session.execute(mine)).mappings().all()
    assert [row["action"] for row in rows] == [
        "client.registered",
        "client.updated",
        "client.secret_rotated",
        "client.removed",
    ]
    assert {row["actor"] for row in rows} == {f"client:{member.client_id}"}
    assert made["clientSecret"] not in str(rows)
    assert rotated["clientSecret"] not in str(rows)

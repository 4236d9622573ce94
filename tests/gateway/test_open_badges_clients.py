"""Programs of other badge platforms: they register by Open Badges' rules, and people let them into their backpacks."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from gateway.core.roles import Role
from gateway.core.scopes import OPEN_BADGES, PERSONAL, Kind
from tests.gateway.harness import Gateway
from tests.gateway.people import REDIRECT, App, Visitor, app, person, tokens
from tests.gateway.test_registration import OPEN, made, register

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"
READ, UPSERT = OPEN_BADGES[:2]
PLATFORM: dict[str, Any] = OPEN | {"scope": f"{' '.join(OPEN_BADGES)} offline_access"}
REQUIRED = (
    *("client_name", "client_uri", "logo_uri", "tos_uri", "policy_uri"),
    *("software_id", "software_version"),
)


async def platform(gateway: Gateway) -> App:
    body = await made(gateway, PLATFORM)
    return App(gateway, body["client_id"], (body["client_id"], body["client_secret"]))


async def claims(gateway: Gateway, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await gateway.http.get("/oauth/jwks")).json())
    return dict(jwt.decode(token, keys, algorithms=["ES256", "RS256"]).claims)


async def test_a_platform_registers_without_a_token(gateway: Gateway) -> None:
    body = await made(gateway, PLATFORM)
    assert set(OPEN_BADGES) <= set(body["scope"].split())
    assert {name: body[name] for name in REQUIRED} == {name: PLATFORM[name] for name in REQUIRED}
    assert body["client_secret"]
    assert body["client_secret_expires_at"] == 0


@pytest.mark.parametrize("name", REQUIRED)
async def test_it_says_everything_that_open_badges_asks_for(gateway: Gateway, name: str) -> None:
    without = {key: value for key, value in PLATFORM.items() if key != name}
    answer = await register(gateway, without)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    assert name in answer.json()["error_description"]
    assert (await register(gateway, without | {"scope": "credentials:issue"})).status_code == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"logo_uri": "https://elsewhere.example/logo.png"},
        {"tos_uri": "http://app.example/terms"},
        {"redirect_uris": ["https://elsewhere.example/callback"]},
        {"redirect_uris": [REDIRECT, "https://elsewhere.example/callback"]},
        {"redirect_uris": ["com.example.app:/callback"], "application_type": "native"},
        {"token_endpoint_auth_method": "none"},
        {"grant_types": ["client_credentials", "authorization_code"]},
    ],
    ids=str,
)
async def test_its_addresses_are_https_of_one_host_and_it_authenticates_itself(
    gateway: Gateway, changes: dict[str, Any]
) -> None:
    answer = await register(gateway, PLATFORM | changes)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def test_a_learner_lets_it_in_and_the_answer_says_for_what(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    user = await person(gateway, member, EMAIL, Role.LEARNER)
    client = await platform(gateway)
    visitor = Visitor(gateway)
    shown = await visitor.consent_page(client.parameters(scope=f"{READ} {UPSERT}"), EMAIL)
    assert "Read the credentials in your backpack" in shown.text
    came = await visitor.allow(client.parameters(scope=f"{READ} {UPSERT}"), EMAIL)
    assert came["scope"] == f"{READ} {UPSERT}"
    given = (await client.exchange(came["code"])).json()
    held = await claims(gateway, given["access_token"])
    assert (held["sub"], held["scope"]) == (user.id, f"{READ} {UPSERT}")
    assert held["grant_id"]
    again = await client.refresh(given["refresh_token"], scope=READ)
    assert again.json()["scope"] == READ


@pytest.mark.parametrize(("seconds", "status"), [(599, 200), (601, 400)])
async def test_its_codes_are_good_for_ten_minutes(gateway: Gateway, seconds: int, status: int) -> None:
    member = await gateway.member("lakeside")
    await person(gateway, member, EMAIL, Role.LEARNER)
    client = await platform(gateway)
    came = await Visitor(gateway).allow(client.parameters(scope=READ), EMAIL)
    gateway.clock.forward(seconds=seconds)
    assert (await client.exchange(came["code"])).status_code == status


@pytest.mark.parametrize("role", Role)
async def test_a_backpack_is_everybodys_own_whatever_the_role(gateway: Gateway, role: Role) -> None:
    member = await gateway.member("lakeside")
    await person(gateway, member, EMAIL, role)
    found = await tokens(Visitor(gateway), await platform(gateway), EMAIL, scope=READ)
    assert found["scope"] == READ


async def test_a_learner_lends_nothing_of_the_organizations(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    await person(gateway, member, EMAIL, Role.LEARNER)
    client = await app(gateway, member, scopes=["credentials:issue", "credentials:read", *PERSONAL])
    found = await tokens(Visitor(gateway), client, EMAIL, scope=f"credentials:issue credentials:read {READ}")
    assert found["scope"] == READ


@pytest.mark.parametrize("kind", [Kind.UNIVERSITY, Kind.EMPLOYER])
async def test_no_organizations_program_has_it_by_itself(gateway: Gateway, kind: Kind) -> None:
    held = ("verifications:create", *PERSONAL)
    member = await gateway.member("lakeside", kind, held)
    whole = await gateway.ask({}, auth=member.auth)
    assert whole.json()["scope"] == "verifications:create"
    for scope in PERSONAL:
        asked = await gateway.ask({"scope": scope}, auth=member.auth)
        assert (asked.status_code, asked.json()["error"]) == (400, "invalid_scope")


async def test_other_answers_do_not_name_scopes(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    await person(gateway, member, EMAIL, Role.ISSUER)
    client = await app(gateway, member)
    assert "scope" not in await Visitor(gateway).allow(client.parameters(redirect_uri=REDIRECT), EMAIL)

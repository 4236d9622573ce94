"""Learners' own things by id, and what takes an id in its body: another person finds nothing, and changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
import pytest_asyncio

from issuer.main import Core
from service_kit.ids import new_id
from tests.issuer.abroad import Academy
from tests.issuer.elsewhere import Elsewhere, elsewhere
from tests.issuer.keepers import Keeper
from tests.issuer.pathways import Series
from tests.issuer.recognising import Partners, last
from tests.issuer.test_backpack_hosts import connected, kept
from tests.issuer.test_consents import grant
from tests.issuer.test_http_tenants import BODIES, NOBODYS, learners_routes, owned_routes, protected_routes
from tests.issuer.vc_api import credential, issued
from tests.issuer.world import ALL_SCOPES, ORG, OTHER_ORG, World
from tools.certificates import Certificate

pytestmark = [pytest.mark.db]
ANA, BO = "ana@students.example", "bo@students.example"
OWN = ("credentials", "backpack_credentials", "backpack_hosts", "progress_consents", "recognitions", "outbox")
TABLES = (*OWN, "status_changes", "status_lists", "recognition_changes", "idempotency_keys")
LISTS = sorted(route for route in protected_routes() if route.startswith("GET") and "{" not in route)
NOT_LISTS = {
    "GET /batches/template.csv": "an empty form, the same for all",
    "GET /ims/ob/v3p0/profile": "of the token's own person; tried in test_open_badges",
    "GET /learners/me/pathways": "published pathways, with the progress of the token's own person",
    "GET /progress": "of a pathway that the query names; tried in test_consents",
}
BY_BODY = "POST /vc/credentials/status"
OWN_ALWAYS = {
    **dict.fromkeys(
        ("POST /credentials", "POST /issuers", "POST /batches", "POST /endorsements", "POST /recognitions"),
        "makes something of the token's own organization",
    ),
    "POST /recognitions/agreements": "in whose name is tried in test_agreements_are_signed",
    **dict.fromkeys(
        [f"POST /batches/{act}" for act in ("revoke", "suspend", "reinstate", "correct")],
        "its rows are judged one by one; tried in test_batches_of_changes_at_work",
    ),
    "POST /vc/credentials/issue": "whose issuer signs is tried in test_http_vc_api",
    "POST /vc/credentials/derive": "of what the body brings, and keeps nothing",
    **dict.fromkeys(
        [
            "POST /ims/ob/v3p0/credentials",
            "PUT /ims/ob/v3p0/profile",
            "GET /ims/ob/v3p0/profile",
            "DELETE /learners/me/backpack",
            "POST /learners/me/hosts",
            "POST /learners/me/consents",
            "POST /learners/me/recognitions",
        ],
        "of the token's own person, who is named nowhere else",
    ),
}
"""What no request can turn to another's thing, or where that is tried."""


def test_every_route_is_tried_as_a_stranger_or_says_why_not() -> None:
    tried = [*owned_routes(), *learners_routes(), *(set(LISTS) - set(NOT_LISTS)), BY_BODY]
    assert sorted([*tried, *{**NOBODYS, **NOT_LISTS, **OWN_ALWAYS}]) == protected_routes()


@pytest_asyncio.fixture
async def other(certificate: Certificate) -> AsyncIterator[Elsewhere]:
    async with elsewhere(certificate) as host:
        yield host


@pytest.fixture
def ana(world: World) -> Keeper:
    return Keeper(world, email=ANA)


@pytest_asyncio.fixture
async def things(
    world: World, ana: Keeper, core: Core, academy: Academy, other: Elsewhere, partners: Partners
) -> Mapping[str, str]:
    """Ana's, by the name that a path has for its id."""
    series = await Series(world, core).open()
    (earned,) = await series.earn("python", email=ANA)
    _, case = await partners.case(ana)
    return {
        "kept_id": await kept(ana, academy.credential()),
        "credential_id": last(earned),
        "host_id": await connected(ana, other),
        "consent_id": last((await grant(ana, series))["id"]),
        "recognition_id": last(case["id"]),
        "pathway_id": last(series.id),
    }


async def state(world: World) -> list[object]:
    return [await world.rows(f'SELECT * FROM "{table}" ORDER BY 1') for table in TABLES]  # noqa: S608 - fixed names


async def ask(keeper: Keeper, route: str, names: Mapping[str, str]) -> httpx.Response:
    method, path = route.split(" ")
    return await keeper.call(method, path.format_map(names), *ALL_SCOPES, json=BODIES.get(route))


@pytest.mark.asyncio
async def test_what_is_a_learners_own_is_not_there_for_another_person(
    world: World, ana: Keeper, things: Mapping[str, str]
) -> None:
    """Of another university as of the same."""
    before, unknown = await state(world), dict.fromkeys(things, new_id())
    assert all(before[: len(OWN)]), "each has something to lose"
    for org in (OTHER_ORG, ORG):
        stranger = Keeper(world, org=org, email=BO)
        for route in learners_routes():
            answer, nothing = await ask(stranger, route, things), await ask(stranger, route, unknown)
            assert (answer.status_code, nothing.status_code) == (404, 404), (route, answer.text, nothing.text)
            assert answer.json()["detail"] == nothing.json()["detail"], route
    assert await state(world) == before


@pytest.mark.parametrize("route", [route for route in LISTS if route not in NOT_LISTS])
@pytest.mark.asyncio
async def test_no_list_holds_anothers(world: World, things: Mapping[str, str], route: str) -> None:
    del things
    answer = await ask(Keeper(world, org=new_id(), email=BO), route, {})
    found: Any = answer.json()
    assert answer.status_code == 200, answer.text
    assert not any(found.get(name) for name in ("items", "credential", "compactJwsString", "next")), answer.text


@pytest.mark.asyncio
async def test_a_published_pathway_shows_ones_own_progress_alone(world: World, things: Mapping[str, str]) -> None:
    route = "GET /learners/me/pathways/{pathway_id}"
    own, anothers = [(await ask(Keeper(world, email=email), route, things)).json() for email in (ANA, BO)]
    assert (own["percent"], anothers["percent"]) == (50, 0)


@pytest.mark.asyncio
async def test_a_status_is_changed_by_the_issuers_own_organization_alone(world: World) -> None:
    """The one route that takes an id in its body."""
    issuer = await world.issuer()
    await world.send("PUT", f"/issuers/{issuer['slug']}/policy", {"addsStatus": True})
    signed = await issued(world, credential(issuer["id"]))
    before = await state(world)

    async def revoke(identifier: str) -> httpx.Response:
        entry = signed["credentialStatus"]
        command = {"credentialId": identifier, "credentialStatus": entry, "status": True}
        return await world.send("POST", BY_BODY.removeprefix("POST "), command, org=OTHER_ORG)

    answer, nothing = await revoke(signed["id"]), await revoke(f"urn:uuid:{new_id()}")
    assert (answer.status_code, nothing.status_code) == (404, 404), answer.text
    assert answer.json()["detail"] == nothing.json()["detail"]
    assert await state(world) == before

"""What a person is shown without having put it anywhere: what was issued to the confirmed address, and no more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credential_core.bake import unbake
from service_kit.ids import new_id
from service_kit.testing import BASE_URL, TokenMint
from tests.issuer.keepers import SCOPES, Keeper
from tests.issuer.world import LEARNER, ORG, OTHER_ORG, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
PATH = "/learners/me/credentials"
ADDRESS = LEARNER.lower()


def learner(world: World, email: str | None = ADDRESS) -> Keeper:
    return Keeper(world, email=email)


async def items(keeper: Keeper, **query: Any) -> list[dict[str, Any]]:
    answer = await keeper.call("GET", PATH, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_what_was_issued_to_the_address_is_there_with_its_status(world: World) -> None:
    issued = await world.issue(await world.ready())
    (shown,) = await items(learner(world))
    assert (shown["id"], shown["status"]) == (issued["id"], "issued")
    name = issued["id"].rsplit("/", 1)[-1]
    document = await learner(world).call("GET", f"{PATH}/{name}")
    assert document.json() == issued["credential"]
    badge = await learner(world).call("GET", f"{PATH}/{name}", headers={"Accept": "image/svg+xml"})
    assert json.loads(unbake(badge.content).text) == issued["credential"]
    assert badge.headers["content-type"] == "image/svg+xml"
    await world.send("POST", f"/credentials/{name}/revoke", {"reason": "a test"})
    assert [one["status"] for one in await items(learner(world))] == ["revoked"]


@pytest.mark.parametrize("email", ["ana.silva@students.example.org", "other@students.example", ""])
async def test_nobody_else_sees_it(world: World, email: str) -> None:
    issued = await world.issue(await world.ready())
    other = learner(world, email or "x")
    assert await items(other) == []
    answer = await other.call("GET", f"{PATH}/{issued['id'].rsplit('/', 1)[-1]}")
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no such credential")
    assert (await other.call("GET", f"{PATH}/{new_id()}")).json()["detail"] == answer.json()["detail"]
    assert (await other.call("GET", f"{PATH}/not-an-id")).status_code == 404


async def test_the_organization_that_the_token_was_given_in_does_not_matter(world: World) -> None:
    await world.issue(await world.ready())
    elsewhere = Keeper(world, org=OTHER_ORG, email=ADDRESS)
    assert len(await items(elsewhere)) == 1


async def test_pages_follow_each_other(world: World) -> None:
    achievement = await world.ready()
    made = [(await world.issue(achievement))["id"] for _ in range(3)]
    first = await learner(world).call("GET", PATH, params={"limit": 2})
    second = await learner(world).call("GET", PATH, params={"limit": 2, "cursor": first.json()["next"]})
    assert [one["id"] for answer in (first, second) for one in answer.json()["items"]] == made[::-1]
    assert second.json()["next"] is None
    assert f"{BASE_URL}{PATH}?" in first.headers["link"]


async def test_an_address_that_is_not_confirmed_shows_nothing(world: World) -> None:
    await world.issue(await world.ready())
    answer = await learner(world, None).call("GET", PATH)
    assert (answer.status_code, problem_code(answer)) == (403, "address-not-confirmed")


async def test_a_program_needs_the_scope_and_a_person(world: World, mint: TokenMint) -> None:
    assert (await learner(world).call("GET", PATH, *SCOPES)).status_code == 403
    answer = await world.client.get(PATH, headers=mint.headers(ORG, "backpack:manage"))
    assert (answer.status_code, problem_code(answer)) == (403, "not-a-person")


@pytest.mark.parametrize("digest", [1, ["x"], {"x": "y"}, True])
async def test_a_digest_of_another_kind_makes_no_token(world: World, digest: Any) -> None:
    token = world.mint.token(ORG, "backpack:manage", grant_id=new_id(), email_sha256=digest)
    assert (await world.client.get(PATH, headers={"Authorization": f"Bearer {token}"})).status_code == 401

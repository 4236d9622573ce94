"""Keys in the course of time: published, waited for, activated, retired, revoked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from credential_core.did import assertion_method
from credential_core.errors import DidError
from credential_core.proof import verify_proof
from issuer.core.issuers.keys import MOST_KEYS
from issuer.http.app import issuer_app
from issuer.main import Core, wire
from issuer.settings import IssuerSettings
from service_kit.database import Database
from service_kit.ids import new_id
from service_kit.testing import BASE_URL, TokenMint, asgi_client
from tests.issuer.world import Clock, Json, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wait(settings: IssuerSettings) -> timedelta:
    return timedelta(seconds=settings.key_wait_s)


@pytest.fixture
def core(settings: IssuerSettings, database: Database, clock: Clock) -> Core:
    return wire(settings, database, clock)


@pytest_asyncio.fixture
async def client(settings: IssuerSettings, core: Core, mint: TokenMint) -> AsyncIterator[httpx.AsyncClient]:
    app = issuer_app(core.services, settings, tokens=mint.verifier())
    async with asgi_client(app) as opened:
        yield opened


async def add(world: World, slug: str, **members: Any) -> Json:
    answer = await world.send("POST", f"/issuers/{slug}/keys", members)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def act(world: World, slug: str, key: Json, action: str, status: int = 200) -> httpx.Response:
    answer = await world.send("POST", f"/issuers/{slug}/keys/{key['keyId']}/{action}")
    assert answer.status_code == status, answer.text
    return answer


async def states(world: World, slug: str) -> list[str]:
    return [key["state"] for key in (await world.send("GET", f"/issuers/{slug}/keys")).json()["items"]]


async def did_document(world: World) -> Json:
    return dict((await world.events("issuer.published.v1"))[-1].did_document)


async def verifies(world: World, document: Json) -> bool:
    proof = document["proof"]
    try:
        method = assertion_method(await did_document(world), proof["verificationMethod"])
    except DidError as error:
        assert error.code == "method_revoked"
        return False
    verify_proof(document, proof, method.public)
    return True


def signer(document: Json) -> str:
    return str(document["proof"]["verificationMethod"])


async def test_a_new_key_is_published_and_signs_nothing(world: World) -> None:
    issuer = await world.issuer()
    slug = issuer["slug"]
    answer = await world.send("POST", f"/issuers/{slug}/keys", {})
    key = answer.json()
    assert (answer.status_code, key["state"], key["purpose"]) == (201, "published", "any")
    assert answer.headers["location"] == f"{BASE_URL}/issuers/{slug}/keys/{key['keyId']}"
    assert (await world.send("GET", answer.headers["location"])).json() == key
    assert await states(world, slug) == ["active", "published"]
    assert assertion_method(await did_document(world), key["id"]).public.multibase == key["publicKeyMultibase"]
    assert [event.revision for event in await world.events("issuer.published.v1")] == [1, 2]
    issued = (await world.issue(await world.achievement()))["credential"]
    assert signer(issued) != key["id"]


async def test_a_key_is_activated_when_verifiers_had_time_to_learn_of_it(
    world: World, clock: Clock, wait: timedelta
) -> None:
    slug = (await world.issuer())["slug"]
    key = await add(world, slug)
    early = await act(world, slug, key, "activate", 409)
    assert problem_code(early) == "key-not-known-yet"
    assert wait.total_seconds() - 60 < int(early.headers["retry-after"]) <= wait.total_seconds()
    assert await states(world, slug) == ["active", "published"]
    await world.relayed()
    clock.ahead = wait
    assert (await act(world, slug, key, "activate")).json()["state"] == "active"
    assert await states(world, slug) == ["retiring", "active"]


async def test_the_wait_begins_when_the_fleet_was_told(world: World, clock: Clock, wait: timedelta) -> None:
    slug = (await world.issuer())["slug"]
    key = await add(world, slug)
    clock.ahead = 10 * wait
    held_up = await act(world, slug, key, "activate", 409)
    assert (problem_code(held_up), int(held_up.headers["retry-after"])) == ("key-not-known-yet", wait.total_seconds())
    await world.relayed(late=timedelta(minutes=2))
    clock.ahead = wait
    early = await act(world, slug, key, "activate", 409)
    assert 60 < int(early.headers["retry-after"]) <= 120
    clock.ahead = wait + timedelta(minutes=2)
    await world.send("PATCH", f"/issuers/{slug}", {"url": "https://lakeside.example"})  # a later event does not count
    await act(world, slug, key, "activate")


async def test_the_life_of_two_keys(world: World, clock: Clock, wait: timedelta, core: Core) -> None:
    slug = (await world.issuer())["slug"]
    achievement = await world.achievement()
    old = (await world.send("GET", f"/issuers/{slug}/keys")).json()["items"][0]
    before = (await world.issue(achievement))["credential"]
    new = await add(world, slug)
    await world.relayed()
    clock.ahead = wait
    await act(world, slug, new, "activate")
    after = (await world.issue(achievement))["credential"]
    assert (signer(before), signer(after)) == (old["id"], new["id"])
    published = await did_document(world)
    await act(world, slug, old, "retire")
    assert await did_document(world) == published
    assert await states(world, slug) == ["retired", "active"]
    assert await verifies(world, before)
    assert await verifies(world, after)
    await act(world, slug, old, "revoke")
    assert not await verifies(world, before)
    assert await verifies(world, after)
    assert (await world.rows("SELECT sealed FROM issuer_keys ORDER BY ordinal"))[0][0] == b""


async def test_the_lists_of_a_revoked_key_are_signed_anew(
    world: World, core: Core, clock: Clock, wait: timedelta
) -> None:
    slug = (await world.issuer())["slug"]
    old = (await world.send("GET", f"/issuers/{slug}/keys")).json()["items"][0]
    await act(world, slug, old, "revoke")
    clock.ahead = timedelta(days=1)
    assert await core.publish_lists() == 0
    refused = await world.send(
        "POST", "/credentials", {"achievement": await world.achievement(), "recipient": {"email": "a@b.example"}}
    )
    assert (refused.status_code, problem_code(refused)) == (409, "no-active-key")
    await act(world, slug, await add(world, slug), "activate")  # at once: nothing else can sign
    assert await core.publish_lists() == 1
    first, second = await world.events("status-list.published.v1")
    assert not await verifies(world, first.credential)
    assert await verifies(world, second.credential)


async def test_a_revoked_key_stands_in_the_document_as_what_it_is(world: World) -> None:
    slug = (await world.issuer(keys=["Ed25519", "P-256"]))["slug"]
    old, other = (await world.send("GET", f"/issuers/{slug}/keys")).json()["items"]
    revoked = (await act(world, slug, old, "revoke")).json()
    document = await did_document(world)
    assert document["assertionMethod"] == document["authentication"] == [other["id"]]
    gone, kept = document["verificationMethod"]
    assert (gone["id"], kept["id"]) == (old["id"], other["id"])
    assert gone["revoked"][:19] == revoked["since"][:19]
    assert "revoked" not in kept


async def test_a_key_that_stepped_back_can_come_again_at_once(world: World, clock: Clock, wait: timedelta) -> None:
    slug = (await world.issuer())["slug"]
    new = await add(world, slug)
    await world.relayed()
    clock.ahead = wait
    await act(world, slug, new, "activate")
    old = (await world.send("GET", f"/issuers/{slug}/keys")).json()["items"][0]
    await act(world, slug, old, "activate")
    assert await states(world, slug) == ["active", "retiring"]
    assert signer((await world.issue(await world.achievement()))["credential"]) == old["id"]


async def test_the_first_algorithm_goes_on_signing_when_its_key_is_replaced(
    world: World, clock: Clock, wait: timedelta
) -> None:
    slug = (await world.issuer(keys=["Ed25519", "P-256"]))["slug"]
    new = await add(world, slug)
    await world.relayed()
    clock.ahead = wait
    await act(world, slug, new, "activate")
    assert await states(world, slug) == ["retiring", "active", "active"]
    assert signer((await world.issue(await world.achievement()))["credential"]) == new["id"]


async def test_a_key_for_status_lists_alone(world: World, clock: Clock, wait: timedelta, core: Core) -> None:
    slug = (await world.issuer())["slug"]
    lists = await add(world, slug, purpose="status-lists")
    await world.relayed()
    clock.ahead = wait
    await act(world, slug, lists, "activate")
    issued = await world.issue(await world.achievement())
    await world.send("POST", f"{issued['id']}/revoke", {"reason": "a test"})
    clock.ahead += timedelta(minutes=1)
    assert await core.publish_lists() == 1
    last = (await world.events("status-list.published.v1"))[-1].credential
    assert (signer(issued["credential"]) == lists["id"], signer(last) == lists["id"]) == (False, True)
    old = (await world.send("GET", f"/issuers/{slug}/keys")).json()["items"][0]
    assert problem_code(await act(world, slug, old, "retire", 409)) == "key-is-needed"


async def test_the_last_key_is_not_retired(world: World) -> None:
    slug = (await world.issuer())["slug"]
    (key,) = (await world.send("GET", f"/issuers/{slug}/keys")).json()["items"]
    assert problem_code(await act(world, slug, key, "retire", 409)) == "key-is-needed"
    assert await states(world, slug) == ["active"]


async def test_repeating_does_nothing_and_succeeds(world: World) -> None:
    slug = (await world.issuer())["slug"]
    (key,) = (await world.send("GET", f"/issuers/{slug}/keys")).json()["items"]
    assert (await act(world, slug, key, "activate")).json() == key
    first = (await act(world, slug, key, "revoke")).json()
    events = await world.count("outbox")
    assert (await act(world, slug, key, "revoke")).json() == first
    assert await world.count("outbox") == events


@pytest.mark.parametrize(("state", "action"), [("retire", "activate"), ("revoke", "activate"), ("revoke", "retire")])
async def test_what_is_given_up_does_not_come_back(world: World, state: str, action: str) -> None:
    slug = (await world.issuer())["slug"]
    key = await add(world, slug)
    await act(world, slug, key, state)
    assert problem_code(await act(world, slug, key, action, 409)) == "key-transition-not-allowed"


async def test_a_did_key_is_one_key(world: World) -> None:
    slug = (await world.issuer(method="key"))["slug"]
    (key,) = (await world.send("GET", f"/issuers/{slug}/keys")).json()["items"]
    added = await world.send("POST", f"/issuers/{slug}/keys", {})
    assert (added.status_code, problem_code(added)) == (409, "did-key-is-one-key")
    for action in ("retire", "revoke"):
        assert problem_code(await act(world, slug, key, action, 409)) == "did-key-is-one-key"


async def test_a_repeated_request_makes_one_key(world: World) -> None:
    slug = (await world.issuer())["slug"]
    path = f"/issuers/{slug}/keys"
    first, second = [await world.send("POST", path, {}, Idempotency_Key="once") for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    other = await world.send("POST", path, {"algorithm": "P-256"}, Idempotency_Key="once")
    assert (other.status_code, problem_code(other)) == (409, "idempotency-key-reused")
    assert await world.count("issuer_keys") == 2


async def test_an_issuer_has_so_many_keys_and_no_more(world: World) -> None:
    slug = (await world.issuer())["slug"]
    for _ in range(MOST_KEYS - 1):
        await add(world, slug)
    full = await world.send("POST", f"/issuers/{slug}/keys", {})
    assert (full.status_code, problem_code(full)) == (409, "too-many-keys")


@pytest.mark.parametrize(
    "body",
    [
        {"algorithm": "RS512"},
        {"purpose": "encryption"},
        {"algorithm": "RS256", "purpose": "status-lists"},
        {"state": "active"},
        [],
    ],
)
async def test_wrong_requests_make_no_key(world: World, body: Any) -> None:
    slug = (await world.issuer())["slug"]
    assert (await world.send("POST", f"/issuers/{slug}/keys", body)).status_code == 422
    assert await world.count("issuer_keys") == 1


async def test_a_key_of_another_issuer_is_not_found(world: World) -> None:
    one, two = (await world.issuer())["slug"], (await world.issuer())["slug"]
    key = await add(world, one)
    for action in ("activate", "retire", "revoke"):
        await act(world, two, key, action, 404)
        await act(world, two, {"keyId": new_id()}, action, 404)
        await act(world, two, {"keyId": "x"}, action, 404)

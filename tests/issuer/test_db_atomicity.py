"""A failure at any point leaves all or nothing: state and event commit together, and no index is used twice."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from issuer.core.status_lists.slots import Slots
from issuer.http.app import issuer_app
from issuer.main import wire
from issuer.settings import IssuerSettings
from service_kit.clock import utc_now
from service_kit.database import Database, open_database
from service_kit.testing import TokenMint, asgi_client
from tests.issuer.world import LEARNER, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@asynccontextmanager
async def failing(settings: IssuerSettings, table: str, operation: str = "INSERT") -> AsyncIterator[None]:
    """While it lasts, PostgreSQL itself refuses to write this table."""
    assert settings.database.migrate_url is not None
    owner = settings.database.model_copy(update={"url": settings.database.migrate_url})
    statements = (
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$",
        f'CREATE TRIGGER refuse BEFORE {operation} ON "{table}" EXECUTE FUNCTION refuse()',
    )
    async with open_database(owner, "tests") as database:
        for statement in statements:
            async with database.engine.begin() as connection:
                await connection.execute(text(statement))
        try:
            yield
        finally:
            async with database.engine.begin() as connection:
                await connection.execute(text(f'DROP TRIGGER refuse ON "{table}"'))


async def test_without_its_event_there_is_no_credential(world: World, settings: IssuerSettings) -> None:
    body = {"achievement": await world.ready(), "recipient": {"email": LEARNER}}
    async with failing(settings, "outbox"):
        answer = await world.send("POST", "/credentials", body, Idempotency_Key="once")
    assert answer.status_code == 500
    assert "proof" not in answer.text
    assert [await world.count(table) for table in ("credentials", "idempotency_keys")] == [0, 0]
    assert await world.events("credential.issued.v1") == []


async def test_after_a_failure_the_same_key_issues_with_another_index(world: World, settings: IssuerSettings) -> None:
    achievement = await world.ready()
    body = {"achievement": achievement, "recipient": {"email": LEARNER}}
    async with failing(settings, "credentials"):
        assert (await world.send("POST", "/credentials", body, Idempotency_Key="once")).status_code == 500
    answer = await world.send("POST", "/credentials", body, Idempotency_Key="once")
    assert answer.status_code == 201
    ((counter,),) = await world.rows("SELECT next_counter FROM status_lists")
    assert counter == 128
    assert await world.count("credentials") == 1


@pytest.mark.parametrize("table", ["outbox", "status_changes", "status_lists"])
async def test_a_status_change_is_whole_or_not_at_all(world: World, settings: IssuerSettings, table: str) -> None:
    issued = await world.issue(await world.ready())
    async with failing(settings, table, "INSERT OR UPDATE"):
        answer = await world.send("POST", f"{issued['id']}/revoke", {"reason": "x"}, Idempotency_Key="once")
    assert answer.status_code == 500
    assert (await world.send("GET", issued["id"])).json()["status"] == "issued"
    assert await world.rows("SELECT changes FROM status_lists") == [(0,)]
    assert await world.events("credential.revoked.v1") == []
    assert [await world.count(name) for name in ("status_changes", "idempotency_keys")] == [0, 0]
    again = await world.send("POST", f"{issued['id']}/revoke", {"reason": "x"}, Idempotency_Key="once")
    assert again.json()["status"] == "revoked"


@pytest.mark.parametrize("table", ["outbox", "issuer_keys", "status_lists"])
async def test_an_issuer_is_opened_whole_or_not_at_all(world: World, settings: IssuerSettings, table: str) -> None:
    async with failing(settings, table):
        answer = await world.send("POST", "/issuers", {"name": "Lakeside", "slug": "lakeside"})
    assert answer.status_code == 500
    assert [await world.count(name) for name in ("issuers", "issuer_keys", "status_lists", "outbox")] == [0, 0, 0, 0]


async def test_a_publication_that_fails_is_made_later(world: World, settings: IssuerSettings) -> None:
    issued = await world.issue(await world.ready())
    await world.send("POST", f"{issued['id']}/revoke", {"reason": "x"})
    publish = wire(settings, world.database, lambda: utc_now() + timedelta(seconds=1)).publish_lists
    async with failing(settings, "outbox"):
        with pytest.raises(DBAPIError, match="refused"):
            await publish()
    assert await publish() == 1
    assert [event.revision for event in await world.events("status-list.published.v1")] == [1, 2]


async def test_fifty_at_once_get_fifty_places(world: World) -> None:
    achievement = await world.ready()
    issued = await asyncio.gather(*(world.issue(achievement) for _ in range(50)))
    places = {(one["credential"]["credentialStatus"]["id"]) for one in issued}
    assert len({one["id"] for one in issued}) == len(places) == 50
    assert await world.count("credentials") == len(await world.events("credential.issued.v1")) == 50


async def test_processes_lease_different_places(
    world: World, settings: IssuerSettings, database: Database, mint: TokenMint
) -> None:
    achievement = await world.ready()
    places = []
    for _ in range(3):
        app = issuer_app(wire(settings, database).services, settings, tokens=mint.verifier())
        async with asgi_client(app) as client:
            other = World(database, client, mint)
            places += [(await other.issue(achievement))["credential"]["credentialStatus"]["id"] for _ in range(2)]
    assert len(set(places)) == 6
    assert await world.rows("SELECT next_counter FROM status_lists") == [(3 * 128,)]


async def test_twenty_with_one_key_are_one_credential(world: World) -> None:
    body = {"achievement": await world.ready(), "recipient": {"email": LEARNER}}
    answers = await asyncio.gather(
        *(world.send("POST", "/credentials", body, Idempotency_Key="once") for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await world.count("credentials") == 1


async def test_of_many_changes_at_once_each_revision_is_told_once(world: World) -> None:
    issued = await world.issue(await world.ready())
    actions = ["suspend", "reinstate"] * 10
    await asyncio.gather(*(world.send("POST", f"{issued['id']}/{a}", {"reason": "x"}) for a in actions))
    revisions = [event.revision for event in await world.events() if hasattr(event, "state")]
    assert revisions == list(range(1, len(revisions) + 1))
    ((bit, changes),) = await world.rows("SELECT c.state <> 'issued', l.changes FROM credentials c, status_lists l")
    assert changes % 2 == int(bit)


async def test_a_full_list_is_followed_by_a_new_one(world: World, settings: IssuerSettings, database: Database) -> None:
    achievement = await world.ready()
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE status_lists SET next_counter = length - 3"))
    issued = await asyncio.gather(*(world.issue(achievement) for _ in range(8)))
    lists = [one["credential"]["credentialStatus"]["statusListCredential"] for one in issued]
    assert sorted(lists.count(url) for url in set(lists)) == [3, 5]
    events = await world.events("status-list.published.v1")
    assert {event.url for event in events} == set(lists)
    assert [event.revision for event in events] == [1, 1]


async def test_after_a_restore_by_the_runbook_no_place_and_no_edition_is_given_twice(
    world: World, settings: IssuerSettings, database: Database, mint: TokenMint
) -> None:
    runbook = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text(encoding="utf-8")
    (statement,) = re.findall(r"`(UPDATE status_lists [^`]+)`", runbook)
    achievement = await world.ready()
    await world.issue(achievement)
    async with database.engine.begin() as connection:
        await connection.execute(text(statement))

    app = issuer_app(wire(settings, database).services, settings, tokens=mint.verifier())
    async with asgi_client(app) as client:
        await World(database, client, mint).issue(achievement)
    publish = wire(settings, database, lambda: utc_now() + timedelta(seconds=1)).publish_lists
    assert await publish() == 1

    assert len(await world.rows("SELECT DISTINCT status_list_id FROM credentials")) == 2
    revisions = [event.revision for event in await world.events("status-list.published.v1")]
    assert revisions == [1, 1, 1_000_002]


async def test_two_processes_at_a_full_list_open_one_new_one(
    world: World, settings: IssuerSettings, database: Database
) -> None:
    await world.ready()
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE status_lists SET next_counter = length"))
    slots: list[Slots] = [wire(settings, database).services.issue._slots for _ in range(4)]
    ((org, slug),) = await world.rows("SELECT org_id, slug FROM issuers")
    issuer = await wire(settings, database).services.queries.issuer(org, slug)
    taken = await asyncio.gather(*(one.take(issuer) for one in slots))
    assert len({slot.list_id for slot in taken}) == 1
    assert len({slot.index for slot in taken}) == 4
    assert await world.count("status_lists") == 2
    assert len(await world.events("status-list.published.v1")) == 2


async def test_the_service_cannot_change_what_was_signed(world: World, database: Database) -> None:
    await world.issue(await world.ready())
    for statement in (
        "UPDATE credentials SET achievement_id = ''",
        "UPDATE credentials SET issued_at = now()",
        "UPDATE status_changes SET digest = ''",
        "DELETE FROM credentials",
        "UPDATE issuer_keys SET public_key = ''",
        "UPDATE issuer_keys SET purpose = 'any'",
        "DELETE FROM status_changes",
        "UPDATE status_lists SET permutation_key = ''",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.engine.begin() as connection:
                await connection.execute(text(statement))
    with pytest.raises(DBAPIError, match="private_while_of_use"):
        async with database.engine.begin() as connection:
            await connection.execute(text("UPDATE issuer_keys SET sealed = ''"))


async def test_places_are_leased_before_they_are_wanted(
    world: World, settings: IssuerSettings, database: Database
) -> None:
    """Whoever takes the last place of a lease does not wait for the next one, even when nobody gives any."""
    await world.ready()
    slots: Slots = wire(settings, database).services.issue._slots
    ((org, slug),) = await world.rows("SELECT org_id, slug FROM issuers")
    issuer = await wire(settings, database).services.queries.issuer(org, slug)
    places = {slot.index for slot in await slots.take_many(issuer, 95)}
    assert await world.rows("SELECT next_counter FROM status_lists") == [(128,)]
    places.add((await slots.take(issuer)).index)
    await asyncio.wait(slots._ahead.values())
    assert await world.rows("SELECT next_counter FROM status_lists") == [(256,)]
    async with failing(settings, "status_lists", "UPDATE"):
        places |= {slot.index for slot in await slots.take_many(issuer, 160)}  # the last one is asked for, in vain
        await asyncio.wait(slots._ahead.values())
    places |= {slot.index for slot in await slots.take_many(issuer, 2)}
    assert len(places) == 95 + 1 + 160 + 2


async def test_a_lease_in_vain_is_asked_for_again(world: World, settings: IssuerSettings, database: Database) -> None:
    await world.ready()
    slots: Slots = wire(settings, database).services.issue._slots
    ((org, slug),) = await world.rows("SELECT org_id, slug FROM issuers")
    issuer = await wire(settings, database).services.queries.issuer(org, slug)
    async with failing(settings, "status_lists", "UPDATE"):
        with pytest.raises(DBAPIError, match="refused"):
            await slots.take(issuer)
    assert len({slot.index for slot in await slots.take_many(issuer, 300)}) == 300

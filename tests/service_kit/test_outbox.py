"""Outbox and relay: what was committed reaches the bus at least once, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import func, select, text

from contracts.envelope import read
from contracts.events import IssuerPublished
from service_kit.bus import BusUnavailable, Record
from service_kit.database import Database, UnitOfWork
from service_kit.metrics import OUTBOX_PENDING
from service_kit.outbox import Outbox
from service_kit.relay import BATCH, Relay, republish_all
from service_kit.tables import OUTBOX
from service_kit.testing import MemoryPublisher
from tests.service_kit.support import payload, until

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

CUT_LEADER = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


async def append(database: Database, *slugs: str) -> None:
    async with UnitOfWork(database) as work:
        await Outbox(work.session, "/kit").append(*[payload(slug) for slug in slugs])
        await work.commit()


async def pending(database: Database) -> int:
    async with database.snapshot() as session:
        query = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.published_at.is_(None))
        return await session.scalar(query) or 0


def slugs(publisher: MemoryPublisher) -> list[str]:
    return [IssuerPublished.parse(read(r.headers, r.value).data).slug for r in publisher.records]


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[list[asyncio.Event]]:
    stops = [asyncio.Event() for _ in relays]
    tasks = [asyncio.create_task(relay.run(stop)) for relay, stop in zip(relays, stops, strict=True)]
    try:
        yield stops
    finally:
        for stop in stops:
            stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)


async def test_nothing_is_published_without_a_commit(database: Database) -> None:
    publisher = MemoryPublisher()
    async with UnitOfWork(database) as work:
        await Outbox(work.session, "/kit").append(payload("rolled-back"))
    async with database.connection() as connection:
        assert await Relay(database, publisher).publish_pending(connection) == 0
    assert publisher.records == []


async def test_events_of_one_key_keep_their_order_and_identity(database: Database) -> None:
    publisher = MemoryPublisher()
    async with UnitOfWork(database) as work:
        await Outbox(work.session, "/kit").append(*[payload("one", revision) for revision in range(1, 6)])
        await work.commit()

    async with database.connection() as connection:
        await Relay(database, publisher).publish_pending(connection)

    events = [read(r.headers, r.value) for r in publisher.records]
    assert [IssuerPublished.parse(event.data).revision for event in events] == [1, 2, 3, 4, 5]
    assert len({event.id for event in events}) == 5
    assert {(r.topic, r.key) for r in publisher.records} == {("issuer-published", b"one")}


async def test_a_crash_after_publishing_and_before_marking_repeats_the_event_under_its_id(database: Database) -> None:
    class DiesAfterPublishing(MemoryPublisher):
        async def publish(self, records: Sequence[Record]) -> None:
            await super().publish(records)
            raise asyncio.CancelledError

    await append(database, "one")
    dying, next_life = DiesAfterPublishing(), MemoryPublisher()
    with suppress(asyncio.CancelledError):
        async with database.connection() as connection:
            await Relay(database, dying).publish_pending(connection)
    assert await pending(database) == 1

    async with running(Relay(database, next_life)):
        await until(lambda: _is(pending(database), 0))

    assert [r.headers for r in dying.records] == [r.headers for r in next_life.records]


async def test_a_slow_transaction_that_commits_late_is_still_published(database: Database) -> None:
    publisher = MemoryPublisher()
    async with running(Relay(database, publisher)), UnitOfWork(database) as slow:
        await Outbox(slow.session, "/kit").append(payload("slow"))  # has the lower sequence number
        await append(database, "quick")
        await until(lambda: _is(pending(database), 0))
        assert slugs(publisher) == ["quick"]
        await slow.commit()
        await until(lambda: _true(len(publisher.records) == 2))
    assert slugs(publisher) == ["quick", "slow"]


async def test_the_bus_away_then_back(database: Database) -> None:
    publisher = MemoryPublisher()
    publisher.away = True
    async with running(Relay(database, publisher)):
        await append(database, "one", "two")
        await asyncio.sleep(0.3)
        assert await pending(database) == 2
        publisher.away = False
        await until(lambda: _is(pending(database), 0))
    assert slugs(publisher) == ["one", "two"]


async def test_what_waits_is_told_while_it_drains(database: Database) -> None:
    told: list[float] = []

    class Slow(MemoryPublisher):
        async def publish(self, records: Sequence[Record]) -> None:
            told.append(OUTBOX_PENDING._value.get())
            await super().publish(records)

    await append(database, *(f"university-{number}" for number in range(BATCH + 1)))
    publisher = Slow()
    async with running(Relay(database, publisher)):
        await until(lambda: _true(len(publisher.records) == BATCH + 1))
    assert told[1] == 1


async def test_of_two_relays_one_leads_and_the_other_takes_over(database: Database) -> None:
    first, second = MemoryPublisher(), MemoryPublisher()
    async with running(Relay(database, first), Relay(database, second)) as (stop_first, stop_second):
        await append(database, *[f"a{n}" for n in range(20)])
        await until(lambda: _is(pending(database), 0))
        leader, follower = (first, second) if first.records else (second, first)
        assert (len(leader.records), len(follower.records)) == (20, 0)
        (stop_first if leader is first else stop_second).set()
        await append(database, "after")
        await until(lambda: _is(pending(database), 0))
    assert slugs(follower) == ["after"]


async def test_a_leader_whose_connection_is_cut_leads_again(database: Database) -> None:
    publisher = MemoryPublisher()
    async with running(Relay(database, publisher)):
        await append(database, "before")
        await until(lambda: _is(pending(database), 0))
        async with database.connection() as connection:
            await connection.execute(CUT_LEADER)
        await append(database, "after")
        await until(lambda: _is(pending(database), 0))
    assert slugs(publisher) == ["before", "after"]


async def test_a_failed_batch_is_not_marked(database: Database) -> None:
    publisher = MemoryPublisher()
    publisher.away = True
    await append(database, "one")
    async with database.connection() as connection:
        with pytest.raises(BusUnavailable):
            await Relay(database, publisher).publish_pending(connection)
    assert await pending(database) == 1


async def test_everything_can_be_published_again(database: Database) -> None:
    publisher = MemoryPublisher()
    await append(database, "one", "two")
    async with running(Relay(database, publisher)):
        await until(lambda: _is(pending(database), 0))
        assert await republish_all(database) == 2
        await until(lambda: _true(len(publisher.records) == 4))
    assert slugs(publisher) == ["one", "two", "one", "two"]


async def _is(count: Awaitable[int], expected: int) -> bool:
    return await count == expected


async def _true(value: bool) -> bool:
    return value

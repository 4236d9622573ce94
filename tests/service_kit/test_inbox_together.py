"""Several records in one transaction: all or none, each event once."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from contracts.events import IssuerPublished
from service_kit.bus import Record
from service_kit.database import Database, UnitOfWork
from service_kit.inbox import Inbox, MalformedRecord, Outcome
from tests.service_kit.support import counting_inbox, record, seen

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def transactions(database: Database) -> int:
    """How many transactions wrote what is in the inbox."""
    async with database.connection() as connection:
        return int(await connection.scalar(text("SELECT count(DISTINCT xmin::text) FROM inbox")) or 0)


async def test_a_chunk_is_one_transaction_and_keeps_its_order(database: Database) -> None:
    records = [record(f"s{n % 3}", n) for n in range(1, 10)]

    outcomes = await counting_inbox(database).process_together(records)

    assert outcomes == [Outcome.APPLIED] * 9
    assert await seen(database) == {"s1": (7, 3), "s2": (8, 3), "s0": (9, 3)}
    assert await transactions(database) == 1


async def test_an_event_that_comes_twice_in_a_chunk_is_applied_once(database: Database) -> None:
    once, other = record("a", event_id="e1"), record("b", event_id="e2")

    outcomes = await counting_inbox(database).process_together([once, other, once])
    again = await counting_inbox(database).process_together([other, once])

    assert outcomes == [Outcome.APPLIED, Outcome.APPLIED, Outcome.DUPLICATE]
    assert again == [Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert await seen(database) == {"a": (1, 1), "b": (1, 1)}


async def test_one_failure_undoes_the_whole_chunk(database: Database) -> None:
    def fault(event: IssuerPublished) -> None:
        if event.slug == "bad":
            raise ValueError("a handler's bug")

    inbox = counting_inbox(database, fault)
    with pytest.raises(ValueError, match="bug"):
        await inbox.process_together([record("a"), record("bad"), record("b")])

    assert await seen(database) == {}
    assert await transactions(database) == 0


async def test_a_malformed_record_refuses_its_chunk_before_anything_is_written(database: Database) -> None:
    with pytest.raises(MalformedRecord):
        await counting_inbox(database).process_together([record("a"), Record("t", b"k", b"not an event", ())])

    assert await seen(database) == {}


async def test_what_nobody_follows_costs_nothing_and_claims_nothing(database: Database) -> None:
    deaf: Inbox[UnitOfWork] = Inbox(lambda: UnitOfWork(database), [])

    assert await deaf.process_together([record("a"), record("b")]) == [Outcome.IGNORED, Outcome.IGNORED]
    assert await deaf.process_together([]) == []
    assert await transactions(database) == 0

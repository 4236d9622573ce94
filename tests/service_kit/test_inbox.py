"""The inbox applies each event once, whatever the bus repeats, and nothing of one that fails."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from service_kit.bus import Record
from service_kit.database import Database
from service_kit.inbox import MalformedRecord, Outcome
from service_kit.tables import INBOX
from tests.service_kit.support import counting_inbox, record, seen

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


class Fault(Exception):
    """A handler's bug."""


def fail(_event: object) -> None:
    raise Fault


async def test_a_repeated_event_is_applied_once(database: Database) -> None:
    inbox, twice = counting_inbox(database), record("one")
    assert [await inbox.process(twice), await inbox.process(twice)] == [Outcome.APPLIED, Outcome.DUPLICATE]
    assert await seen(database) == {"one": (1, 1)}


async def test_deliveries_at_the_same_time_are_applied_once(database: Database) -> None:
    inbox, same = counting_inbox(database), record("one")
    outcomes = await asyncio.gather(*[inbox.process(same) for _ in range(5)])
    assert sorted(outcomes) == [Outcome.APPLIED, *[Outcome.DUPLICATE] * 4]
    assert await seen(database) == {"one": (1, 1)}


async def test_the_same_id_from_another_source_is_another_event(database: Database) -> None:
    inbox, first = counting_inbox(database), record("one", event_id="1")
    headers = tuple((name, b"/other" if name == "ce_source" else value) for name, value in first.headers)
    assert await inbox.process(first) is Outcome.APPLIED
    assert await inbox.process(replace(first, headers=headers)) is Outcome.APPLIED


async def test_a_failing_handler_leaves_neither_effect_nor_claim(database: Database) -> None:
    event = record("one")
    with pytest.raises(Fault):
        await counting_inbox(database, fail).process(event)
    assert await seen(database) == {}
    assert await counting_inbox(database).process(event) is Outcome.APPLIED


async def test_an_event_type_nobody_follows_is_ignored_and_not_kept(database: Database) -> None:
    stranger = record("one")
    headers = tuple((name, b"other.v1" if name == "ce_type" else value) for name, value in stranger.headers)
    assert await counting_inbox(database).process(replace(stranger, headers=headers)) is Outcome.IGNORED
    async with database.snapshot() as session:
        assert (await session.execute(INBOX.select())).all() == []


@pytest.mark.parametrize(
    "broken",
    [
        Record("issuer-published", b"k", None, ()),
        Record("issuer-published", b"k", b"not an event", ()),
        Record("issuer-published", b"k", b"\xff\xfe", (("ce_type", b"\xff"),)),
        replace(record("one"), value=None),
        replace(record("one"), value=b"{}"),
        replace(record("one"), value=b"[" * 100_000),
        replace(record("one"), value=b'{"slug": NaN}'),
        replace(record("one"), headers=tuple(h for h in record("one").headers if h[0] != "ce_id")),
        replace(record("one"), headers=tuple(h for h in record("one").headers if h[0] != "ce_specversion")),
        replace(record("one"), headers=(*record("one").headers, ("ce_time", b"yesterday"))),
        Record("issuer-published", b"k", b"[" * 100_000, (("content-type", b"application/cloudevents+json"),)),
        Record("issuer-published", b"k", b"{}", (("content-type", b"application/cloudevents+json"),)),
    ],
    ids=range(12),
)
async def test_what_nobody_can_read_is_malformed_and_changes_nothing(database: Database, broken: Record) -> None:
    with pytest.raises(MalformedRecord):
        await counting_inbox(database).process(broken)
    assert await seen(database) == {}

"""Transactional outbox: an event is a row in the same transaction as the change it tells of."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.envelope import envelope
from contracts.payload import Payload
from contracts.topics import TOPIC_OF
from service_kit.clock import Clock, utc_now
from service_kit.direct import fetch
from service_kit.errors import Invalid
from service_kit.ids import NewId, new_id
from service_kit.tables import OUTBOX
from service_kit.unnest import columns_of, insert_all

# Kafka refuses a record of more than a mebibyte, headers included, and would refuse it again at every attempt: one
# such row would hold up all events behind it for ever.
MAX_VALUE = 1_000_000
AT_ONCE = 40  # events made, before others on this loop have their turn
COLUMNS = ("id", "topic", "key", "headers", "value")
APPEND = insert_all(OUTBOX, *COLUMNS)


class Outbox:
    """Appends events to the caller's transaction. Never flushes on its own, never commits."""

    def __init__(self, session: AsyncSession, source: str, *, clock: Clock = utc_now, ids: NewId = new_id) -> None:
        self._session = session
        self._source = source
        self._clock = clock
        self._ids = ids

    async def append(self, *payloads: Payload) -> None:
        """Add events, in this order. They reach the bus after the commit, at least once.

        Raises Invalid for one that is too large for the bus.
        """
        if payloads:
            made = await rows(payloads, self._source, clock=self._clock, ids=self._ids)
            await fetch(self._session, APPEND, *columns(made))


async def rows(
    payloads: Iterable[Payload], source: str, *, clock: Clock = utc_now, ids: NewId = new_id
) -> list[dict[str, object]]:
    """Several events as rows, while others on this loop have their turns."""
    made = []
    for number, payload in enumerate(payloads, 1):
        made.append(row(payload, source, clock=clock, ids=ids))
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    return made


def columns(rows: Sequence[Mapping[str, Any]]) -> tuple[list[Any], ...]:
    """Values of COLUMNS, of several rows."""
    texts = [{**row, "headers": orjson.dumps(row["headers"]).decode()} for row in rows]
    return columns_of(OUTBOX, texts, *COLUMNS)


def row(payload: Payload, source: str, *, clock: Clock = utc_now, ids: NewId = new_id) -> dict[str, object]:
    """One event as a row, for a writer that has a connection only. Raises Invalid for one too large for the bus."""
    event = envelope(payload, event_id=payload.event_id() or ids(), source=source, time=clock())
    if len(event.data) > MAX_VALUE:
        raise Invalid(f"this is too large to be published: {len(event.data)} bytes of {MAX_VALUE}")
    return {
        "id": event.id,
        "topic": TOPIC_OF[type(payload)].name,
        "key": payload.key(),
        "headers": list(map(list, event.attributes().items())),
        "value": event.data,
    }

"""Transactional outbox: an event is a row in the same transaction as the change it tells of."""

from collections.abc import Sequence

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.envelope import envelope
from contracts.events import Payload
from contracts.topics import TOPIC_OF
from service_kit.clock import Clock, utc_now
from service_kit.ids import NewId, new_id
from service_kit.tables import OUTBOX


class Outbox:
    """Appends events to the caller's transaction. Never flushes on its own, never commits."""

    def __init__(self, session: AsyncSession, source: str, *, clock: Clock = utc_now, ids: NewId = new_id) -> None:
        self._session = session
        self._source = source
        self._clock = clock
        self._ids = ids

    async def append(self, *payloads: Payload) -> None:
        """Add events, in this order. They reach the bus after the commit, at least once."""
        if payloads:
            await self._session.execute(insert(OUTBOX), [self._row(payload) for payload in payloads])

    def _row(self, payload: Payload) -> dict[str, object]:
        event = envelope(payload, event_id=self._ids(), source=self._source, time=self._clock())
        headers: Sequence[tuple[str, bytes]] = event.headers()
        return {
            "id": event.id,
            "topic": TOPIC_OF[type(payload)].name,
            "key": payload.key(),
            "headers": [[name, value.decode()] for name, value in headers],
            "value": event.data,
        }

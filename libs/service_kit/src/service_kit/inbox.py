"""Processing one record: read it, claim it, apply it, in one transaction. Idempotent whatever the bus repeats."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.envelope import Envelope, EnvelopeError, read
from contracts.events import Payload
from service_kit.bus import Record
from service_kit.clock import Clock, utc_now
from service_kit.database import UnitOfWork
from service_kit.metrics import EVENT_LATENCY, EVENTS_CONSUMED
from service_kit.tables import INBOX

P = TypeVar("P", bound=Payload)
W = TypeVar("W", bound=UnitOfWork)


class MalformedRecord(Exception):
    """No reader will ever understand this record."""


class Outcome(StrEnum):
    """What a record did."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Received(Generic[P]):
    """A payload with what its envelope says."""

    payload: P
    event_id: str
    source: str
    time: datetime


Handler = Callable[[W, Received[Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription(Generic[W]):
    """What to do with one event type. The handler runs inside the transaction and must not commit."""

    payload: type[Payload]
    handler: Handler[W]


class Inbox(Generic[W]):
    """Applies records, each event once. Event types nobody subscribed to are ignored."""

    def __init__(
        self, unit_of_work: Callable[[], W], subscriptions: list[Subscription[W]], clock: Clock = utc_now
    ) -> None:
        self._unit_of_work = unit_of_work
        self._by_type: Mapping[str, Subscription[W]] = {s.payload.event_type: s for s in subscriptions}
        self._clock = clock

    async def process(self, record: Record) -> Outcome:
        """Apply one record in a transaction of its own. Raises MalformedRecord, or whatever the database raises."""
        outcome = await self._process(record)
        EVENTS_CONSUMED.labels(record.topic, outcome.value).inc()
        return outcome

    async def _process(self, record: Record) -> Outcome:
        received = self.read(record)
        if received is None:
            return Outcome.IGNORED
        async with self._unit_of_work() as work:
            if not await claim(work.session, received.source, received.event_id):
                return Outcome.DUPLICATE
            await self._by_type[received.payload.event_type].handler(work, received)
            await work.commit()
        EVENT_LATENCY.labels(record.topic).observe(max(0.0, (self._clock() - received.time).total_seconds()))
        return Outcome.APPLIED

    def read(self, record: Record) -> Received[Payload] | None:
        """The event in a record; None for a type nobody here follows. Raises MalformedRecord."""
        try:
            event = read(record.headers, record.value)
        except EnvelopeError as error:
            raise MalformedRecord(str(error)) from error
        subscription = self._by_type.get(event.type)
        return _parse(subscription.payload, event) if subscription else None


def _parse(payload: type[Payload], event: Envelope) -> Received[Payload]:
    try:
        return Received(payload.parse(event.data), event.id, event.source, event.time)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise MalformedRecord(f"{event.type}: {problems}") from error


async def claim(session: AsyncSession, source: str, event_id: str) -> bool:
    """Whether this event is new. The claim lives and dies with the caller's transaction."""
    statement = insert(INBOX).values(source=source, id=event_id).on_conflict_do_nothing().returning(INBOX.c.id)
    return await session.scalar(statement) is not None

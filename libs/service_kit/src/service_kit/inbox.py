"""Processing records: read, claim and apply them, in one transaction. Idempotent whatever the bus repeats."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.envelope import Envelope, EnvelopeError, read
from contracts.payload import Payload
from service_kit.bus import Record
from service_kit.clock import Clock, utc_now
from service_kit.database import UnitOfWork
from service_kit.direct import fetch
from service_kit.metrics import EVENT_LATENCY, EVENTS_CONSUMED
from service_kit.tables import INBOX
from service_kit.unnest import insert_all

P = TypeVar("P", bound=Payload)
W = TypeVar("W", bound=UnitOfWork)
Identity = tuple[str, str]

CLAIM = f"{insert_all(INBOX, 'source', 'id')} ON CONFLICT DO NOTHING RETURNING source, id"


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

    @property
    def identity(self) -> Identity:
        """What makes this event this event (CloudEvents 1.0 §3.1)."""
        return self.source, self.event_id


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
        return (await self.process_together([record]))[0]

    async def process_together(self, records: Sequence[Record]) -> list[Outcome]:
        """Apply records in order in one transaction: all, or none when one raises. Many times faster than singly."""
        events = [self.read(record) for record in records]
        async with self._unit_of_work() as work:
            outcomes = await self.apply(work, events)
            await work.commit()
        self._measure(records, events, outcomes)
        return outcomes

    async def apply(self, work: W, events: Sequence[Received[Payload] | None]) -> list[Outcome]:
        """Claim and handle events inside the caller's transaction, for a caller that commits on its own terms."""
        unclaimed = await claim(work.session, {event.identity for event in events if event})
        outcomes = []
        for event in events:
            if event is None:
                outcomes.append(Outcome.IGNORED)
            elif event.identity in unclaimed:
                unclaimed.remove(event.identity)
                await self._by_type[event.payload.event_type].handler(work, event)
                outcomes.append(Outcome.APPLIED)
            else:
                outcomes.append(Outcome.DUPLICATE)
        return outcomes

    def _measure(
        self, records: Sequence[Record], events: Sequence[Received[Payload] | None], outcomes: Sequence[Outcome]
    ) -> None:
        now = self._clock()
        counted = Counter((record.topic, outcome.value) for record, outcome in zip(records, outcomes, strict=True))
        for labels, number in counted.items():
            EVENTS_CONSUMED.labels(*labels).inc(number)
        for record, event, outcome in zip(records, events, outcomes, strict=True):
            if event and outcome is Outcome.APPLIED:
                EVENT_LATENCY.labels(record.topic).observe(max(0.0, (now - event.time).total_seconds()))

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


async def claim(session: AsyncSession, identities: Set[Identity]) -> set[Identity]:
    """Take the events that are new, and say which they are. The claim lives and dies with the caller's transaction."""
    if not identities:
        return set()
    sources, ids = zip(*sorted(identities), strict=True)  # everybody claims in one order, so nobody deadlocks
    return {(source, event_id) for source, event_id in await fetch(session, CLAIM, sources, ids)}

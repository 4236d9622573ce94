"""Events, a projection that counts how often each was applied, and waiting for a condition."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from contracts.envelope import envelope
from contracts.events import IssuerPublished
from contracts.topics import TOPIC_OF
from service_kit.bus import Record
from service_kit.database import Database, UnitOfWork
from service_kit.ids import new_id
from service_kit.inbox import Inbox, Received, Subscription
from tests.service_kit.conftest import SEEN

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TOPIC = TOPIC_OF[IssuerPublished]


def payload(slug: str, revision: int = 1, profile: dict[str, JsonValue] | None = None) -> IssuerPublished:
    return IssuerPublished(
        issuer_id=f"did:web:kit.test:{slug}",
        slug=slug,
        org_id="org",
        revision=revision,
        name=slug,
        profile=profile or {},
        did_document={},
        changed_at=NOW,
    )


def record(slug: str, revision: int = 1, *, event_id: str | None = None, topic: str = TOPIC.name) -> Record:
    event = envelope(payload(slug, revision), event_id=event_id or new_id(), source="/kit", time=NOW)
    return Record(topic, slug.encode(), event.data, event.headers())


Fault = Callable[[IssuerPublished], None]


def counting_inbox(database: Database, fault: Fault = lambda _: None) -> Inbox[UnitOfWork]:
    """An inbox that counts how often each slug was applied, after `fault` had its say."""

    async def apply(work: UnitOfWork, received: Received[Any]) -> None:
        event: IssuerPublished = received.payload
        statement = insert(SEEN).values(slug=event.slug, revision=event.revision, times=1)
        await work.session.execute(
            statement.on_conflict_do_update(
                index_elements=["slug"], set_={"revision": event.revision, "times": SEEN.c.times + 1}
            )
        )
        fault(event)

    return Inbox(lambda: UnitOfWork(database), [Subscription(IssuerPublished, apply)])


async def seen(database: Database) -> dict[str, tuple[int, int]]:
    """Slug to (last revision applied, times applied)."""
    async with database.snapshot() as session:
        rows = await session.execute(select(SEEN.c.slug, SEEN.c.revision, SEEN.c.times))
        return {row.slug: (row.revision, row.times) for row in rows}


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.05)

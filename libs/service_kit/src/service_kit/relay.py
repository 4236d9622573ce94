"""Carries committed events from the outbox to the bus: one relay per service, at least once, in order per key.

It polls rather than listens: NOTIFY takes one lock for the whole server at every commit, and a poll of a partial
index costs microseconds.
"""

import asyncio
from collections.abc import Sequence

from sqlalchemy import text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from service_kit.beat import beating
from service_kit.bus import BusUnavailable, Publisher, Record
from service_kit.command_line import takes_nothing
from service_kit.database import Database, open_database
from service_kit.direct import fetch_alone
from service_kit.logs import get_logger
from service_kit.metrics import EVENTS_PUBLISHED, OUTBOX_AGE, OUTBOX_PENDING
from service_kit.pause import pause
from service_kit.settings import StoreSettings
from service_kit.tables import OUTBOX

log = get_logger(__name__)

BATCH = 500
IDLE_S = 0.1
FOLLOWER_S = 1.0
RETRY_S = 1.0
MEASURED_S = 1.0  # how often, while there is much to publish
# At the driver: a relay asks ten times a second, all day.
PENDING = """
SELECT sequence, topic, key, headers, value FROM outbox WHERE published_at IS NULL ORDER BY sequence LIMIT $1
"""
PUBLISHED = "UPDATE outbox SET published_at = now() WHERE sequence = ANY($1::bigint[])"
MEASURED = """
SELECT count(*), extract(epoch FROM now() - min(created_at)) FROM outbox WHERE published_at IS NULL
"""
LEADER_LOCK = 0x6C61_7265_6C61_7901  # any constant: advisory locks are per database


class Relay:
    """Publishes what is pending while it holds the leader's lock."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self._database = database
        self._publisher = publisher

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`: lead when nobody else does. A lost database or bus is waited for."""
        while not stop.is_set():
            try:
                async with self._database.held() as connection:
                    await self._lead(connection, stop)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("relay_database_unavailable", error=repr(error))
                await pause(stop, RETRY_S)

    async def _lead(self, connection: AsyncConnection, stop: asyncio.Event) -> None:
        while not stop.is_set():
            leader = await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LEADER_LOCK})
            if not leader:
                await pause(stop, FOLLOWER_S)
                continue
            try:
                await self._drain(connection, stop)
            finally:
                await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LEADER_LOCK})

    async def _drain(self, connection: AsyncConnection, stop: asyncio.Event) -> None:
        clock, measured = asyncio.get_running_loop().time, 0.0
        while not stop.is_set():
            try:
                published = await self.publish_pending(connection)
            except BusUnavailable as error:
                log.warning("relay_bus_unavailable", error=str(error))
                await _measure(connection)
                await pause(stop, RETRY_S)
                continue
            if published < BATCH or clock() >= measured + MEASURED_S:
                await _measure(connection)
                measured = clock()
            if published < BATCH:
                await pause(stop, IDLE_S)

    async def publish_pending(self, connection: AsyncConnection) -> int:
        """Publish one batch, oldest first, and mark it. Returns its size. Raises BusUnavailable."""
        rows = await fetch_alone(connection, PENDING, BATCH)
        if not rows:
            return 0
        async with beating(connection):  # a bus that is away takes its time to say so
            await self._publisher.publish([_record(*values) for _, *values in rows])
        await fetch_alone(connection, PUBLISHED, [sequence for sequence, *_ in rows])
        for _, topic, *_ in rows:
            EVENTS_PUBLISHED.labels(topic).inc()
        return len(rows)


def _record(topic: str, key: str, headers: Sequence[tuple[str, str]], value: bytes) -> Record:
    return Record(topic, key.encode(), value, tuple((name, text.encode()) for name, text in headers))


async def _measure(connection: AsyncConnection) -> None:
    [(count, oldest)] = await fetch_alone(connection, MEASURED)
    OUTBOX_PENDING.set(count)
    OUTBOX_AGE.set(float(oldest or 0))


async def republish(settings: StoreSettings, arguments: Sequence[str]) -> int:
    """Mark every event as pending again, for a bus that lost its data."""
    takes_nothing("republish", arguments)
    async with open_database(settings.database, "republish") as database:
        log.warning("republished", events=await republish_all(database))
    return 0


async def republish_all(database: Database) -> int:
    """Mark every outbox row as pending again, for a bus that lost its data. Returns how many."""
    async with database.connection() as connection:
        result = await connection.execute(update(OUTBOX).values(published_at=None))
        return result.rowcount

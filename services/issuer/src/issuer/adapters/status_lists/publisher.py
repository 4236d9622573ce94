"""The background task that publishes status lists: one process at a time, ten looks a second."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from service_kit.beat import beating
from service_kit.database import Database
from service_kit.errors import Unavailable
from service_kit.logs import get_logger
from service_kit.pause import pause

log = get_logger(__name__)

LOOK_EVERY_S = 0.1
FOLLOWER_S = 1.0
RETRY_S = 1.0
LEADER_LOCK = 0x6C61_7265_6C61_7910  # any constant that the relay and the migrations do not use


class ListPublisher:
    """Runs `publish` again and again while it holds the leader's lock. Two at once would only do double work."""

    def __init__(self, database: Database, publish: Callable[[], Awaitable[int]]) -> None:
        self._database = database
        self._publish = publish

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. A lost database or key store is waited for."""
        while not stop.is_set():
            try:
                await self._lead(stop)
            except (SQLAlchemyError, OSError, TimeoutError, Unavailable) as error:
                log.warning("list_publisher_unavailable", error=repr(error))
                await pause(stop, RETRY_S)

    async def _lead(self, stop: asyncio.Event) -> None:
        async with self._database.held() as connection:
            while not stop.is_set():
                # Held for as long as this connection lives; taking it again tells that the connection still does.
                if await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LEADER_LOCK}):
                    try:
                        async with beating(connection):  # with a key store out of reach it takes minutes
                            await self._publish()
                    finally:
                        await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LEADER_LOCK})
                    await pause(stop, LOOK_EVERY_S)
                else:
                    await pause(stop, FOLLOWER_S)

"""A sign of life beside long work, over a connection that is ended when its owner says nothing (Database.held)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from service_kit.database import SILENT_S
from service_kit.logs import get_logger
from service_kit.pause import pause

log = get_logger(__name__)

BEAT_S = SILENT_S / 3
BEAT = text("SELECT 1")


@asynccontextmanager
async def beating(
    connection: AsyncConnection, turn: asyncio.Lock | None = None, every_s: float = BEAT_S
) -> AsyncIterator[None]:
    """While this lasts its locks are kept, however long the work takes; a process that is stopped sends nothing.

    The work leaves the connection alone, or holds `turn` for each of its statements: a connection does one at a time. A
    beat that fails is the last: who uses the connection next meets the reason.
    """
    over = asyncio.Event()
    beats = asyncio.create_task(_beat(connection, turn or asyncio.Lock(), every_s, over))
    try:
        yield
    finally:
        over.set()
        await beats


async def _beat(connection: AsyncConnection, turn: asyncio.Lock, every_s: float, over: asyncio.Event) -> None:
    while True:
        await pause(over, every_s)
        if over.is_set():
            return
        async with turn:
            try:
                await connection.execute(BEAT)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("held_connection_lost", error=repr(error))
                return

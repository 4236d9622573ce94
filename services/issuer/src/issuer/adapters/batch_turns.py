"""Whose turn it is among the running batches. A turn is an advisory lock: it ends with its connection, in any case."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from issuer.adapters.batches import batch_of
from issuer.adapters.tables import BATCHES
from issuer.core.batch import Batch, BatchState, IssueBatch, RowAction
from service_kit.database import Database

TRY = text("SELECT pg_try_advisory_lock(hashtextextended('batch/' || :id, 0))")
END = text("SELECT pg_advisory_unlock(hashtextextended('batch/' || :id, 0))")
IN_LINE = 16  # batches looked at; with more workers than that, some have a rest


class BatchTurns:
    """See issuer.core.batch_ports.Turns. No transaction is open during a turn, so it may take as long as it takes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def issuing(self) -> AsyncIterator[IssueBatch | None]:
        """A turn at the running batch that issues and was worked on longest ago, if others have not them all."""
        async with self._turn(BATCHES.c.action == RowAction.ISSUE.value) as found:
            yield found if isinstance(found, IssueBatch) else None

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[Batch | None]:
        """The same of those that change what was issued."""
        async with self._turn(BATCHES.c.action != RowAction.ISSUE.value) as found:
            yield found

    @asynccontextmanager
    async def _turn(self, kind: ColumnElement[bool]) -> AsyncIterator[Batch | None]:
        async with self._database.connection() as connection:
            batch = await _first_free(connection, kind)
            if batch is None:
                yield None
                return
            try:
                yield batch
            finally:
                await connection.execute(END, {"id": batch.id})


async def _first_free(connection: AsyncConnection, kind: ColumnElement[bool]) -> Batch | None:
    running = select(BATCHES).where(BATCHES.c.state == BatchState.RUNNING.value, kind)
    line = (await connection.execute(running.order_by(BATCHES.c.changed_at).limit(IN_LINE))).mappings().all()
    for row in line:
        if await connection.scalar(TRY, {"id": row["id"]}):
            return batch_of(row)
    return None

"""Whose turn it is among the running batches. A claim is an advisory lock, and ends with its connection."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from issuer.adapters.batches.batches import batch_of
from issuer.adapters.tables import BATCHES
from issuer.core.batches.batch import Batch, BatchRow, BatchState, IssueBatch, RowAction, RowState
from service_kit.beat import beating
from service_kit.database import Database
from service_kit.direct import Rows, fetch_alone

IN_LINE = 16  # batches looked at; with more workers than that, some have a rest
MOST_IN_LINE = 256  # whose order is read, of which those are chosen
IS_RUNNING = BATCHES.c.state == BatchState.RUNNING.value
TRY_ALL = text("SELECT pg_try_advisory_lock(hashtextextended('batch/' || :id, 0))")
# The part that the next waiting row is in, and whether it is ours from now on.
TRY_PART = """
SELECT part, pg_try_advisory_lock(hashtextextended('batch/' || $1::text || '/' || part, 0)) FROM (
  SELECT (number - 1) / $2 AS part FROM batch_rows
  WHERE batch_id = $1::text::uuid AND state = 'waiting' AND number > $3 ORDER BY number LIMIT 1
) AS next
"""
WAITING = """
SELECT number, request FROM batch_rows
WHERE batch_id = $1 AND state = 'waiting' AND number BETWEEN $2 AND $3 ORDER BY number
"""
HOLDERS = """
SELECT recipient_key FROM credentials
WHERE recipient_key = ANY($1::bytea[]) AND achievement_id = $2 AND state <> 'revoked'
"""
# Looked up by index: without statistics of a growing table, a hundred look-ups seem dearer than the whole of it.
BEGIN = text("SELECT set_config('enable_seqscan', 'off', false)")
END = text("SELECT pg_advisory_unlock_all(), set_config('enable_seqscan', 'on', false)")


@dataclass(frozen=True, slots=True)
class ChangingTurn:
    """See issuer.core.batches.ports.Turn."""

    batch: Batch


class IssuingTurn:
    """See issuer.core.batches.ports.IssuingTurn. Rows are claimed by parts: so many numbers each."""

    def __init__(self, connection: AsyncConnection, batch: IssueBatch, size: int) -> None:
        self.batch = batch
        self.rows: Sequence[BatchRow] = ()
        self.saying = asyncio.Lock()
        """Held for each statement: see beating."""
        self._connection = connection
        self._size = size
        self._after = 0  # the last number of the last part that was looked at

    async def begins(self) -> bool:
        """Claim the first rows. False when others have all that wait."""
        self.rows = await self.claim()
        return bool(self.rows) or self._after == 0

    async def claim(self) -> Sequence[BatchRow]:
        """Waiting rows of the next part that no other worker is at; () when there is none."""
        while (found := await self._next()) is not None:
            self._after = (found[0] + 1) * self._size
            rows = await self._waiting() if found[1] else ()
            if rows:  # who had the part may have ended just before
                return rows
        return ()

    async def holders(self, recipient_keys: Collection[bytes]) -> Collection[bytes]:
        """Those of the recipients who have the batch's achievement, not revoked."""
        found = await self._fetch(HOLDERS, list(recipient_keys), self.batch.achievement_id)
        return {key for (key,) in found}

    async def _next(self) -> tuple[int, bool] | None:
        found = await self._fetch(TRY_PART, self.batch.id, self._size, self._after)
        return (found[0][0], found[0][1]) if found else None

    async def _waiting(self) -> Sequence[BatchRow]:
        within = (self._after - self._size + 1, self._after)
        found = await self._fetch(WAITING, self.batch.id, *within)
        return [BatchRow(number, RowState.WAITING, request) for number, request in found]

    async def _fetch(self, statement: str, *parameters: object) -> Rows:
        async with self.saying:
            return await fetch_alone(self._connection, statement, *parameters)


class BatchTurns:
    """See issuer.core.batches.ports.Turns. No transaction is open during a turn, so it may take as long as it takes.

    But who is stopped, and so says nothing for half a minute, has lost the turn. Organizations have turns one after
    another in each process, however many batches they have: the turns of one are among its own.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = 0
        self._had: dict[str, int] = {}
        """The last turn of each organization that waits."""

    @asynccontextmanager
    async def issuing(self, at_once: int) -> AsyncIterator[IssuingTurn | None]:
        """A turn at the running batch that issues and was worked on longest ago, if it has rows for us."""
        async with self._turns() as connection:
            turn = await self._issuing(connection, at_once)
            async with beating(connection, None if turn is None else turn.saying):
                yield turn

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[ChangingTurn | None]:
        """A turn, alone, at the running batch that changes what was issued and was worked on longest ago."""
        async with self._turns() as connection:
            turn = await self._changing(connection)
            async with beating(connection):
                yield turn

    @asynccontextmanager
    async def _turns(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.held() as connection:
            try:
                await connection.execute(BEGIN)
                yield connection
            finally:
                await connection.execute(END)

    async def _issuing(self, connection: AsyncConnection, size: int) -> IssuingTurn | None:
        for batch in await self._line(connection, issuing=True):
            if isinstance(batch, IssueBatch):
                turn = IssuingTurn(connection, batch, size)
                if await turn.begins():
                    self._have(batch)
                    return turn
        return None

    async def _changing(self, connection: AsyncConnection) -> ChangingTurn | None:
        for batch in await self._line(connection, issuing=False):
            if await connection.scalar(TRY_ALL, {"id": batch.id}):
                self._have(batch)
                return ChangingTurn(batch)
        return None

    def _have(self, batch: Batch) -> None:
        self._turn += 1
        self._had[batch.org_id] = self._turn

    async def _line(self, connection: AsyncConnection, *, issuing: bool) -> Sequence[Batch]:
        """Running batches: of the organization that had its turn longest ago, those that were worked on longest ago."""
        found = await _running(connection, issuing=issuing)
        self._had = {one.org_id: self._had.get(one.org_id, 0) for one in found}
        line = [one.id for one in sorted(found, key=lambda one: (self._had[one.org_id], one.changed_at))[:IN_LINE]]
        rows = await connection.execute(select(BATCHES).where(BATCHES.c.id.in_(line), IS_RUNNING))
        return sorted(map(batch_of, rows.mappings()), key=lambda batch: line.index(batch.id))


async def _running(connection: AsyncConnection, *, issuing: bool) -> Sequence[Row[str, str, datetime]]:
    """The id, organization and last work of some of every organization, where there are too many."""
    issues = BATCHES.c.action == RowAction.ISSUE.value
    running = IS_RUNNING, issues if issuing else ~issues
    place = func.row_number().over(partition_by=BATCHES.c.org_id, order_by=BATCHES.c.changed_at).label("place")
    ranked = select(BATCHES.c.id, BATCHES.c.org_id, BATCHES.c.changed_at, place).where(*running).subquery()
    query = select(ranked.c.id, ranked.c.org_id, ranked.c.changed_at).where(ranked.c.place <= IN_LINE)
    found = await connection.execute(query.order_by(ranked.c.place, ranked.c.changed_at).limit(MOST_IN_LINE))
    return found.all()

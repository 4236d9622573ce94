"""Batches and their rows, in a transaction."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson
from sqlalchemy import RowMapping, Select, TextClause, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from issuer.adapters.tables import BATCH_ROWS, BATCHES
from issuer.core.batches.batch import Batch, BatchId, BatchRow, BatchState, IssueBatch, RowAction, RowState
from issuer.core.model import CredentialId, Json

OF_ISSUING = frozenset({"achievement_id", "achievement_version", "issuer", "allow_duplicates"})
COPIED = ("batch_id", "number", "state", "request", "credential_id", "problem")
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('running/' || :id, 0))")
HOLD = text("SELECT pg_advisory_xact_lock_shared(hashtextextended('running/' || :id, 0))")


class BatchTable:
    """See issuer.core.batches.ports.Batches."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, batch: Batch, rows: Sequence[BatchRow]) -> None:
        """Store a new batch, its rows by COPY: a hundred thousand take a second so, and a minute otherwise."""
        await self._session.execute(insert(BATCHES).values(of_batch(batch)))
        connection = await (await self._session.connection()).get_raw_connection()
        records = [
            (batch.id, row.number, row.state.value, json_text(row.request), row.credential_id, json_text(row.problem))
            for row in rows
        ]
        driver: Any = connection.driver_connection
        await driver.copy_records_to_table(BATCH_ROWS.name, records=records, columns=COPIED)

    async def lock(self, org_id: str, batch_id: BatchId) -> Batch | None:
        """One of the organization's batches, locked until the end of the transaction.

        By advisory locks: row locks that are shared let a steady stream of workers keep a pause waiting.
        """
        return await self._locked(LOCK, org_id, batch_id)

    async def hold(self, org_id: str, batch_id: BatchId) -> Batch | None:
        """One of the organization's batches, which nobody locks until the end of the transaction."""
        return await self._locked(HOLD, org_id, batch_id)

    async def _locked(self, statement: TextClause, org_id: str, batch_id: BatchId) -> Batch | None:
        await self._session.execute(statement, {"id": batch_id})
        # Read by a second statement: the first one sees the batch as it was before it waited for the lock.
        query = select(BATCHES).where(BATCHES.c.id == batch_id, BATCHES.c.org_id == org_id)
        row = (await self._session.execute(query)).mappings().one_or_none()
        return None if row is None else batch_of(row)

    async def waiting(self, batch_id: BatchId, most: int) -> Sequence[BatchRow]:
        """The next waiting rows, by number."""
        found = await self._session.execute(waiting_rows(batch_id, most))
        return [row_of(row) for row in found.mappings()]

    async def move(self, batch_id: BatchId, before: RowState, after: RowState) -> int:
        """All rows of one state into another. Returns how many."""
        table = BATCH_ROWS.c
        those = update(BATCH_ROWS).where(table.batch_id == batch_id, table.state == before.value)
        moved = await self._session.execute(those.values(state=after.value).returning(table.number))
        return len(moved.all())

    async def save(self, batch: Batch) -> None:
        """Store its state. The moment is the database's, so that turns are fair among processes."""
        changed = {"state": batch.state.value, "changed_at": func.clock_timestamp()}
        await self._session.execute(update(BATCHES).where(BATCHES.c.id == batch.id).values(changed))


def waiting_rows(batch_id: BatchId, most: int) -> Select[Any]:
    """The next waiting rows, by number."""
    table = BATCH_ROWS.c
    query = select(BATCH_ROWS).where(table.batch_id == batch_id, table.state == RowState.WAITING.value)
    return query.order_by(table.number).limit(most)


def of_batch(value: Batch) -> dict[str, Any]:
    """Values for BATCHES."""
    return asdict(value) | {"state": value.state.value, "action": value.action.value}


def batch_of(row: RowMapping) -> Batch:
    """A row of BATCHES."""
    action = RowAction(row["action"])
    values = {**row, "id": BatchId(row["id"]), "state": BatchState(row["state"]), "action": action}
    if action is RowAction.ISSUE:
        return IssueBatch(**values)
    return Batch(**{name: value for name, value in values.items() if name not in OF_ISSUING})


def row_of(row: RowMapping) -> BatchRow:
    """A row of BATCH_ROWS."""
    credential = row["credential_id"]
    return BatchRow(
        row["number"],
        RowState(row["state"]),
        row["request"],
        None if credential is None else CredentialId(credential),
        row["problem"],
        row["revision"],
    )


def json_text(value: Json | None) -> str | None:
    return None if value is None else orjson.dumps(value).decode()

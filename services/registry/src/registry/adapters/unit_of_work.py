"""The transactions in which events are applied.

Applying and rebuilding exclude each other by an advisory lock: shared by every transaction that applies events,
exclusive to a rebuild. Readers take no lock; they see the old rows until a rebuild commits.
"""

from collections.abc import Sequence
from typing import Self

from sqlalchemy import TextClause, text

from registry.adapters.projections import SqlProjections
from service_kit.database import UnitOfWork

LOCK = 0x6C61_7265_6C61_7903  # any constant: advisory locks are per database
SHARED = (text(f"SELECT pg_advisory_xact_lock_shared({LOCK})"),)
EXCLUSIVE = (
    text("SET LOCAL statement_timeout = 0"),
    text("SET LOCAL idle_in_transaction_session_timeout = '10min'"),
    text(f"SELECT pg_advisory_xact_lock({LOCK})"),
)


class Projecting(UnitOfWork):
    """A unit of work over the projections. It waits while a rebuild is under way."""

    first: Sequence[TextClause] = SHARED

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            for statement in self.first:
                await self.session.execute(statement)
        except BaseException:
            await self.session.close()
            raise
        self.projections = SqlProjections(self.session)
        return self

    async def commit(self) -> None:
        """See service_kit.database.UnitOfWork."""
        await self.projections.flush()
        await super().commit()


class ProjectingAlone(Projecting):
    """A unit of work that has the projections to itself, for as long as it takes."""

    first = EXCLUSIVE

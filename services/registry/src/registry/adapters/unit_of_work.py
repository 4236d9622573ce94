"""The transaction in which one or more events are applied."""

from typing import Self

from sqlalchemy import text

from registry.adapters.projections import SqlProjections
from service_kit.database import UnitOfWork

REBUILD_LOCK = 0x6C61_7265_6C61_7903
"""Shared by every transaction that applies events, exclusive to `rebuild`. See adapters/rebuilding.py."""


class Projecting(UnitOfWork):
    """A unit of work over the projections. It waits while a rebuild is under way."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            await self.session.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": REBUILD_LOCK})
        except BaseException:
            await self.session.close()
            raise
        self.projections = SqlProjections(self.session)
        return self

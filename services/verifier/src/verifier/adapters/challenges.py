"""Challenges that were given out, as digests."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from verifier.adapters.tables import CHALLENGES

FORGOTTEN_AT_ONCE = 100


class Challenges:
    """See core.ports.Challenges."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, org_id: str, digest: bytes, *, expires: datetime) -> None:
        """Store a new one."""
        await self._session.execute(insert(CHALLENGES).values(digest=digest, org_id=org_id, expires_at=expires))

    async def is_open(self, org_id: str, digest: bytes, *, at: datetime) -> bool:
        """Whether it could be spent."""
        waiting = select(CHALLENGES.c.digest).where(*_waiting(org_id, digest, at))
        return await self._session.scalar(waiting) is not None

    async def spend(self, org_id: str, digest: bytes, *, at: datetime) -> bool:
        """Whether it may be answered. Of several at once, one may."""
        waiting = update(CHALLENGES).where(*_waiting(org_id, digest, at))
        return await self._session.scalar(waiting.values(spent_at=at).returning(CHALLENGES.c.digest)) is not None

    async def forget(self, *, before: datetime) -> None:
        """Drop some of those that were over before, which others are not dropping."""
        table = CHALLENGES.c
        over = select(table.digest).where(table.expires_at < before).limit(FORGOTTEN_AT_ONCE)
        await self._session.execute(delete(CHALLENGES).where(table.digest.in_(over.with_for_update(skip_locked=True))))


def _waiting(org_id: str, digest: bytes, at: datetime) -> Sequence[ColumnElement[bool]]:
    table = CHALLENGES.c
    return (table.digest == digest, table.org_id == org_id, table.spent_at.is_(None), table.expires_at > at)

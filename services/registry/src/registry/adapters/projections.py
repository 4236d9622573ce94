"""Writing the projections. Only a higher revision replaces a row, so repeats and any order give the same rows.

The statements are built once: building and compiling one costs ten times its execution.
"""

from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, or_
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry.adapters.tables import ACHIEVEMENTS, ISSUANCES, ISSUERS, STANDINGS, STATUS_LISTS
from registry.core.model import AchievementVersion, Issuance, Issuer, Standing, State, StatusList


def _later(table: Table, new: Any) -> ColumnElement[bool]:
    later: ColumnElement[bool] = new.revision > table.c.revision
    return later


def _revoked_or_later(table: Table, new: Any) -> ColumnElement[bool]:
    """Revoked is final: it outranks every revision."""
    revoked, was_revoked = new.state == State.REVOKED.value, table.c.state == State.REVOKED.value
    return or_(and_(revoked, ~was_revoked), and_(revoked == was_revoked, _later(table, new)))


def _upsert(table: Table, wins: Any = _later) -> Insert:
    """Insert a row, or replace the one with its key if the new one wins. Its parameters are the columns' names."""
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    replaced = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=replaced, where=wins(table, statement.excluded))


PUT_ISSUER = _upsert(ISSUERS)
PUT_ACHIEVEMENT = _upsert(ACHIEVEMENTS)
PUT_ISSUANCE = _upsert(ISSUANCES)
PUT_STANDING = _upsert(STANDINGS, _revoked_or_later)
PUT_STATUS_LIST = _upsert(STATUS_LISTS)


class SqlProjections:
    """Projections in the caller's transaction. See core.ports.Projections."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def put_issuer(self, issuer: Issuer) -> None:
        """See core.ports.Projections."""
        await self._session.execute(PUT_ISSUER, asdict(issuer))

    async def put_achievement(self, achievement: AchievementVersion) -> None:
        """See core.ports.Projections."""
        await self._session.execute(PUT_ACHIEVEMENT, asdict(achievement))

    async def put_issuance(self, issuance: Issuance) -> None:
        """See core.ports.Projections."""
        await self._session.execute(PUT_ISSUANCE, asdict(issuance))
        await self.put_standing(Standing(issuance.credential_id, issuance.revision, State.ISSUED, issuance.issued_at))

    async def put_standing(self, standing: Standing) -> None:
        """See core.ports.Projections."""
        await self._session.execute(PUT_STANDING, asdict(standing))

    async def put_status_list(self, status_list: StatusList) -> None:
        """See core.ports.Projections."""
        await self._session.execute(PUT_STATUS_LIST, asdict(status_list))

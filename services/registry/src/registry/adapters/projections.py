"""Writing the projections. Only a higher revision replaces a row, so repeats and any order give the same rows."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, or_
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry.adapters.tables import ACHIEVEMENTS, ISSUANCES, ISSUERS, STANDINGS, STATUS_LISTS
from registry.core.model import AchievementVersion, Issuance, Issuer, Standing, State, StatusList


class SqlProjections:
    """Projections in the caller's transaction. See core.ports.Projections."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def put_issuer(self, issuer: Issuer) -> None:
        """See core.ports.Projections."""
        await self._put(ISSUERS, issuer)

    async def put_achievement(self, achievement: AchievementVersion) -> None:
        """See core.ports.Projections."""
        await self._put(ACHIEVEMENTS, achievement)

    async def put_status_list(self, status_list: StatusList) -> None:
        """See core.ports.Projections."""
        await self._put(STATUS_LISTS, status_list)

    async def put_issuance(self, issuance: Issuance) -> None:
        """See core.ports.Projections."""
        await self._put(ISSUANCES, issuance)
        issued = Standing(issuance.credential_id, issuance.revision, State.ISSUED, issuance.issued_at)
        await self.put_standing(issued)

    async def put_standing(self, standing: Standing) -> None:
        """See core.ports.Projections. Revoked is final: it outranks every revision."""
        statement = _upsert(STANDINGS, standing)
        revoked = statement.excluded.state == State.REVOKED.value
        was_revoked = STANDINGS.c.state == State.REVOKED.value
        later = statement.excluded.revision > STANDINGS.c.revision
        wins = or_(and_(revoked, ~was_revoked), and_(revoked == was_revoked, later))
        await self._session.execute(_where(statement, STANDINGS, wins))

    async def _put(self, table: Table, row: Any) -> None:
        statement = _upsert(table, row)
        await self._session.execute(_where(statement, table, statement.excluded.revision > table.c.revision))


def _upsert(table: Table, row: Any) -> Insert:
    return insert(table).values(asdict(row))


def _where(statement: Insert, table: Table, wins: ColumnElement[bool]) -> Insert:
    keys = [column.name for column in table.primary_key]
    replaced = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=replaced, where=wins)

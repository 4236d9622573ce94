"""Writing the projections. Only a higher revision replaces a row, so repeats and any order give the same rows.

The statements are built once: building and compiling one costs ten times its execution.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, or_
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry.adapters.tables import ACHIEVEMENTS, ENDORSEMENTS, ISSUANCES, ISSUERS, STANDINGS, STATUS_LISTS
from registry.core.model import AchievementVersion, Endorsement, Issuance, Issuer, Standing, State, StatusList


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
PUT_ENDORSEMENT = _upsert(ENDORSEMENTS)
PUTS = (PUT_ISSUER, PUT_ACHIEVEMENT, PUT_ISSUANCE, PUT_STANDING, PUT_STATUS_LIST, PUT_ENDORSEMENT)


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the rows of a table are told apart by: every model begins with its key."""
    return tuple(row.values())[:2]


class SqlProjections:
    """Projections in the caller's transaction, written by `flush`. See core.ports.Projections.

    A chunk of events becomes one round trip for each table. Rows go in the order of their keys, so two consumers that
    meet wait for each other and never deadlock.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._pending: dict[Insert, list[dict[str, Any]]] = {}

    async def put_issuer(self, issuer: Issuer) -> None:
        """See core.ports.Projections."""
        self._put(PUT_ISSUER, issuer)

    async def put_achievement(self, achievement: AchievementVersion) -> None:
        """See core.ports.Projections."""
        self._put(PUT_ACHIEVEMENT, achievement)

    async def put_issuance(self, issuance: Issuance) -> None:
        """See core.ports.Projections."""
        self._put(PUT_ISSUANCE, issuance)

    async def put_standing(self, standing: Standing) -> None:
        """See core.ports.Projections."""
        self._put(PUT_STANDING, standing)

    async def put_status_list(self, status_list: StatusList) -> None:
        """See core.ports.Projections."""
        self._put(PUT_STATUS_LIST, status_list)

    async def put_endorsement(self, endorsement: Endorsement) -> None:
        """See core.ports.Projections."""
        self._put(PUT_ENDORSEMENT, endorsement)

    def _put(self, statement: Insert, row: Any) -> None:
        self._pending.setdefault(statement, []).append(asdict(row))

    async def flush(self) -> None:
        """Send what was put. Raises what the database raises, and forgets it all the same."""
        pending, self._pending = self._pending, {}
        for statement in PUTS:
            if statement in pending:
                await self._session.execute(statement, sorted(pending[statement], key=_key))

"""Reading the projections, one statement for each question, so each answer is of one moment."""

from typing import Any

from sqlalchemy import Select, and_, select

from registry.adapters.tables import ACHIEVEMENTS, ISSUANCES, ISSUERS, STANDINGS, STATUS_LISTS
from registry.core.model import Issuance, Issuer, PublicRecord, State, StatusList
from service_kit.database import Database

RECORD = (
    select(
        *ISSUANCES.c,
        STANDINGS.c.state,
        STANDINGS.c.changed_at,
        ISSUERS.c.name.label("issuer_name"),
        ACHIEVEMENTS.c.name.label("achievement_name"),
        ACHIEVEMENTS.c.achievement_type,
    )
    .join(STANDINGS, STANDINGS.c.credential_id == ISSUANCES.c.credential_id)
    .outerjoin(ISSUERS, ISSUERS.c.slug == ISSUANCES.c.issuer_slug)
    .outerjoin(
        ACHIEVEMENTS,
        and_(
            ACHIEVEMENTS.c.achievement_id == ISSUANCES.c.achievement_id,
            ACHIEVEMENTS.c.version == ISSUANCES.c.achievement_version,
        ),
    )
)
ISSUANCE_COLUMNS = len(ISSUANCES.c)


class SqlReadings:
    """Readings of one database. See core.ports.Readings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issuer(self, slug: str) -> Issuer | None:
        """See core.ports.Readings."""
        row = await self._one(select(ISSUERS).where(ISSUERS.c.slug == slug))
        return Issuer(*row) if row else None

    async def record(self, credential_id: str) -> PublicRecord | None:
        """See core.ports.Readings."""
        row = await self._one(RECORD.where(ISSUANCES.c.credential_id == credential_id))
        if row is None:
            return None
        state, changed_at, issuer_name, achievement_name, achievement_type = row[ISSUANCE_COLUMNS:]
        return PublicRecord(
            Issuance(*row[:ISSUANCE_COLUMNS]), State(state), changed_at, issuer_name, achievement_name, achievement_type
        )

    async def status_list(self, list_id: str) -> StatusList | None:
        """See core.ports.Readings."""
        row = await self._one(select(STATUS_LISTS).where(STATUS_LISTS.c.list_id == list_id))
        return StatusList(*row) if row else None

    async def _one(self, statement: Select[Any]) -> tuple[Any, ...] | None:
        async with self._database.connection() as connection:
            row = (await connection.execute(statement)).one_or_none()
        return None if row is None else tuple(row)

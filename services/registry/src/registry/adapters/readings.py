"""Reading the projections, one statement for each question, so each answer is of one moment."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Text, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from registry.adapters.tables import ACHIEVEMENTS, ENDORSEMENTS, ISSUANCES, ISSUERS, STANDINGS, STATUS_LISTS
from registry.adapters.together import Together
from registry.core.model import Endorsement, Issuance, Issuer, PublicRecord, State, StatusList
from service_kit.database import Database
from service_kit.inputs import Page, PageRequest

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


# Built once: composing a statement costs as much as running it.
ISSUER = select(ISSUERS).where(ISSUERS.c.slug == bindparam("key"))
RECORD_OF = RECORD.where(ISSUANCES.c.credential_id == bindparam("key"))
SAID = (
    select(ENDORSEMENTS)
    .where(
        ENDORSEMENTS.c.about == bindparam("key"),
        ENDORSEMENTS.c.shown,
        ENDORSEMENTS.c.believed_until > func.now(),
        or_(ENDORSEMENTS.c.valid_until.is_(None), ENDORSEMENTS.c.valid_until > func.now()),
    )
    .order_by(ENDORSEMENTS.c.valid_from, ENDORSEMENTS.c.endorsement_id)
    .limit(50)
)
LISTS = select(STATUS_LISTS).where(STATUS_LISTS.c.list_id == func.any(bindparam("keys", type_=ARRAY(Text))))


class SqlReadings:
    """Readings of one database. See core.ports.Readings."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lists = Together(self._status_lists)

    async def issuer(self, slug: str) -> Issuer | None:
        """See core.ports.Readings."""
        rows = await self._rows(ISSUER, key=slug)
        return Issuer(*rows[0]) if rows else None

    async def issuers(self, org_id: str | None, page: PageRequest) -> Page[Issuer]:
        """See core.ports.Readings."""
        statement = select(ISSUERS).order_by(ISSUERS.c.slug).limit(page.limit + 1)
        if org_id is not None:
            statement = statement.where(ISSUERS.c.org_id == org_id)
        if page.after is not None:
            statement = statement.where(ISSUERS.c.slug > page.after[0])
        found = [Issuer(*row) for row in await self._rows(statement)]
        items = found[: page.limit]
        return Page(items, (items[-1].slug,) if len(found) > page.limit else None)

    async def endorsements(self, subject: str) -> Sequence[Endorsement]:
        """See core.ports.Readings."""
        return [Endorsement(*row) for row in await self._rows(SAID, key=subject)]

    async def record(self, credential_id: str) -> PublicRecord | None:
        """See core.ports.Readings."""
        rows = await self._rows(RECORD_OF, key=credential_id)
        if not rows:
            return None
        issuance, others = rows[0][:ISSUANCE_COLUMNS], rows[0][ISSUANCE_COLUMNS:]
        state, changed_at, issuer_name, achievement_name, achievement_type = others
        return PublicRecord(
            Issuance(*issuance), State(state), changed_at, issuer_name, achievement_name, achievement_type
        )

    async def status_list(self, list_id: str) -> StatusList | None:
        """See core.ports.Readings. The one address that every verifier in the world asks for again and again."""
        return await self._lists.get(list_id)

    async def _status_lists(self, list_ids: list[str]) -> dict[str, StatusList]:
        return {row[0]: StatusList(*row) for row in await self._rows(LISTS, keys=list_ids)}

    async def _rows(self, statement: Select[Any], **values: object) -> list[tuple[Any, ...]]:
        async with self._database.connection() as connection:
            return [tuple(row) for row in await connection.execute(statement, values)]

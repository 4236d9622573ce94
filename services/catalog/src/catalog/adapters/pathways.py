"""Pathways in PostgreSQL: in the transaction, and for answers."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, Table, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.keyset import Order, fetch, integer, moment
from catalog.adapters.reading_endorsements import endorsements
from catalog.adapters.reading_issuers import issuers
from catalog.adapters.tables import PATHWAY_VERSIONS, PATHWAYS, VERSIONS
from catalog.adapters.words import understood
from catalog.core.model import OrgId, PathwayDraft, PathwayId, PathwaySummary, PathwayVersion, PathwayView, Status
from catalog.core.ports import PathwayQuery
from service_kit.database import Database
from service_kit.inputs import Page, PageRequest

DRAFT_COLUMNS = tuple(column for column in PATHWAYS.c if column.name not in {"search", "name"})
VERSION_COLUMNS = tuple(column for column in PATHWAY_VERSIONS.c if column.name not in {"search", "name"})
CURRENT = and_(PATHWAY_VERSIONS.c.pathway_id == PATHWAYS.c.id, PATHWAY_VERSIONS.c.version == PATHWAYS.c.current_version)


class SqlPathways:
    """See core.ports.Pathways."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, draft: PathwayDraft) -> None:
        """See core.ports.Pathways."""
        await self._session.execute(insert(PATHWAYS).values(_draft_values(draft)))

    async def lock(self, org: OrgId, pathway_id: PathwayId) -> PathwayDraft | None:
        """See core.ports.Pathways."""
        mine = (PATHWAYS.c.id == pathway_id, PATHWAYS.c.org_id == org)
        row = await _one(self._session, select(*DRAFT_COLUMNS).where(*mine).with_for_update())
        return _draft(row) if row else None

    async def save(self, draft: PathwayDraft) -> None:
        """See core.ports.Pathways."""
        mine = (PATHWAYS.c.id == draft.id, PATHWAYS.c.org_id == draft.org_id)
        await self._session.execute(update(PATHWAYS).where(*mine).values(_draft_values(draft)))

    async def remove(self, draft: PathwayDraft) -> None:
        """See core.ports.Pathways."""
        mine = (PATHWAYS.c.id == draft.id, PATHWAYS.c.org_id == draft.org_id)
        await self._session.execute(delete(PATHWAYS).where(*mine))

    async def add_version(self, version: PathwayVersion) -> None:
        """See core.ports.Pathways."""
        values = {column.name: getattr(version, column.name) for column in VERSION_COLUMNS if column.name != "version"}
        values |= {"version": version.number, "name": version.document["name"]}
        await self._session.execute(insert(PATHWAY_VERSIONS).values(values))

    async def version(self, pathway_id: PathwayId, number: int) -> PathwayVersion | None:
        """See core.ports.Pathways."""
        return await _read_version(self._session, pathway_id, number)

    async def retire(self, pathway_id: PathwayId, number: int | None, at: datetime) -> Sequence[PathwayVersion]:
        """See core.ports.Pathways."""
        retired = (
            update(PATHWAY_VERSIONS)
            .where(*_open(pathway_id, number))
            .values(status=Status.RETIRED.value, revision=PATHWAY_VERSIONS.c.revision + 1, retired_at=at)
            .returning(*VERSION_COLUMNS)
        )
        changed = (await self._session.execute(retired)).mappings().all()
        return sorted((_version(row) for row in changed), key=lambda version: version.number)

    async def newest_published(self, pathway_id: PathwayId) -> int | None:
        """See core.ports.Pathways."""
        newest = select(func.max(PATHWAY_VERSIONS.c.version)).where(*_open(pathway_id, None))
        found: int | None = await self._session.scalar(newest)
        return found

    async def published_achievements(self, ids: Collection[str]) -> frozenset[str]:
        """See core.ports.Pathways."""
        known = select(VERSIONS.c.achievement_id).where(VERSIONS.c.achievement_id.in_(ids)).distinct()
        return frozenset(await self._session.scalars(known)) if ids else frozenset()


class SqlPathwayReadings:
    """See core.ports.PathwayReadings."""

    def __init__(self, database: Database, base_url: str) -> None:
        self._database = database
        self._base_url = base_url

    async def pathway(self, pathway_id: PathwayId, owner: OrgId | None) -> PathwayView | None:
        """See core.ports.PathwayReadings."""
        async with self._database.snapshot() as session:
            row = await _one(session, select(*DRAFT_COLUMNS).where(PATHWAYS.c.id == pathway_id))
            if row is None:
                return None
            draft = _draft(row)
            shown = await _read_version(session, pathway_id, draft.current_version) if draft.current_version else None
            address = f"{self._base_url}/pathways/{pathway_id}"
            said = await endorsements(session, address, shown.number) if shown else ()
            offering = await issuers(session, draft.org_id)
        own = draft if draft.org_id == owner else None
        if shown is None and own is None:
            return None
        return PathwayView(draft.id, draft.org_id, draft.created_at, shown, own, said, offering)

    async def published(self, query: PathwayQuery, page: PageRequest) -> Page[PathwaySummary]:
        """See core.ports.PathwayReadings."""
        statement = _lines(PATHWAY_VERSIONS, query).join(PATHWAY_VERSIONS, CURRENT)
        statement = statement.where(PATHWAYS.c.status == Status.PUBLISHED.value)
        return await self._page(statement, PATHWAY_VERSIONS, query.q, page)

    async def drafts(self, owner: OrgId, query: PathwayQuery, page: PageRequest) -> Page[PathwaySummary]:
        """See core.ports.PathwayReadings."""
        return await self._page(_lines(PATHWAYS, query).where(PATHWAYS.c.org_id == owner), PATHWAYS, query.q, page)

    async def _page(
        self, statement: Select[Any], words: Table, q: str | None, page: PageRequest
    ) -> Page[PathwaySummary]:
        """Newest first, whatever is asked for: nothing is ranked."""
        order = Order("newest", PATHWAYS.c.created_at, PATHWAYS.c.id, moment, descending=True)
        async with self._database.snapshot() as session:
            if q is not None:
                question = await understood(session, q)
                if question is None:
                    return Page([], None)
                statement = statement.where(question.matches(words.c.search))
            return await fetch(session, statement, order, page, _summary)

    async def versions(self, pathway_id: PathwayId, page: PageRequest) -> Page[PathwayVersion] | None:
        """See core.ports.PathwayReadings."""
        statement = select(*VERSION_COLUMNS).where(PATHWAY_VERSIONS.c.pathway_id == pathway_id)
        number, key = PATHWAY_VERSIONS.c.version, PATHWAY_VERSIONS.c.pathway_id
        order = Order("version", number, key, integer, descending=True)
        async with self._database.snapshot() as session:
            found = await fetch(session, statement, order, page, _version)
        return found if found.items or page.after else None

    async def version(self, pathway_id: PathwayId, number: int) -> PathwayVersion | None:
        """See core.ports.PathwayReadings."""
        async with self._database.snapshot() as session:
            return await _read_version(session, pathway_id, number)


def _lines(words: Table, query: PathwayQuery) -> Select[Any]:
    """`words` is the table whose texts are shown and searched: a draft's words are for its owner only."""
    columns = (PATHWAYS.c.id, PATHWAYS.c.org_id, PATHWAYS.c.status, PATHWAYS.c.current_version, PATHWAYS.c.created_at)
    described = words.c.document["description"].astext.label("description")
    statement = select(*columns, words.c.name, described)
    return statement if query.organization is None else statement.where(PATHWAYS.c.org_id == query.organization)


def _summary(row: RowMapping) -> PathwaySummary:
    return PathwaySummary(
        id=row["id"],
        org_id=row["org_id"],
        name=row["name"],
        description=row["description"],
        status=Status(row["status"]),
        version=row["current_version"],
        created_at=row["created_at"],
    )


def _open(pathway_id: PathwayId, number: int | None) -> list[ColumnElement[bool]]:
    found = [PATHWAY_VERSIONS.c.pathway_id == pathway_id, PATHWAY_VERSIONS.c.status == Status.PUBLISHED.value]
    return found if number is None else [*found, PATHWAY_VERSIONS.c.version == number]


async def _read_version(session: AsyncSession, pathway_id: PathwayId, number: int) -> PathwayVersion | None:
    wanted = (PATHWAY_VERSIONS.c.pathway_id == pathway_id, PATHWAY_VERSIONS.c.version == number)
    row = await _one(session, select(*VERSION_COLUMNS).where(*wanted))
    return _version(row) if row else None


async def _one(session: AsyncSession, statement: Any) -> RowMapping | None:
    return (await session.execute(statement)).mappings().one_or_none()


def _draft(row: RowMapping) -> PathwayDraft:
    values = {column.name: row[column.name] for column in DRAFT_COLUMNS}
    return PathwayDraft(status=Status(values.pop("status")), **values)


def _draft_values(draft: PathwayDraft) -> dict[str, Any]:
    values = {column.name: getattr(draft, column.name) for column in DRAFT_COLUMNS}
    return values | {"name": draft.document["name"]}


def _version(row: RowMapping) -> PathwayVersion:
    values = {column.name: row[column.name] for column in VERSION_COLUMNS}
    return PathwayVersion(number=values.pop("version"), status=Status(values.pop("status")), **values)

"""One achievement, and lists of them: what the public sees, and an organization's own drafts."""

from typing import Any, assert_never

from sqlalchemy import ColumnElement, RowMapping, Table, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters import rows
from catalog.adapters.keyset import Order, fetch, integer, moment
from catalog.adapters.listings import listed
from catalog.adapters.pooled import PooledSearch, Searched
from catalog.adapters.reading_endorsements import endorsements
from catalog.adapters.reading_issuers import issuers
from catalog.adapters.skill_tables import ACHIEVEMENT_SKILLS
from catalog.adapters.tables import ACHIEVEMENTS, CREDENTIALS, VERSIONS, titles
from catalog.adapters.words import understood
from catalog.core.model import (
    AchievementId,
    AchievementSummary,
    AchievementView,
    Draft,
    OrgId,
    Statistics,
    Status,
    Version,
)
from catalog.core.ports import AchievementQuery, Sort
from service_kit.inputs import Page, PageRequest

CURRENT = and_(VERSIONS.c.achievement_id == ACHIEVEMENTS.c.id, VERSIONS.c.version == ACHIEVEMENTS.c.current_version)
SHORT = (
    "name", "description", "achievementType", "tag", "creditsAvailable", "fieldOfStudy", "specialization", "humanCode",
    "inLanguage",
)  # fmt: skip
SCORE = VERSIONS.c.completeness["score"].as_integer().label("score")


async def view(
    session: AsyncSession, achievement_id: AchievementId, address: str, owner: OrgId | None
) -> AchievementView | None:
    """See core.ports.Readings.achievement."""
    row = await _one(session, select(*rows.DRAFT_COLUMNS).where(ACHIEVEMENTS.c.id == achievement_id))
    if row is None:
        return None
    draft: Draft = rows.draft(row)
    current = await version(session, achievement_id, draft.current_version) if draft.current_version else None
    own = draft if draft.org_id == owner else None
    if current is None and own is None:
        return None
    return AchievementView(
        id=draft.id,
        org_id=draft.org_id,
        course_id=draft.course_id,
        department=draft.department,
        created_at=draft.created_at,
        version=current,
        draft=own,
        issuers=await issuers(session, draft.org_id),
        statistics=await _statistics(session, address),
        endorsements=await endorsements(session, address, current.number) if current else (),
    )


async def version(session: AsyncSession, achievement_id: AchievementId, number: int) -> Version | None:
    """See core.ports.Readings."""
    wanted = (VERSIONS.c.achievement_id == achievement_id, VERSIONS.c.version == number)
    row = await _one(session, select(*rows.VERSION_COLUMNS).where(*wanted))
    return rows.version(row) if row else None


async def versions(session: AsyncSession, achievement_id: AchievementId, page: PageRequest) -> Page[Version]:
    """See core.ports.Readings."""
    statement = select(*rows.VERSION_COLUMNS).where(VERSIONS.c.achievement_id == achievement_id)
    order = Order("version", VERSIONS.c.version, VERSIONS.c.achievement_id, integer, descending=True)
    return await fetch(session, statement, order, page, rows.version)


async def _statistics(session: AsyncSession, address: str) -> Statistics:
    """Counted, not kept: an index-only scan, and no row that every consumer would have to lock."""
    counts = select(CREDENTIALS.c.state, func.count().label("number")).where(CREDENTIALS.c.achievement_id == address)
    counted = await session.execute(counts.group_by(CREDENTIALS.c.state))
    found: dict[str, int] = {row.state: row.number for row in counted}
    return Statistics(sum(found.values()), found.get("revoked", 0), found.get("suspended", 0))


async def published(
    session: AsyncSession, query: AchievementQuery, status: Status, page: PageRequest
) -> Page[AchievementSummary]:
    """See core.ports.Readings."""
    found = await listed(session, query, status, page)
    statement = (
        select(*_COMMON, VERSIONS.c.version, VERSIONS.c.published_at, SCORE, _short(VERSIONS))
        .join(VERSIONS, CURRENT)
        .where(ACHIEVEMENTS.c.id.in_(found.items))
    )
    rows = (await session.execute(statement)).mappings()
    summaries = {row["id"]: _summary(row) for row in rows}
    return Page([summaries[one] for one in found.items], found.next)


async def drafts(
    session: AsyncSession, owner: OrgId, query: AchievementQuery, status: Status | None, page: PageRequest
) -> Page[AchievementSummary]:
    """See core.ports.Readings."""
    statement = select(*_COMMON, VERSIONS.c.version, VERSIONS.c.published_at, SCORE, _short(ACHIEVEMENTS))
    statement = statement.outerjoin(VERSIONS, CURRENT)
    columns, own = ACHIEVEMENTS.c, ACHIEVEMENTS.c.org_id == owner
    narrowed = _conditions(query)
    if status is not None:
        narrowed.append(columns.status == status.value)
    if query.q is not None:
        question = await understood(session, query.q)
        if question is None:
            return Page([], None)
        if query.sort is Sort.RELEVANCE:
            searched = Searched(columns.id, columns.created_at, columns.search, titles(ACHIEVEMENTS), [own], narrowed)
            found = await PooledSearch(session, question, searched).page(page)
            rows = (await session.execute(statement.where(columns.id.in_(found.items)))).mappings()
            summaries = {row["id"]: _summary(row) for row in rows}
            return Page([summaries[AchievementId(one)] for one in found.items], found.next)
        narrowed.append(question.matches(columns.search))
    return await fetch(session, statement.where(own, *narrowed), _order(query.sort), page, _summary)


_COMMON = (
    ACHIEVEMENTS.c.id,
    ACHIEVEMENTS.c.org_id,
    ACHIEVEMENTS.c.course_id,
    ACHIEVEMENTS.c.department,
    ACHIEVEMENTS.c.status,
    ACHIEVEMENTS.c.created_at,
)


def _conditions(query: AchievementQuery) -> list[ColumnElement[bool]]:
    """A draft's words are for its owner only."""
    wanted = {
        ACHIEVEMENTS.c.org_id: query.organization,
        ACHIEVEMENTS.c.department: query.department,
        ACHIEVEMENTS.c.course_id: query.course,
        ACHIEVEMENTS.c.achievement_type: query.achievement_type,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in wanted.items() if value is not None]
    if query.skill is not None:
        conditions.append(_gives(query.skill, query.level))
    return conditions


def _gives(skill: str, level: float | None) -> ColumnElement[bool]:
    """Whether what is published stands for a skill, at this level or a higher one."""
    given = ACHIEVEMENT_SKILLS.c
    enough = [given.level >= level] if level is not None else []
    shown = (given.achievement_id == ACHIEVEMENTS.c.id, given.version == ACHIEVEMENTS.c.current_version)
    return select(given.skill).where(given.skill == skill, *shown, *enough).exists()


def _order(sort: Sort) -> Order:
    columns = ACHIEVEMENTS.c
    match sort:
        case Sort.NAME:
            return Order("name", columns.name, columns.id)
        case Sort.NEWEST | Sort.RELEVANCE:
            return Order("newest", columns.created_at, columns.id, moment, descending=True)
        case Sort.CODE:
            return Order("code", func.coalesce(columns.document["humanCode"].astext, ""), columns.id)
        case _:
            assert_never(sort)


def _short(words: Table) -> ColumnElement[Any]:
    """The members of the document that a list shows; images and long lists stay where they are."""
    pairs = [part for name in SHORT for part in (name, words.c.document[name])]
    return func.jsonb_strip_nulls(func.jsonb_build_object(*pairs)).label("document")


def _summary(row: RowMapping) -> AchievementSummary:
    return AchievementSummary(
        id=row["id"],
        org_id=row["org_id"],
        course_id=row["course_id"],
        department=row["department"],
        status=Status(row["status"]),
        version=row["version"],
        document=row["document"],
        created_at=row["created_at"],
        published_at=row["published_at"],
        score=row["score"],
    )


async def _one(session: AsyncSession, statement: Any) -> RowMapping | None:
    return (await session.execute(statement)).mappings().one_or_none()

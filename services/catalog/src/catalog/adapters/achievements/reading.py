"""One achievement, and lists of them: what the public sees, and an organization's own drafts."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, assert_never

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    RowMapping,
    Table,
    Text,
    TextClause,
    and_,
    bindparam,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters import rows
from catalog.adapters.achievements.listings import listed
from catalog.adapters.achievements.pooled import PooledSearch
from catalog.adapters.asked import Condition, equal
from catalog.adapters.keyset import Order, fetch, integer, moment
from catalog.adapters.reading_endorsements import endorsements
from catalog.adapters.reading_issuers import issuers
from catalog.adapters.tables import ACHIEVEMENTS, CREDENTIALS, VERSIONS
from catalog.adapters.windows import Searched
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
from service_kit import direct
from service_kit.direct import DirectSelect
from service_kit.inputs import Page, PageRequest

CURRENT = and_(VERSIONS.c.achievement_id == ACHIEVEMENTS.c.id, VERSIONS.c.version == ACHIEVEMENTS.c.current_version)
GIVES = """EXISTS (SELECT FROM achievement_skills AS given WHERE given.achievement_id = achievements.id
  AND given.version = achievements.current_version AND given.skill = {})"""
SHORT = (
    "name", "description", "achievementType", "tag", "creditsAvailable", "fieldOfStudy", "specialization", "humanCode",
    "inLanguage",
)  # fmt: skip
SCORE = VERSIONS.c.completeness["score"].as_integer().label("score")

_COMMON = (
    ACHIEVEMENTS.c.id,
    ACHIEVEMENTS.c.org_id,
    ACHIEVEMENTS.c.course_id,
    ACHIEVEMENTS.c.department,
    ACHIEVEMENTS.c.status,
    ACHIEVEMENTS.c.created_at,
)


def _short(words: Table) -> ColumnElement[Any]:
    """The members of the document that a list shows; images and long lists stay where they are."""
    pairs = [part for name in SHORT for part in (name, words.c.document[name])]
    return func.jsonb_strip_nulls(func.jsonb_build_object(*pairs)).label("document")


_CHOSEN = ACHIEVEMENTS.c.id == func.any(bindparam("ids", type_=ARRAY(Text)))
OWN = select(*_COMMON, VERSIONS.c.version, VERSIONS.c.published_at, SCORE, _short(ACHIEVEMENTS)).outerjoin(
    VERSIONS, CURRENT
)
OWN_CHOSEN = DirectSelect(OWN.where(_CHOSEN))
PUBLISHED = DirectSelect(
    select(*_COMMON, VERSIONS.c.version, VERSIONS.c.published_at, SCORE, _short(VERSIONS))
    .join(VERSIONS, CURRENT)
    .where(_CHOSEN)
)


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
    return await _summaries(session, PUBLISHED, await listed(session, query, status, page))


async def chosen(session: AsyncSession, ids: Collection[AchievementId]) -> Mapping[AchievementId, AchievementSummary]:
    """See core.ports.Readings."""
    found = await PUBLISHED(partial(direct.fetch, session), ids=list(ids))
    return {row["id"]: _summary(row) for row in found}


async def drafts(
    session: AsyncSession, owner: OrgId, query: AchievementQuery, status: Status | None, page: PageRequest
) -> Page[AchievementSummary]:
    """See core.ports.Readings."""
    asked = _conditions(query)
    if status is not None:
        asked.append(equal("achievements.status", status.value))
    narrowed: list[ColumnElement[bool] | TextClause] = [condition.clause() for condition in asked]
    if query.q is not None:
        question = await understood(session, query.q)
        if question is None:
            return Page([], None)
        if query.sort is Sort.RELEVANCE:
            search = PooledSearch(session, question, Searched("achievements", owner, asked))
            return await _summaries(session, OWN_CHOSEN, await search.page(page))
        narrowed.append(question.matches(ACHIEVEMENTS.c.search))
    statement = OWN.where(ACHIEVEMENTS.c.org_id == owner, *narrowed)
    return await fetch(session, statement, _order(query.sort), page, _summary)


async def _summaries(session: AsyncSession, select: DirectSelect, found: Page[Any]) -> Page[AchievementSummary]:
    """A page of ids, with what a list shows of each."""
    chosen = await select(partial(direct.fetch, session), ids=list(found.items))
    summaries: dict[str, AchievementSummary] = {row["id"]: _summary(row) for row in chosen}
    return Page([summaries[one] for one in found.items], found.next)


def _conditions(query: AchievementQuery) -> list[Condition]:
    """What a list of drafts is narrowed by."""
    wanted = {
        "achievements.org_id": query.organization,
        "achievements.department": query.department,
        "achievements.course_id": query.course,
        "achievements.achievement_type": query.achievement_type,
    }
    conditions = [equal(column, value) for column, value in wanted.items() if value is not None]
    return [*conditions, *([] if query.skill is None else [_gives(query.skill, query.level)])]


def _gives(skill: str, level: float | None) -> Condition:
    """Whether what is published stands for a skill, at this level or a higher one."""
    return (
        Condition(GIVES, [skill])
        if level is None
        else Condition(f"{GIVES[:-1]} AND given.level >= {{}})", [skill, level])
    )


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


def _summary(row: Mapping[Any, Any]) -> AchievementSummary:
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

"""Frameworks and skills for answers."""

from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.keyset import Order, fetch, moment
from catalog.adapters.skills.searching import found
from catalog.adapters.skills.skills import framework_of
from catalog.adapters.skills.tables import SKILL_FRAMEWORK_VERSIONS, SKILL_FRAMEWORKS, SKILL_RELATIONS, SKILLS
from catalog.core.skills.model import (
    Framework,
    FrameworkId,
    FrameworkVersion,
    FrameworkView,
    KnownSkill,
    Neighbour,
    RelationType,
    SkillId,
    SkillKind,
    SkillView,
)
from catalog.core.skills.ports import SkillQuery
from service_kit.database import Database
from service_kit.inputs import Page, PageRequest

SHOWN_VERSIONS = 50
SHOWN_NEIGHBOURS = 100
COLUMNS = tuple(
    SKILLS.c[name]
    for name in ("id", "uri", "kind", "label", "labels", "other_labels", "code", "description", "retired_in")
)


class SqlSkillReadings:
    """See core.skill_ports.SkillReadings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def frameworks(self, organization: str | None, page: PageRequest) -> Page[Framework]:
        """See core.skill_ports.SkillReadings."""
        statement = select(*SKILL_FRAMEWORKS.c)
        if organization is not None:
            statement = statement.where(SKILL_FRAMEWORKS.c.org_id == organization)
        columns = SKILL_FRAMEWORKS.c
        order = Order("newest", columns.created_at, columns.id, moment, descending=True)
        async with self._database.snapshot() as session:
            return await fetch(session, statement, order, page, _framework)

    async def framework(self, framework_id: FrameworkId) -> FrameworkView | None:
        """See core.skill_ports.SkillReadings."""
        versions = SKILL_FRAMEWORK_VERSIONS
        names = [column for column in versions.c if column.name != "framework_id"]
        newest = select(*names).where(versions.c.framework_id == framework_id).order_by(versions.c.version.desc())
        async with self._database.snapshot() as session:
            wanted = select(*SKILL_FRAMEWORKS.c).where(SKILL_FRAMEWORKS.c.id == framework_id)
            row = (await session.execute(wanted)).mappings().one_or_none()
            if row is None:
                return None
            found = (await session.execute(newest.limit(SHOWN_VERSIONS))).mappings()
            return FrameworkView(framework_of(row), [FrameworkVersion(**version) for version in found])

    async def skills(self, query: SkillQuery, page: PageRequest) -> Page[KnownSkill]:
        """See core.skill_ports.SkillReadings."""
        statement = select(*COLUMNS, SKILLS.c.framework_id.label("framework"))
        narrowed = _conditions(query)
        async with self._database.snapshot() as session:
            if query.q is None:
                order = Order("label", SKILLS.c.label, SKILLS.c.id)
                return await fetch(session, statement.where(*narrowed), order, page, _skill)
            best = await found(session, query.q, narrowed, page)
            rows = (await session.execute(statement.where(SKILLS.c.id.in_(best.items)))).mappings()
            skills = {row["id"]: _skill(row) for row in rows}
            return Page([skills[one] for one in best.items], best.next)

    async def skill(self, skill_id: SkillId) -> SkillView | None:
        """See core.skill_ports.SkillReadings."""
        wanted = select(*COLUMNS, SKILLS.c.framework_id.label("framework")).where(SKILLS.c.id == skill_id)
        async with self._database.snapshot() as session:
            row = (await session.execute(wanted)).mappings().one_or_none()
            if row is None:
                return None
            skill = _skill(row)
            outgoing, incoming = await _neighbours(session, skill)
            return SkillView(skill, outgoing, incoming)


def _conditions(query: SkillQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [SKILLS.c.retired_in.is_(None)]
    wanted = {
        SKILLS.c.framework_id: query.framework,
        SKILLS.c.uri: query.uri,
        SKILLS.c.kind: query.kind.value if query.kind else None,
    }
    conditions += [column == value for column, value in wanted.items() if value is not None]
    if query.broader is not None:
        below = and_(
            SKILL_RELATIONS.c.framework_id == SKILLS.c.framework_id,
            SKILL_RELATIONS.c.source == SKILLS.c.uri,
            SKILL_RELATIONS.c.type == RelationType.BROADER.value,
            SKILL_RELATIONS.c.target == query.broader,
        )
        conditions.append(select(SKILL_RELATIONS.c.source).where(below).exists())
    return conditions


async def _neighbours(session: AsyncSession, skill: KnownSkill) -> tuple[list[Neighbour], list[Neighbour]]:
    """Both directions in one statement, in a fixed order, the first hundred of each."""
    found = await session.execute(union_all(_related(skill, "source", "target"), _related(skill, "target", "source")))
    rows = found.mappings().all()
    sides = [[_neighbour(row) for row in rows if row["side"] == side] for side in ("source", "target")]
    return sides[0], sides[1]


def _related(skill: KnownSkill, mine: str, others: str) -> Any:
    relations = SKILL_RELATIONS.c
    labelled = and_(SKILLS.c.framework_id == relations.framework_id, SKILLS.c.uri == relations[others])
    return (
        select(
            literal(mine).label("side"),
            relations.type,
            relations[others].label("uri"),
            SKILLS.c.label,
            relations.level,
        )
        .outerjoin_from(SKILL_RELATIONS, SKILLS, labelled)
        .where(relations.framework_id == skill.framework, relations[mine] == skill.uri)
        .order_by(relations.type, relations.level.desc().nulls_last(), relations[others])
        .limit(SHOWN_NEIGHBOURS)
        .subquery()
        .select()
    )


def _neighbour(row: RowMapping) -> Neighbour:
    return Neighbour(RelationType(row["type"]), row["uri"], row["label"], row["level"])


def _framework(row: RowMapping) -> Framework:
    return framework_of({column.name: row[column.name] for column in SKILL_FRAMEWORKS.c})


def _skill(row: RowMapping) -> KnownSkill:
    values: dict[str, Any] = {name: row[name] for name in row if name != "_position"}
    return KnownSkill(kind=SkillKind(values.pop("kind")), **values)

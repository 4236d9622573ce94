"""Lists of courses."""

from collections.abc import Sequence
from typing import assert_never

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters import rows
from catalog.adapters.keyset import Order, fetch, moment
from catalog.adapters.pooled import PooledSearch, Searched
from catalog.adapters.tables import COURSES, titles
from catalog.adapters.words import Question, understood
from catalog.core.model import Course
from catalog.core.ports import CourseQuery, Sort
from service_kit.inputs import Page, PageRequest


async def courses(session: AsyncSession, query: CourseQuery, page: PageRequest) -> Page[Course]:
    """See core.ports.Readings."""
    wanted = {
        COURSES.c.org_id: query.organization,
        COURSES.c.department: query.department,
        COURSES.c.level: query.level,
        COURSES.c.code: query.code,
    }
    narrowed = [column == value for column, value in wanted.items() if value is not None]
    if query.q is not None:
        question = await understood(session, query.q)
        if question is None:
            return Page([], None)
        if query.sort is Sort.RELEVANCE:
            return await _best(session, question, query, narrowed, page)
        narrowed.append(question.matches(COURSES.c.search))
    statement = select(*rows.COURSE_COLUMNS).where(*narrowed)
    return await fetch(session, statement, _order(query.sort), page, rows.course)


async def _best(
    session: AsyncSession,
    question: Question,
    query: CourseQuery,
    narrowed: Sequence[ColumnElement[bool]],
    page: PageRequest,
) -> Page[Course]:
    within = [COURSES.c.org_id == query.organization] if query.organization is not None else []
    narrowed = narrowed if len(narrowed) > len(within) else []
    columns = COURSES.c
    searched = Searched(columns.id, columns.created_at, columns.search, titles(COURSES), within, narrowed)
    found = await PooledSearch(session, question, searched).page(page)
    statement = select(*rows.COURSE_COLUMNS).where(COURSES.c.id.in_(found.items))
    courses = {row["id"]: rows.course(row) for row in (await session.execute(statement)).mappings()}
    return Page([courses[one] for one in found.items], found.next)


def _order(sort: Sort) -> Order:
    match sort:
        case Sort.NAME:
            return Order("name", COURSES.c.title, COURSES.c.id)
        case Sort.NEWEST | Sort.RELEVANCE:
            return Order("newest", COURSES.c.created_at, COURSES.c.id, moment, descending=True)
        case Sort.CODE:
            return Order("code", COURSES.c.code, COURSES.c.id)
        case _:
            assert_never(sort)

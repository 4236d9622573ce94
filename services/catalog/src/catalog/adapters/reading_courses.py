"""Lists of courses."""

from typing import assert_never

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters import rows
from catalog.adapters.keyset import Order, fetch, matches, moment, rank
from catalog.adapters.tables import COURSES
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
    conditions = [column == value for column, value in wanted.items() if value is not None]
    if query.q is not None:
        conditions.append(matches(COURSES.c.search, query.q))
    statement = select(*rows.COURSE_COLUMNS).where(*conditions)
    return await fetch(session, statement, _order(query), page, rows.course)


def _order(query: CourseQuery) -> Order:
    match query.sort:
        case Sort.RELEVANCE:
            return Order("relevance", rank(COURSES.c.search, query.q or ""), COURSES.c.id, float, descending=True)
        case Sort.NAME:
            return Order("name", COURSES.c.title, COURSES.c.id)
        case Sort.NEWEST:
            return Order("newest", COURSES.c.created_at, COURSES.c.id, moment, descending=True)
        case Sort.CODE:
            return Order("code", COURSES.c.code, COURSES.c.id)
        case _:
            assert_never(query.sort)

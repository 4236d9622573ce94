"""Lists of courses."""

from functools import partial
from typing import assert_never

from sqlalchemy import ARRAY, Text, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters import rows
from catalog.adapters.achievements.pooled import PooledSearch
from catalog.adapters.asked import equal
from catalog.adapters.keyset import Order, fetch, moment
from catalog.adapters.tables import COURSES
from catalog.adapters.windows import Searched
from catalog.adapters.words import understood
from catalog.core.model import Course
from catalog.core.ports import CourseQuery, Sort
from service_kit import direct
from service_kit.inputs import Page, PageRequest

CHOSEN = direct.DirectSelect(
    select(*rows.COURSE_COLUMNS).where(COURSES.c.id == func.any(bindparam("ids", type_=ARRAY(Text))))
)


async def courses(session: AsyncSession, query: CourseQuery, page: PageRequest) -> Page[Course]:
    """See core.ports.Readings."""
    wanted = {"org_id": query.organization, "department": query.department, "level": query.level, "code": query.code}
    asked = {name: value for name, value in wanted.items() if value is not None}
    narrowed = [COURSES.c[name] == value for name, value in asked.items()]
    if query.q is not None:
        question = await understood(session, query.q)
        if question is None:
            return Page([], None)
        if query.sort is Sort.RELEVANCE:
            org = asked.pop("org_id", None)
            searched = Searched("courses", org, [equal(name, value) for name, value in asked.items()])
            found = await PooledSearch(session, question, searched).page(page)
            chosen = await CHOSEN(partial(direct.fetch, session), ids=list(found.items))
            courses = {row["id"]: rows.course(row) for row in chosen}
            return Page([courses[one] for one in found.items], found.next)
        narrowed.append(question.matches(COURSES.c.search))
    statement = select(*rows.COURSE_COLUMNS).where(*narrowed)
    return await fetch(session, statement, _order(query.sort), page, rows.course)


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

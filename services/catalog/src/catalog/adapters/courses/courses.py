"""Courses in PostgreSQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import DateTime, Double, Text, cast, column, delete, exists, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters import rows
from catalog.adapters.tables import COURSES
from catalog.core.model import Course, CourseId, OrgId
from catalog.core.ports import Upserted

NAMES = [found.name for found in rows.COURSE_COLUMNS]
KEPT = {"id", "org_id", "code", "created_at"}
CONTENT = [name for name in NAMES if name not in KEPT | {"updated_at"}]


class SqlCourses:
    """See core.ports.Courses."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, course: Course) -> bool:
        """See core.ports.Courses."""
        statement = insert(COURSES).values(rows.course_values(course)).on_conflict_do_nothing().returning(COURSES.c.id)
        return await self._session.scalar(statement) is not None

    async def upsert(self, courses: Sequence[Course]) -> Upserted:
        """See core.ports.Courses. One statement, whose one parameter is all rows as JSON."""
        given = [rows.course_values(course) for course in courses]
        source = _recordset(given)
        # PostgreSQL computes a proposed row's search vector before it looks for a conflict: leave out what is the same.
        same = exists().where(COURSES.c.org_id == source.c.org_id, COURSES.c.code == source.c.code, ~_differs(source.c))
        statement = insert(COURSES).from_select(NAMES, select(*source.c).where(~same))
        new = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=["org_id", "code"],
            set_={name: new[name] for name in [*CONTENT, "updated_at"]},
            where=_differs(new),
        )
        changed = (await self._session.execute(statement.returning(COURSES.c.id, COURSES.c.code))).all()
        ids = {values["id"] for values in given}
        created = frozenset(row.code for row in changed if row.id in ids)
        return Upserted(created, frozenset(row.code for row in changed) - created)

    async def lock(self, org: OrgId, course_id: CourseId) -> Course | None:
        """See core.ports.Courses."""
        mine = (COURSES.c.id == course_id, COURSES.c.org_id == org)
        return await self._one(select(*rows.COURSE_COLUMNS).where(*mine).with_for_update())

    async def save(self, course: Course) -> bool:
        """See core.ports.Courses."""
        mine = (COURSES.c.id == course.id, COURSES.c.org_id == course.org_id)
        try:
            await self._session.execute(update(COURSES).where(*mine).values(rows.course_values(course)))
        except IntegrityError:
            return False
        return True

    async def remove(self, org: OrgId, course_id: CourseId) -> bool:
        """See core.ports.Courses."""
        mine = (COURSES.c.id == course_id, COURSES.c.org_id == org)
        return await self._session.scalar(delete(COURSES).where(*mine).returning(COURSES.c.id)) is not None

    async def find(self, org: OrgId, reference: str) -> Course | None:
        """See core.ports.Courses."""
        named = or_(COURSES.c.id == reference, COURSES.c.code == reference)
        mine = select(*rows.COURSE_COLUMNS).where(COURSES.c.org_id == org, named)
        return await self._one(mine.order_by((COURSES.c.id == reference).desc()).limit(1))

    async def _one(self, statement: Any) -> Course | None:
        row = (await self._session.execute(statement)).mappings().one_or_none()
        return rows.course(row) if row else None


def _differs(given: Any) -> Any:
    """Whether a stored course says anything else than the given one of its code."""
    return tuple_(*(COURSES.c[name] for name in CONTENT)).is_distinct_from(tuple_(*(given[name] for name in CONTENT)))


def _recordset(given: list[dict[str, Any]]) -> Any:
    types = {"credits": Double, "general_education": JSONB, "extra": JSONB}
    moments = dict.fromkeys(("created_at", "updated_at"), DateTime(timezone=True))
    columns = [column(name, (types | moments).get(name, Text)) for name in NAMES]
    return (
        func.jsonb_to_recordset(cast(literal(given, JSONB), JSONB))
        .table_valued(*columns)
        .render_derived(with_types=True)
    )

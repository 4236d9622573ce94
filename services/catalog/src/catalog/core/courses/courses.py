"""One course: create, change, delete."""

from dataclasses import dataclass, replace

from catalog.core.model import Course, CourseFields, CourseId, OrgId
from catalog.core.ports import Begin, Work
from service_kit.clock import Clock
from service_kit.errors import Conflict, FieldError, Gone, NotFound
from service_kit.ids import NewId
from service_kit.inputs import Expectation, IdempotencyKey, whatever

NO_COURSE = "there is no such course"


def code_taken(code: str) -> Conflict:
    """The organization has another course of this code."""
    return Conflict(
        f"a course with the code {code} exists already",
        code="course-code-taken",
        errors=(FieldError("code", "is the code of another course of this organization"),),
    )


@dataclass(frozen=True, slots=True)
class CreateCourse:
    """Add one course. Raises Conflict when its code is taken."""

    begin: Begin
    clock: Clock
    ids: NewId

    async def __call__(self, org: OrgId, fields: CourseFields, key: IdempotencyKey | None) -> Course:
        async with self.begin() as work:
            now = self.clock()
            course = Course(CourseId(self.ids()), org, fields, now, now)
            earlier = await work.idempotency.claim(org, key, course.id) if key else None
            if earlier is not None:
                return await _made_before(work, org, CourseId(earlier))
            if not await work.courses.add(course):
                raise code_taken(fields.code)
            await work.commit()
            return course


@dataclass(frozen=True, slots=True)
class ChangeCourse:
    """Replace the members given. Raises NotFound, Stale, and Conflict when the new code is taken."""

    begin: Begin
    clock: Clock

    async def __call__(
        self, org: OrgId, course_id: CourseId, changes: dict[str, object], *, expect: Expectation[Course] = whatever
    ) -> Course:
        async with self.begin() as work:
            course = await _own(work, org, course_id)
            expect(course)
            fields = replace(course.fields, **changes)  # type: ignore[arg-type]  # names and types come from the schema
            if fields == course.fields:
                return course
            changed = replace(course, fields=fields, updated_at=self.clock())
            if not await work.courses.save(changed):
                raise code_taken(fields.code)
            await work.commit()
            return changed


@dataclass(frozen=True, slots=True)
class DeleteCourse:
    """Remove a course. Achievements made from it stay; they no longer name it."""

    begin: Begin

    async def __call__(self, org: OrgId, course_id: CourseId, *, expect: Expectation[Course] = whatever) -> None:
        async with self.begin() as work:
            expect(await _own(work, org, course_id))
            await work.courses.remove(org, course_id)
            await work.commit()


async def _made_before(work: Work, org: OrgId, course_id: CourseId) -> Course:
    course = await work.courses.lock(org, course_id)
    if course is None:
        raise Gone("the course that this Idempotency-Key made was deleted")
    return course


async def _own(work: Work, org: OrgId, course_id: CourseId) -> Course:
    course = await work.courses.lock(org, course_id)
    if course is None:
        raise NotFound(NO_COURSE)
    return course

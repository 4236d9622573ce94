"""The routes of courses. Everybody may read them; their organization writes them."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from catalog.core.courses.courses import NO_COURSE, ChangeCourse, CreateCourse, DeleteCourse
from catalog.core.model import CourseId, OrgId
from catalog.core.ports import CourseQuery, Readings, Sort
from catalog.http.answers import Course, CoursePage, documented
from catalog.http.callers import Anybody, Writer, organization, required_editor
from catalog.http.courses.schemas import CourseChanges, CourseRequest
from catalog.http.parameters import Filter, Words, chosen_sort, clean
from catalog.http.replies import course_reply, course_tag, page_reply
from catalog.http.representation import PRIVATE, SHORTLY, reply
from service_kit.app import router
from service_kit.described import MADE, UNCHANGED
from service_kit.entity_tags import Seen
from service_kit.errors import NotFound
from service_kit.idempotency import idempotency_key
from service_kit.ids import is_id
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.pagination import LINK, next_page, page_request


@dataclass(frozen=True, slots=True)
class CourseUseCases:
    """What the routes call."""

    create: CreateCourse
    change: ChangeCourse
    delete: DeleteCourse
    readings: Readings
    base_url: str


def path_id(course_id: str) -> CourseId:
    """The course's id from the path. Raises NotFound for what can be none."""
    if not is_id(course_id):
        raise NotFound(NO_COURSE)
    return CourseId(course_id)


PathId = Annotated[CourseId, Depends(path_id)]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]


@dataclass(frozen=True, slots=True)
class CourseFilters:
    """The query parameters of a list of courses."""

    q: Words = None
    organization: Filter = None
    department: Filter = None
    level: Filter = None
    code: Filter = None
    sort: Annotated[Sort | None, Query(description="code by default, relevance with q")] = None
    mine: Annotated[bool, Query(description="only your organization's")] = False

    def query(self, org: OrgId | None) -> CourseQuery:
        """As the core asks it."""
        return CourseQuery(
            sort=chosen_sort(self.sort, self.q, Sort.CODE),
            q=clean("q", self.q),
            organization=org or clean("organization", self.organization),
            department=clean("department", self.department),
            level=clean("level", self.level),
            code=clean("code", self.code),
        )


def routes(use: CourseUseCases) -> APIRouter:
    """Reading and writing single courses, and lists of them."""
    courses = router(tags=["courses"])
    _reads(courses, use)
    _writes(courses, use)
    return courses


def _reads(courses: APIRouter, use: CourseUseCases) -> None:
    @courses.get(
        "/courses", responses=UNCHANGED | documented(CoursePage, 401, 403, **LINK[200]), response_class=Response
    )
    async def list_courses(
        request: Request,
        caller: Anybody,
        filters: Annotated[CourseFilters, Depends()],
        page: Annotated[PageRequest, Depends(page_request)],
    ) -> Response:
        """Courses, by full text and filters."""
        mine = required_editor(caller) if filters.mine else None
        found = await use.readings.courses(filters.query(mine), page)
        following = next_page(request, use.base_url, found.next)
        document = page_reply([course_reply(course) for course in found.items], following.cursor)
        return reply(request, document, cache_control=PRIVATE if caller else SHORTLY, headers=following.headers)

    @courses.get("/courses/{course_id}", responses=UNCHANGED | documented(Course, 404), response_class=Response)
    async def read_course(request: Request, course_id: PathId) -> Response:
        """One course."""
        course = await use.readings.course(course_id)
        if course is None:
            raise NotFound(NO_COURSE)
        return reply(request, course_reply(course))


def _writes(courses: APIRouter, use: CourseUseCases) -> None:
    @courses.post(
        "/courses",
        status_code=HTTPStatus.CREATED,
        responses=documented(Course, 400, 401, 403, 409, 410, status=201, **MADE[201]),
    )
    async def create_course(caller: Writer, body: CourseRequest, key: Key, response: Response) -> dict[str, Any]:
        """Add one course."""
        course = await use.create(organization(caller), body.fields(), key)
        response.headers["Location"] = f"{use.base_url}/courses/{course.id}"
        response.headers["ETag"] = course_tag(course)
        return course_reply(course)

    @courses.patch("/courses/{course_id}", responses=documented(Course, 400, 401, 403, 404, 409))
    async def change_course(
        caller: Writer, course_id: PathId, body: CourseChanges, seen: Seen, response: Response
    ) -> dict[str, Any]:
        """Replace the members given; null removes one (RFC 7396)."""
        expect = seen.expect(course_tag)
        course = await use.change(organization(caller), course_id, body.changes(), expect=expect)
        response.headers["ETag"] = course_tag(course)
        return course_reply(course)

    @courses.delete(
        "/courses/{course_id}",
        status_code=HTTPStatus.NO_CONTENT,
        responses=documented(None, 401, 403, 404, status=204),
        response_class=Response,
    )
    async def delete_course(caller: Writer, course_id: PathId, seen: Seen) -> None:
        """Remove a course; achievements made from it stay."""
        await use.delete(organization(caller), course_id, expect=seen.expect(course_tag))

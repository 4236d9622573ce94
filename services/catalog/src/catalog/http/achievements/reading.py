"""The routes that read achievements: published versions for everybody, drafts for their owner."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from catalog.core import vocabulary as limits
from catalog.core.achievements.documents import in_order
from catalog.core.achievements.drafts import NO_ACHIEVEMENT
from catalog.core.achievements.kinds import ACHIEVEMENT_TYPES, Kind
from catalog.core.exports import FORMATS, OPEN_BADGES
from catalog.core.exports.source import source_of
from catalog.core.model import AchievementView, OrgId, Status
from catalog.core.ports import AchievementQuery, Readings, Sort
from catalog.http.achievements.paths import PathId, PathVersion
from catalog.http.answers import (
    AchievementAnswer,
    AchievementPage,
    OpenBadgesAchievement,
    VersionPage,
    as_a_page,
    documented,
)
from catalog.http.callers import Anybody, editor, required_editor
from catalog.http.contexts import LD_JSON
from catalog.http.list_page import ACHIEVEMENTS, LIST_SECURITY, list_page
from catalog.http.page import SECURITY, achievement_page, missing_page
from catalog.http.parameters import Filter, Words, chosen_sort, clean
from catalog.http.replies import draft_tag, listed_version, page_reply, summary_reply, view_reply
from catalog.http.representation import FOR_EVER, PRIVATE, SHORTLY, dumped, reply, stored
from service_kit.app import router
from service_kit.described import UNCHANGED
from service_kit.errors import NotFound, invalid_field
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, next_page, page_request
from service_kit.representation import HTML, JSON, negotiate

Paging = Annotated[PageRequest, Depends(page_request)]
ForReader = {"Vary": "Authorization, Accept"}


@dataclass(frozen=True, slots=True)
class AchievementFilters:
    """The query parameters of a list of achievements."""

    q: Words = None
    organization: Filter = None
    department: Filter = None
    course: Filter = None
    type: Annotated[str | None, Query(max_length=110, description="achievementType")] = None
    kind: Annotated[Kind | None, Query(description="what the field calls it; instead of type")] = None
    status: Annotated[
        Literal["draft", "published", "retired"] | None,
        Query(description="published by default; with mine, any"),
    ] = None
    sort: Annotated[Sort | None, Query(description="newest by default, relevance with q")] = None
    mine: Annotated[bool, Query(description="your organization's, as drafts")] = False
    skill: Annotated[str | None, Query(max_length=limits.SKILL_URI, description="what is published gives it")] = None
    level: Annotated[float | None, Query(ge=0, le=limits.SKILL_LEVEL, description="of the skill, or higher")] = None

    def query(self) -> AchievementQuery:
        """As the core asks it. Raises Invalid."""
        if self.kind and self.type:
            raise invalid_field("kind", "must be left out when type is given")
        if self.level is not None and self.skill is None:
            raise invalid_field("level", "needs skill")
        return AchievementQuery(
            sort=chosen_sort(self.sort, self.q, Sort.NEWEST),
            q=clean("q", self.q),
            organization=clean("organization", self.organization),
            department=clean("department", self.department),
            achievement_type=ACHIEVEMENT_TYPES[self.kind] if self.kind else clean("type", self.type),
            course=clean("course", self.course),
            skill=clean("skill", self.skill),
            level=self.level,
        )


def routes(readings: Readings, base_url: str) -> APIRouter:
    """Lists, single achievements, their history."""
    achievements = router(tags=["achievements"])
    _lists(achievements, readings, base_url)
    _history(achievements, readings, base_url)
    _single(achievements, readings, base_url)
    return achievements


def _lists(achievements: APIRouter, readings: Readings, base_url: str) -> None:
    @achievements.get(
        "/achievements",
        responses=UNCHANGED | as_a_page(documented(AchievementPage, 401, 403, **LINK[200]), 200),
        response_class=Response,
    )
    async def list_achievements(
        request: Request, caller: Anybody, filters: Annotated[AchievementFilters, Depends()], page: Paging
    ) -> Response:
        """What is published, by full text and filters; with `mine`, your organization's drafts as well.

        Where hundreds match, the newest with the words in their name are ranked first, and others follow, newest first.
        A page of a search may hold fewer than `limit`, even none, and still have a next one.
        A browser (`Accept: text/html`) gets a page to look through; not with `mine`.
        """
        query = filters.query()
        status = Status(filters.status) if filters.status else None
        if filters.mine:
            found = await readings.drafts(required_editor(caller), query, status, page)
        elif status is Status.DRAFT:
            raise invalid_field("status", "drafts are shown with mine=true")
        else:
            found = await readings.published(query, status or Status.PUBLISHED, page)
        following = next_page(request, base_url, found.next)
        lines = [summary_reply(item, base_url) for item in found.items]
        headers = {**ForReader, **following.headers}
        if not filters.mine and negotiate(request, JSON, HTML) == HTML:
            body = list_page(ACHIEVEMENTS, lines, query.q, following.address)
            return stored(request, body, media_type=HTML, headers={**headers, **LIST_SECURITY})
        document = page_reply(lines, following.cursor)
        return reply(request, document, cache_control=PRIVATE if filters.mine else SHORTLY, headers=headers)


def _history(achievements: APIRouter, readings: Readings, base_url: str) -> None:
    @achievements.get(
        "/achievements/{achievement_id:path}/versions/{version}",
        responses=UNCHANGED | documented(OpenBadgesAchievement, 404),
        response_class=Response,
    )
    async def read_version(request: Request, achievement_id: PathId, version: PathVersion) -> Response:
        """One version, as credentials carry it. It never changes."""
        found = await readings.version(achievement_id, version)
        if found is None:
            raise NotFound("there is no such version")
        return reply(request, in_order(found.document), cache_control=FOR_EVER)

    @achievements.get(
        "/achievements/{achievement_id:path}/versions",
        responses=UNCHANGED | documented(VersionPage, 404, **LINK[200]),
        response_class=Response,
    )
    async def list_versions(request: Request, achievement_id: PathId, page: Paging) -> Response:
        """The versions that were published, newest first."""
        found = await readings.versions(achievement_id, page)
        if found is None:
            raise NotFound(NO_ACHIEVEMENT)
        following = next_page(request, base_url, found.next)
        document = page_reply([listed_version(version, base_url) for version in found.items], following.cursor)
        return reply(request, document, headers=following.headers)


def _single(achievements: APIRouter, readings: Readings, base_url: str) -> None:
    @achievements.get(
        "/achievements/{achievement_id:path}",
        responses=UNCHANGED | as_a_page(_with_open_badges(documented(AchievementAnswer, 401, 404)), 200, 404),
        response_class=Response,
    )
    async def read_achievement(request: Request, achievement_id: PathId, caller: Anybody) -> Response:
        """The newest published version, its issuers and how many were issued; for its owner also the draft.

        A browser (`Accept: text/html`) gets a page of it; `Accept: application/ld+json` the Open Badges document.
        """
        owner: OrgId | None = editor(caller)
        wanted = negotiate(request, JSON, HTML, LD_JSON)
        view = await readings.achievement(achievement_id, owner)
        if wanted == HTML:
            return _page(request, view, base_url)
        if view is None:
            raise NotFound(NO_ACHIEVEMENT)
        source = source_of(view, base_url) if wanted == LD_JSON else None
        if source is not None:
            return stored(request, dumped(FORMATS[OPEN_BADGES](source)), media_type=LD_JSON, headers=ForReader)
        document = view_reply(view, base_url)
        if view.draft is not None:
            tag = draft_tag(view.draft, base_url, document)
            return reply(request, document, tag=tag, cache_control=PRIVATE, headers=ForReader)
        return reply(request, document, headers=ForReader)


def _with_open_badges(responses: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    return {**responses, 200: {**responses[200], "content": {LD_JSON: {}}}}


def _page(request: Request, view: AchievementView | None, base_url: str) -> Response:
    """What is published, for people."""
    source = source_of(view, base_url) if view else None
    if view is None or source is None:
        body = missing_page("There is no such achievement, or it is not published.")
        return Response(body, 404, {**ForReader, **SECURITY, "Cache-Control": SHORTLY}, HTML)
    body = achievement_page(source, view)
    return stored(request, body, media_type=HTML, headers={**ForReader, **SECURITY})

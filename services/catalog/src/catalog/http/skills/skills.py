"""The routes that read skills. Everybody may."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from catalog.core import vocabulary as limits
from catalog.core.skills.model import FrameworkId, SkillId, SkillKind
from catalog.core.skills.ports import SkillQuery
from catalog.http.answers import documented
from catalog.http.parameters import Words, clean
from catalog.http.replies import page_reply
from catalog.http.representation import reply
from catalog.http.skills.answers import SkillAnswer, SkillPage
from catalog.http.skills.frameworks import Paging, SkillUseCases
from catalog.http.skills.replies import skill_reply, skill_view_reply
from service_kit.app import router
from service_kit.described import UNCHANGED
from service_kit.errors import NotFound, invalid_field
from service_kit.ids import is_id
from service_kit.pagination import LINK, next_page

NO_SKILL = "there is no such skill"
Address = Annotated[str | None, Query(max_length=limits.SKILL_URI)]


@dataclass(frozen=True, slots=True)
class SkillFilters:
    """The query parameters of a list of skills."""

    q: Words = None
    framework: Annotated[str | None, Query(max_length=300, description="its address, or the last part of it")] = None
    uri: Annotated[Address, Query(description="the source's own identifier")] = None
    kind: SkillKind | None = None
    broader: Annotated[Address, Query(description="those directly below this one, by its uri")] = None

    def query(self, base_url: str) -> SkillQuery:
        """As the core asks it. Raises Invalid."""
        framework = clean("framework", self.framework)
        if framework is not None:
            framework = framework.removeprefix(f"{base_url}/skill-frameworks/")
            if not is_id(framework):
                raise invalid_field("framework", "is the address of no framework")
        return SkillQuery(
            q=clean("q", self.q),
            framework=FrameworkId(framework) if framework else None,
            uri=clean("uri", self.uri),
            kind=self.kind,
            broader=clean("broader", self.broader),
        )


def routes(use: SkillUseCases) -> APIRouter:
    """A list, and one."""
    skills = router(tags=["skills"])

    @skills.get("/skills", responses=UNCHANGED | documented(SkillPage, **LINK[200]), response_class=Response)
    async def list_skills(request: Request, filters: Annotated[SkillFilters, Depends()], page: Paging) -> Response:
        """Skills by label; with words, the best matches first, also those that are written almost so."""
        found = await use.readings.skills(filters.query(use.base_url), page)
        following = next_page(request, use.base_url, found.next)
        document = page_reply([skill_reply(one, use.base_url) for one in found.items], following.cursor)
        return reply(request, document, headers=following.headers)

    @skills.get("/skills/{skill_id}", responses=UNCHANGED | documented(SkillAnswer, 404), response_class=Response)
    async def read_skill(request: Request, skill_id: str) -> Response:
        """One skill with its neighbours. A retired one keeps its address."""
        found = await use.readings.skill(SkillId(skill_id)) if is_id(skill_id) else None
        if found is None:
            raise NotFound(NO_SKILL)
        return reply(request, skill_view_reply(found, use.base_url))

    return skills

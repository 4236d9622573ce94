"""The routes that give a published achievement in the words of other catalogues, and the style of its page."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from catalog.core.achievements.drafts import NO_ACHIEVEMENT
from catalog.core.exports import FORMATS, IN_ALL_LANGUAGES, Export, several
from catalog.core.exports.source import source_of
from catalog.core.model import AchievementId, AchievementSummary, Json, Status
from catalog.core.ports import AchievementQuery, Readings, Sort
from catalog.http.achievements.paths import PathId
from catalog.http.answers import documented
from catalog.http.contexts import LD_JSON
from catalog.http.page import CSS, STYLESHEET, STYLESHEET_PATH
from catalog.http.parameters import Filter, clean
from catalog.http.representation import FOR_EVER, SHORTLY, dumped, stored
from service_kit.app import router
from service_kit.described import UNCHANGED
from service_kit.errors import NotFound
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest
from service_kit.pagination import LINK, NextPage, next_page, page_request

AT_ONCE = 50
LANGUAGES_READ = 24  # as many as the EU has
Format = Literal["open-badges", "elm", "ctdl", "schema-org"]
FORM = Query(alias="format", description="the catalogue's terms; nothing is signed")
DOCUMENT: dict[str, Any] = {LD_JSON: {"schema": {"type": "object"}}}
EXPORTED = UNCHANGED | documented(None, 404, content=DOCUMENT)
EXPORTED_PAGE = UNCHANGED | documented(None, content=DOCUMENT, **LINK[200])


def routes(readings: Readings, base_url: str) -> APIRouter:
    """Exports, and the stylesheet."""
    exports = router(tags=["achievements"])

    @exports.get(STYLESHEET_PATH, include_in_schema=False)
    async def stylesheet(request: Request, v: str = "") -> Response:
        """For the page of an achievement; `v` changes with its content."""
        return stored(request, STYLESHEET, media_type=CSS, cache_control=FOR_EVER if v else SHORTLY)

    @exports.get("/achievements/export", responses=EXPORTED_PAGE, response_class=Response)
    async def export_achievements(
        request: Request,
        page: Annotated[PageRequest, Depends(page_request)],
        form: Annotated[Format, FORM],
        organization: Filter = None,
    ) -> Response:
        """All achievements that are published, page by page (Link `next`), in JSON-LD of another catalogue's terms."""
        found = await achievements_of(readings, base_url, form, clean("organization", organization), page)
        return exported_page(request, found.items, next_page(request, base_url, found.next))

    @exports.get("/achievements/{achievement_id:path}/export", responses=EXPORTED, response_class=Response)
    async def export_achievement(request: Request, achievement_id: PathId, form: Annotated[Format, FORM]) -> Response:
        """What is published, in JSON-LD of another catalogue's terms."""
        view = await readings.achievement(achievement_id, None)
        source = source_of(view, base_url) if view else None
        if source is None:
            raise NotFound(NO_ACHIEVEMENT)
        (document,) = await _in_terms(readings, base_url, form, [source])
        return stored(request, dumped(document), media_type=LD_JSON)

    return exports


async def achievements_of(
    readings: Readings, base_url: str, form: str, organization: str | None, page: PageRequest
) -> Page[Json]:
    """A page of achievements in another catalogue's terms."""
    query = AchievementQuery(Sort.NEWEST, organization=organization)
    found = await readings.published(query, Status.PUBLISHED, at_once(page))
    views = [await readings.achievement(one.id, None) for one in found.items]
    sources = [source for view in views if view and (source := source_of(view, base_url))]
    return Page(await _in_terms(readings, base_url, form, sources), found.next)


async def _in_terms(readings: Readings, base_url: str, form: str, sources: Sequence[Export]) -> list[Json]:
    if form in IN_ALL_LANGUAGES:
        sources = await _in_all_languages(readings, base_url, sources)
    return [FORMATS[form](source) for source in sources]


async def _in_all_languages(readings: Readings, base_url: str, sources: Sequence[Export]) -> list[Export]:
    """The same with names in other languages: of those that each names, its own organization's that are open."""
    named = [_named(source, base_url) for source in sources]
    known = await readings.chosen({one for ids in named for one in ids}) if any(named) else {}
    return [
        replace(source, others=[one.document for name in ids if (one := known.get(name)) and _is_open(one, source)])
        for source, ids in zip(sources, named, strict=True)
    ]


def _named(source: Export, base_url: str) -> list[AchievementId]:
    own = f"{base_url}/achievements/"
    named = [one.address.removeprefix(own) for one in source.translations if one.address.startswith(own)]
    return [AchievementId(name) for name in named[:LANGUAGES_READ] if is_id(name)]


def _is_open(other: AchievementSummary, source: Export) -> bool:
    return other.org_id == source.version.org_id and other.status is Status.PUBLISHED


def at_once(page: PageRequest) -> PageRequest:
    """No longer than a document may become."""
    return replace(page, limit=min(page.limit, AT_ONCE))


def exported_page(request: Request, documents: Sequence[Json], following: NextPage) -> Response:
    """Documents as one graph."""
    return stored(request, dumped(several(documents)), media_type=LD_JSON, headers=following.headers)

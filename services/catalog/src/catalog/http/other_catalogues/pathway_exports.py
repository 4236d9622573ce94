"""The routes that give published pathways in the words of other catalogues."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response

from catalog.core.exports import PATHWAY_FORMATS
from catalog.core.exports.pathway_source import pathway_source
from catalog.core.model import Json
from catalog.core.pathways.pathways import NO_PATHWAY
from catalog.core.ports import PathwayQuery, PathwayReadings
from catalog.http.contexts import LD_JSON
from catalog.http.other_catalogues.exports import EXPORTED, EXPORTED_PAGE, FORM, at_once, exported_page
from catalog.http.parameters import Filter, clean
from catalog.http.pathways.paths import PathId
from catalog.http.representation import dumped, stored
from service_kit.app import router
from service_kit.errors import NotFound
from service_kit.inputs import Page, PageRequest
from service_kit.pagination import next_page, page_request

Format = Literal["elm", "ctdl"]


def routes(readings: PathwayReadings, base_url: str) -> APIRouter:
    """One pathway, and all of them."""
    exports = router(tags=["pathways"])

    @exports.get("/pathways/export", responses=EXPORTED_PAGE, response_class=Response)
    async def export_pathways(
        request: Request,
        page: Annotated[PageRequest, Depends(page_request)],
        form: Annotated[Format, FORM],
        organization: Filter = None,
    ) -> Response:
        """All pathways that are published, page by page (Link `next`), in JSON-LD of another catalogue's terms."""
        found = await pathways_of(readings, base_url, form, clean("organization", organization), page)
        return exported_page(request, found.items, next_page(request, base_url, found.next))

    @exports.get("/pathways/{pathway_id:path}/export", responses=EXPORTED, response_class=Response)
    async def export_pathway(request: Request, pathway_id: PathId, form: Annotated[Format, FORM]) -> Response:
        """What is published, in JSON-LD of another catalogue's terms."""
        view = await readings.pathway(pathway_id, None)
        source = pathway_source(view, base_url) if view else None
        if source is None:
            raise NotFound(NO_PATHWAY)
        return stored(request, dumped(PATHWAY_FORMATS[form](source)), media_type=LD_JSON)

    return exports


async def pathways_of(
    readings: PathwayReadings, base_url: str, form: str, organization: str | None, page: PageRequest
) -> Page[Json]:
    """A page of pathways in another catalogue's terms."""
    found = await readings.published(PathwayQuery(None, organization), at_once(page))
    views = [await readings.pathway(one.id, None) for one in found.items]
    sources = [source for view in views if view and (source := pathway_source(view, base_url))]
    return Page([PATHWAY_FORMATS[form](source) for source in sources], found.next)

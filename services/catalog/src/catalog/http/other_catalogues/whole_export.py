"""The route that gives the whole catalogue in the words of another one: achievements, pathways, issuers."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from catalog.core.exports import PATHWAY_FORMATS
from catalog.core.ports import PathwayReadings, Readings
from catalog.http.other_catalogues.exports import EXPORTED_PAGE, FORM, Format, achievements_of, exported_page
from catalog.http.other_catalogues.pathway_exports import pathways_of
from catalog.http.parameters import Filter, clean
from service_kit.app import router
from service_kit.errors import invalid_field
from service_kit.inputs import PageRequest
from service_kit.pagination import NextPage, next_page, page_request

ISSUERS_PATH = "/records/issuers/export"
"""The registry's: it keeps the profiles of issuers."""
ACHIEVEMENTS, PATHWAYS = "achievements", "pathways"


def routes(achievements: Readings, pathways: PathwayReadings, base_url: str) -> APIRouter:
    """One address to begin at; the rest follows by `next`."""
    exports = router(tags=["catalog changes"])

    @exports.get("/export", responses=EXPORTED_PAGE, response_class=Response)
    async def export_catalogue(
        request: Request,
        page: Annotated[PageRequest, Depends(page_request)],
        form: Annotated[Format, FORM],
        organization: Filter = None,
    ) -> Response:
        """All that is published, page by page (Link `next`): achievements, then pathways, then issuers.

        A page is of one kind, and may be empty and still have a next one. Of pathways there are `ctdl` and `elm` only.
        """
        of = clean("organization", organization)
        kind, position = _place(page.after)
        asked = PageRequest(page.limit, position)
        if kind == ACHIEVEMENTS:
            found = await achievements_of(achievements, base_url, form, of, asked)
            then = (PATHWAYS,) if form in PATHWAY_FORMATS else None
        else:
            found = await pathways_of(pathways, base_url, form, of, asked)
            then = None
        after = (kind, *found.next) if found.next else then
        following = next_page(request, base_url, after) if after else _issuers(base_url, form, of, page.limit)
        return exported_page(request, found.items, following)

    return exports


def _place(after: tuple[str, ...] | None) -> tuple[str, tuple[str, ...] | None]:
    """What kind a cursor stands in, and where. Raises Invalid for a foreign one."""
    kind, *position = after or (ACHIEVEMENTS,)
    if kind not in {ACHIEVEMENTS, PATHWAYS}:
        raise invalid_field("cursor", "is not a cursor of this list")
    return kind, tuple(position) or None


def _issuers(base_url: str, form: str, organization: str | None, limit: int) -> NextPage:
    """Where the issuers are."""
    asked = {"format": form, "organization": organization, "limit": str(limit)}
    query = urlencode({name: value for name, value in asked.items() if value})
    return NextPage(address=f"{base_url}{ISSUERS_PATH}?{query}")

"""The routes that give issuers in the words of other catalogues."""

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from registry.core.exports import FORMATS, several
from registry.core.lookup import Lookup
from registry.http.routes import KEPT_A_MINUTE, LD_JSON, Slug
from service_kit.app import router
from service_kit.described import UNCHANGED, problems
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, next_page, page_request
from service_kit.representation import reply

AT_ONCE = 50
Format = Literal["open-badges", "elm", "ctdl", "schema-org"]
FORM = Query(alias="format", description="the catalogue's terms; nothing is signed")
DOCUMENT: dict[int | str, Any] = {
    200: {"description": "Found", "content": {LD_JSON: {"schema": {"type": "object"}}}},
    **UNCHANGED,
    **problems(404, 422),
}
PAGE: dict[int | str, Any] = {
    200: {"description": "Found", "content": {LD_JSON: {"schema": {"type": "object"}}}, **LINK[200]},
    **UNCHANGED,
    **problems(422),
}


def export_routes(lookup: Lookup) -> APIRouter:
    """One issuer, and all of them. They come before `/records/{credential}`."""
    exports = router(tags=["public record"])

    @exports.get("/records/issuers/export", responses=PAGE, response_class=Response)
    async def export_issuers(
        request: Request,
        page: Annotated[PageRequest, Depends(page_request)],
        form: Annotated[Format, FORM],
        organization: Annotated[str | None, Query(max_length=300)] = None,
    ) -> Response:
        """All issuers, active or not, page by page (Link `next`), in JSON-LD of another catalogue's terms."""
        found = await lookup.issuers(organization, PageRequest(min(page.limit, AT_ONCE), page.after))
        exported = [FORMATS[form](one, await lookup.endorsements(one), lookup.public_base_url) for one in found.items]
        following = next_page(request, lookup.public_base_url, found.next)
        return _reply(request, several(exported), following.headers)

    @exports.get("/issuers/{slug}/export", responses=DOCUMENT, response_class=Response)
    async def export_issuer(request: Request, slug: Slug, form: Annotated[Format, FORM]) -> Response:
        """An issuer's public profile, in JSON-LD of another catalogue's terms."""
        issuer = await lookup.issuer(slug)
        said = await lookup.endorsements(issuer)
        return _reply(request, FORMATS[form](issuer, said, lookup.public_base_url))

    return exports


def _reply(request: Request, document: Any, headers: dict[str, str] | None = None) -> Response:
    body = orjson.dumps(document)
    return reply(request, body, media_type=LD_JSON, cache_control=KEPT_A_MINUTE, headers=headers)

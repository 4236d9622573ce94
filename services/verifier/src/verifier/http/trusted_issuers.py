"""An organization's own list of issuers it accepts although the fleet does not know them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from service_kit.app import router
from service_kit.auth import Caller, Scope
from service_kit.described import UNCHANGED, problems
from service_kit.entity_tags import Seen, tag_of
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, link_next, page_request
from service_kit.representation import document_reply
from verifier.core.model import TrustedIssuer
from verifier.core.trust import Trust
from verifier.http.schemas import TrustedIssuerResponse, TrustedIssuersResponse

PATH = "/verifications/trusted-issuers"

MayVerify = Annotated[Caller, Depends(Scope("verifications:create"))]
IssuerId = Annotated[str, Path(alias="id", description="DID or https address of the issuer, percent-encoded")]


def routes(trust: Trust, public_base_url: str) -> APIRouter:
    """The routes, over their use case."""
    api = router(tags=["trusted issuers"])

    @api.get(PATH, responses=LINK | problems(401, 403, 422))
    async def trusted(
        request: Request, response: Response, caller: MayVerify, page: Annotated[PageRequest, Depends(page_request)]
    ) -> TrustedIssuersResponse:
        """The list, in the order of issuer ids."""
        found = await trust.page(caller.org, page)
        following = link_next(request, response, public_base_url, found.next)
        return TrustedIssuersResponse(items=[_entry(item) for item in found.items], next=following)

    _add_one(api, trust)
    return api


def _add_one(api: APIRouter, trust: Trust) -> None:
    @api.get(
        PATH + "/{id:path}", response_model=TrustedIssuerResponse, responses=UNCHANGED | problems(401, 403, 404, 422)
    )
    async def accepted(request: Request, issuer_id: IssuerId, caller: MayVerify) -> Response:
        """Whether an issuer is accepted, and since when."""
        return document_reply(request, _document(await trust.get(caller.org, issuer_id)))

    @api.put(PATH + "/{id:path}", responses=problems(401, 403, 409, 422))
    async def accept(issuer_id: IssuerId, caller: MayVerify, seen: Seen, response: Response) -> TrustedIssuerResponse:
        """Accept an issuer. Doing it again changes nothing."""
        entry = await trust.add(caller.org, issuer_id, expect=seen.expect(_tag))
        response.headers["ETag"] = _tag(entry)
        return _entry(entry)

    @api.delete(PATH + "/{id:path}", status_code=204, response_class=Response, responses=problems(401, 403, 404, 422))
    async def forget(issuer_id: IssuerId, caller: MayVerify, seen: Seen) -> None:
        """Accept it no longer."""
        await trust.remove(caller.org, issuer_id, expect=seen.expect(_tag))


def _document(issuer: TrustedIssuer) -> dict[str, Any]:
    return _entry(issuer).model_dump(mode="json")


def _tag(issuer: TrustedIssuer | None) -> str:
    """Also of what is not there: whoever saw an entry that was forgotten has seen another state."""
    return tag_of(None if issuer is None else _document(issuer))


def _entry(issuer: TrustedIssuer) -> TrustedIssuerResponse:
    return TrustedIssuerResponse(issuerId=issuer.issuer_id, addedAt=issuer.added_at)

"""An organization's own list of issuers it accepts although the fleet does not know them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from service_kit.app import router
from service_kit.auth import Caller, Scope
from service_kit.described import problems
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, link_next, page_request
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

    @api.put(PATH + "/{id:path}", responses=problems(401, 403, 409, 422))
    async def accept(issuer_id: IssuerId, caller: MayVerify) -> TrustedIssuerResponse:
        """Accept an issuer. Doing it again changes nothing."""
        return _entry(await trust.add(caller.org, issuer_id))

    @api.delete(PATH + "/{id:path}", status_code=204, response_class=Response, responses=problems(401, 403, 404, 422))
    async def forget(issuer_id: IssuerId, caller: MayVerify) -> None:
        """Accept it no longer."""
        await trust.remove(caller.org, issuer_id)

    return api


def _entry(issuer: TrustedIssuer) -> TrustedIssuerResponse:
    return TrustedIssuerResponse(issuerId=issuer.issuer_id, addedAt=issuer.added_at)

"""/learners/me/credentials: what was issued here to the person's confirmed address."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from issuer.core.addresses import Addresses
from issuer.core.own_credentials import OwnCredentials
from issuer.http.credential_bodies import CredentialsPage, summary
from issuer.http.keepers import PersonScope, digest_of
from issuer.http.problems import problems
from service_kit.app import router
from service_kit.auth import Caller
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, link_next, page_request

PREFIX = "/learners/me/credentials"
Manages = Annotated[Caller, Depends(PersonScope("backpack:manage"))]
PRIVATE = {"Cache-Control": "no-store"}


def own_credential_routes(uses: OwnCredentials, addresses: Addresses) -> APIRouter:
    """A person's own credentials, whichever organization issued them."""
    routes = router(prefix=PREFIX, tags=["backpack"])

    @routes.get(
        "",
        operation_id="listOwnCredentials",
        summary="What was issued to me here",
        response_model=CredentialsPage,
        responses=LINK | problems(422),
    )
    async def received(
        request: Request, response: Response, caller: Manages, page: Annotated[PageRequest, Depends(page_request)]
    ) -> dict[str, Any]:
        found = await uses.page(digest_of(caller), page)
        response.headers.update(PRIVATE)
        return {
            "items": [summary(credential, status, addresses) for credential, status in found.items],
            "next": link_next(request, response, addresses.base_url, found.next),
        }

    @routes.get(
        "/{credential_id}",
        operation_id="getOwnCredential",
        summary="One of them, as it was signed",
        response_model=dict[str, Any],
        responses=problems(404, 422),
    )
    async def document(credential_id: str, caller: Manages) -> Response:
        text = await uses.document(digest_of(caller), credential_id)
        return Response(text, headers=PRIVATE, media_type="application/json")

    return routes

"""/learners/me/credentials: what was issued here to the person's confirmed address."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from issuer.core.addresses import Addresses
from issuer.core.credentials.badge_image import PNG, SVG
from issuer.core.credentials.own_credentials import OwnCredentials
from issuer.core.stacks.own_record import RecordOwnStack
from issuer.http.backpack.keepers import PersonScope, digest_of, keeper
from issuer.http.credentials.badge import baked
from issuer.http.credentials.bodies import CredentialsPage, summary
from issuer.http.problems import problems
from service_kit.app import router
from service_kit.auth import Caller
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, link_next, page_request
from service_kit.representation import JSON, negotiate

PREFIX = "/learners/me/credentials"
Manages = Annotated[Caller, Depends(PersonScope("backpack:manage"))]
PRIVATE = {"Cache-Control": "no-store"}
IMAGES: dict[int | str, dict[str, Any]] = {200: {"content": {SVG: {}, PNG: {}}}}


class OwnRecordReply(BaseModel):
    """A comprehensive learner record of one's own."""

    credential: dict[str, Any] = Field(description="the signed ClrCredential")
    leftOut: list[str] = Field(  # noqa: N815 - the API's members are camelCase
        description="components that are not in it: you do not keep them, what you keep is another document by now, or "
        "they were issued here and do not stand"
    )


def own_credential_routes(uses: OwnCredentials, record: RecordOwnStack, addresses: Addresses) -> APIRouter:
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
        description=f"Asked for as {SVG} or {PNG}, the image that shows it with the document in it.",
        response_model=dict[str, Any],
        responses=IMAGES | problems(404, 422),
    )
    async def document(credential_id: str, caller: Manages, request: Request) -> Response:
        text = await uses.document(digest_of(caller), credential_id)
        wanted = negotiate(request, JSON, SVG, PNG)
        if wanted != JSON:
            return await baked(request, text, wanted)
        return Response(text, headers=PRIVATE | {"Vary": "Accept"}, media_type=JSON)

    @routes.post(
        "/{credential_id}/record",
        operation_id="recordOwnStack",
        summary="What I was awarded for a pathway, with its components",
        description="A signed ClrCredential (CLR 2.0), also with what you brought along, as long as you keep it. "
        "Nothing of it is kept here.",
        response_model=OwnRecordReply,
        responses=problems(404, 409, 422),
    )
    async def own_record(credential_id: str, caller: Manages) -> Response:
        found = await record(keeper(caller), digest_of(caller), credential_id)
        left_out = orjson.dumps(found.left_out)
        body = b'{"credential":' + found.text.encode() + b',"leftOut":' + left_out + b"}"
        return Response(body, headers=PRIVATE, media_type="application/json")

    return routes

"""Routes about issuers. The public profile and DID document are the registry's."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from issuer.core.issuers.issuers import NewIssuer
from issuer.http.issuers.bodies import (
    IssuerAmendment,
    IssuerCreation,
    IssuerReply,
    IssuersReply,
    PolicyBody,
    PolicyReply,
    issuer_reply,
    issuer_tag,
    policy_reply,
    policy_tag,
)
from issuer.http.problems import problems
from issuer.http.services import Services
from service_kit.app import router
from service_kit.auth import Caller, Scope
from service_kit.described import MADE, UNCHANGED
from service_kit.entity_tags import Seen
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.pagination import LINK, link_next, page_request
from service_kit.representation import document_reply

ManagesIssuers = Annotated[Caller, Depends(Scope("issuers:manage"))]
Paging = Annotated[PageRequest, Depends(page_request)]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]


def issuer_routes(services: Services) -> APIRouter:
    """`/issuers`."""
    routes = router(prefix="/issuers", tags=["issuers"])
    addresses = services.addresses

    @routes.post("", status_code=201, summary="Open an issuer", responses=MADE | problems(409, 413, 422))
    async def open_issuer(caller: ManagesIssuers, body: IssuerCreation, key: Key, response: Response) -> IssuerReply:
        new = NewIssuer(
            org_id=caller.org,
            actor=caller.actor,
            slug=body.slug,
            method=body.method,
            profile=body.profile(),
            algorithms=tuple(body.keys),
            key=key,
        )
        issuer = await services.open_issuer(new)
        response.headers["Location"] = addresses.issuer(issuer.slug)
        response.headers["ETag"] = issuer_tag(issuer)
        return issuer_reply(issuer, addresses)

    @routes.get("", summary="List your issuers", responses=LINK | problems(422))
    async def list_issuers(request: Request, response: Response, caller: ManagesIssuers, page: Paging) -> IssuersReply:
        found = await services.queries.issuers(caller.org, page)
        items = [issuer_reply(issuer, addresses) for issuer in found.items]
        return IssuersReply(items=items, next=link_next(request, response, addresses.base_url, found.next))

    @routes.patch("/{slug}", summary="Amend an issuer's profile", responses=problems(404, 413, 422))
    async def amend_issuer(
        caller: ManagesIssuers, slug: str, body: IssuerAmendment, seen: Seen, response: Response
    ) -> IssuerReply:
        expect = seen.expect(issuer_tag)
        issuer = await services.amend_issuer(caller.org, slug, body.profile(), body.active, expect=expect)
        response.headers["ETag"] = issuer_tag(issuer)
        return issuer_reply(issuer, addresses)

    _add_policy(routes, services)
    return routes


def _add_policy(routes: APIRouter, services: Services) -> None:
    @routes.get(
        "/{slug}/policy",
        summary="Read an issuer's issuing policy",
        response_model=PolicyReply,
        responses=UNCHANGED | problems(404, 422),
    )
    async def read_policy(request: Request, caller: ManagesIssuers, slug: str) -> Response:
        issuer = await services.queries.issuer(caller.org, slug)
        return document_reply(request, policy_reply(issuer.policy))

    @routes.put("/{slug}/policy", summary="Set an issuer's issuing policy", responses=problems(404, 413, 422))
    async def set_policy(
        caller: ManagesIssuers, slug: str, body: PolicyBody, seen: Seen, response: Response
    ) -> IssuerReply:
        expect = seen.expect(policy_tag)
        issuer = await services.set_policy(caller.org, slug, body.policy(), caller.actor, expect=expect)
        response.headers["ETag"] = policy_tag(issuer)
        return issuer_reply(issuer, services.addresses)

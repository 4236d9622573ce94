"""Routes about endorsements: given, handed in, accepted, declined, revoked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from issuer.core.addresses import Addresses
from issuer.core.endorsements.decide import DecideEndorsement
from issuer.core.endorsements.endorse import Endorse
from issuer.core.endorsements.endorsements import EndorsementQueries
from issuer.core.endorsements.model import Endorsement, EndorsementStatus
from issuer.core.endorsements.ports import WantedEndorsements
from issuer.core.endorsements.present import PresentEndorsement
from issuer.http.endorsements.bodies import (
    EndorsementReply,
    EndorsementsPage,
    EndorseRequest,
    PresentRequest,
    Role,
    detail,
    summary,
)
from issuer.http.problems import problems
from service_kit.app import router
from service_kit.auth import Caller, Scope
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.pagination import LINK, link_next, page_request

Endorses = Annotated[Caller, Depends(Scope("credentials:issue-any"))]
Shows = Annotated[Caller, Depends(Scope("catalog:write"))]
Revokes = Annotated[Caller, Depends(Scope("credentials:revoke"))]
Reads = Annotated[Caller, Depends(Scope("credentials:read"))]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]
LOCATION = {"Location": {"description": "the endorsement's id", "schema": {"type": "string", "format": "uri"}}}
CREATED: dict[int | str, dict[str, Any]] = {201: {"model": EndorsementReply, "headers": LOCATION}}
PRIVATE = {"Cache-Control": "private, no-store"}
REPEATED = "Repeating it does nothing and succeeds."


@dataclass(frozen=True, slots=True)
class EndorsementUses:
    """What the routes call."""

    addresses: Addresses
    endorse: Endorse
    present: PresentEndorsement
    decide: DecideEndorsement
    queries: EndorsementQueries


def endorsement_routes(uses: EndorsementUses) -> APIRouter:
    """`/endorsements`, and what an issuer endorses."""
    routes = router(tags=["endorsements"])
    _add_new(routes, uses)
    _add_reads(routes, uses)
    _add_decisions(routes, uses)
    return routes


def _add_new(routes: APIRouter, uses: EndorsementUses) -> None:
    @routes.post(
        "/issuers/{slug}/endorsements",
        status_code=201,
        operation_id="endorse",
        summary="Endorse an achievement, a pathway or an issuer",
        description="Signed by the issuer, offered to the organization that it is about, revocable.",
        responses=CREATED | problems(404, 409, 413, 422),
    )
    async def endorse(caller: Endorses, slug: str, body: EndorseRequest, key: Key) -> Response:
        return _created(await uses.endorse(body.order(caller, slug, key)), uses.addresses)

    @routes.post(
        "/endorsements",
        status_code=201,
        operation_id="presentEndorsement",
        summary="Hand in an endorsement that somebody signed",
        description="Verified at once. By the organization that it is about: accepted; by any other: offered to it.",
        responses=CREATED | problems(409, 413, 422),
    )
    async def present(caller: Shows, body: PresentRequest, key: Key) -> Response:
        return _created(await uses.present(body.order(caller, key)), uses.addresses)


def _add_reads(routes: APIRouter, uses: EndorsementUses) -> None:
    @routes.get(
        "/endorsements",
        summary="List the endorsements that you received or gave",
        response_model=EndorsementsPage,
        responses=LINK | problems(422),
    )
    async def list_endorsements(
        *,
        request: Request,
        response: Response,
        caller: Reads,
        page: Annotated[PageRequest, Depends(page_request)],
        role: Annotated[Role, Query(description="of what is yours, or by your issuers")] = "received",
        status: Annotated[EndorsementStatus | None, Query()] = None,
    ) -> dict[str, Any]:
        wanted = WantedEndorsements(received=role == "received", status=status)
        found = await uses.queries.page(caller.org, wanted, page)
        response.headers.update(PRIVATE)
        return {
            "items": [summary(one, uses.addresses) for one in found.items],
            "next": link_next(request, response, uses.addresses.base_url, found.next),
        }

    @routes.get(
        "/endorsements/{endorsement_id}",
        summary="An endorsement that you have to do with",
        response_model=EndorsementReply,
        responses=problems(404, 422),
    )
    async def read_endorsement(caller: Reads, endorsement_id: str) -> Response:
        return _shown(await uses.queries.one(caller.org, endorsement_id), uses.addresses)


def _add_decisions(routes: APIRouter, uses: EndorsementUses) -> None:
    decide = uses.decide

    def add(name: str, summary_: str, caller_type: Any, act: Callable[..., Awaitable[Endorsement]]) -> None:
        async def change(caller: caller_type, endorsement_id: str) -> Response:
            return _shown(await act(caller.org, endorsement_id, actor=caller.actor), uses.addresses)

        routes.add_api_route(
            f"/endorsements/{{endorsement_id}}/{name}",
            change,
            methods=["POST"],
            operation_id=f"{name}Endorsement",
            summary=summary_,
            description=REPEATED,
            response_model=EndorsementReply,
            responses=problems(404, 409, 422),
        )

    add("accept", "Show an endorsement of what is yours", Shows, decide.accept)
    add("decline", "Show it no more, or never", Shows, decide.decline)
    add("revoke", "Revoke an endorsement that your issuer gave", Revokes, decide.revoke)


def _created(endorsement: Endorsement, addresses: Addresses) -> Response:
    headers = {**PRIVATE, "Location": addresses.endorsement(endorsement.id)}
    return Response(detail(endorsement, addresses), 201, headers=headers, media_type="application/json")


def _shown(endorsement: Endorsement, addresses: Addresses) -> Response:
    return Response(detail(endorsement, addresses), headers=PRIVATE, media_type="application/json")

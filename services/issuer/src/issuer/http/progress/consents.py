"""/learners/me/consents: who may see how far I am; /progress: what such an organization sees."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from issuer.core.progress.consents import ConsentOrder, EndConsent, GrantConsent, ReadConsents
from issuer.core.progress.shared import SeeProgress
from issuer.http.backpack.keepers import PersonScope, keeper, learner
from issuer.http.problems import problems
from issuer.http.progress.consents_bodies import (
    ConsentReply,
    ConsentRequest,
    ConsentsPage,
    SharedPage,
    SharedReply,
    consent_reply,
    shared_reply,
    shared_summary,
)
from issuer.http.progress.progress import PRIVATE
from service_kit.app import router
from service_kit.auth import Caller, Scope
from service_kit.clock import Clock
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.pagination import LINK, link_next, page_request

Consents = Annotated[Caller, Depends(PersonScope("consents:manage"))]
Reads = Annotated[Caller, Depends(Scope("credentials:read"))]
Asked = Annotated[PageRequest, Depends(page_request)]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]
PREFIX = "/learners/me/consents"


@dataclass(frozen=True, slots=True)
class ConsentUses:
    """What is behind these routes."""

    grant: GrantConsent
    end: EndConsent
    read: ReadConsents
    see: SeeProgress


def consent_routes(uses: ConsentUses, base_url: str, clock: Clock) -> APIRouter:
    """`/learners/me/consents`."""
    routes = router(prefix=PREFIX, tags=["progress"])
    _add_consenting(routes, uses, base_url, clock)
    _add_ending(routes, uses)
    return routes


def _add_consenting(routes: APIRouter, uses: ConsentUses, base_url: str, clock: Clock) -> None:
    @routes.post(
        "",
        status_code=201,
        operation_id="grantConsent",
        summary="Let a pathway's owner see how far I am",
        response_model=ConsentReply,
        responses=problems(409, 410, 413, 422),
    )
    async def grant(response: Response, caller: Consents, body: ConsentRequest, key: Key) -> dict[str, Any]:
        order = ConsentOrder(
            learner=learner(caller),
            pathway=body.pathway,
            purpose=body.purpose,
            shows_address="email" in body.shows,
            allows_award="award" in body.allows,
            expires_at=body.expiresAt,
            key=key,
        )
        made = await uses.grant(order)
        response.headers.update(PRIVATE)
        return consent_reply(made, clock())

    @routes.get(
        "",
        operation_id="listConsents",
        summary="Who may see how far I am, and when they last looked",
        response_model=ConsentsPage,
        responses=LINK | problems(422),
    )
    async def consents(request: Request, response: Response, caller: Consents, page: Asked) -> dict[str, Any]:
        found = await uses.read.page(keeper(caller), page)
        response.headers.update(PRIVATE)
        now = clock()
        items = [consent_reply(one, now) for one in found.items]
        return {"items": items, "next": link_next(request, response, base_url, found.next)}


def _add_ending(routes: APIRouter, uses: ConsentUses) -> None:
    @routes.post(
        "/{consent_id}/withdraw",
        status_code=204,
        response_class=Response,
        operation_id="withdrawConsent",
        summary="End a consent at once",
        description="You still see that it was given and when it was last used. Repeating it does nothing.",
        responses=problems(404, 422),
    )
    async def withdraw(caller: Consents, consent_id: str) -> None:
        await uses.end.withdraw(keeper(caller), consent_id)

    @routes.delete(
        "/{consent_id}",
        status_code=204,
        response_class=Response,
        operation_id="eraseConsent",
        summary="End a consent, and erase that it was given",
        responses=problems(404, 422),
    )
    async def erase(caller: Consents, consent_id: str) -> None:
        await uses.end.erase(keeper(caller), consent_id)


def shared_progress_routes(uses: ConsentUses, base_url: str) -> APIRouter:
    """`/progress`."""
    routes = router(prefix="/progress", tags=["progress"])

    @routes.get(
        "",
        operation_id="listSharedProgress",
        summary="How far learners are who let you see it",
        description="Of a pathway of yours. Each time is noted, and the learner sees when it was last.",
        response_model=SharedPage,
        responses=LINK | problems(404, 422),
    )
    async def listed(
        request: Request,
        response: Response,
        caller: Reads,
        page: Asked,
        pathway: Annotated[str, Query(max_length=500, description="URL or UUID of a pathway of yours")],
    ) -> dict[str, Any]:
        found = await uses.see.page(caller.org, pathway, page, actor=caller.actor)
        response.headers.update(PRIVATE)
        items = [shared_summary(one) for one in found.items]
        return {"items": items, "next": link_next(request, response, base_url, found.next)}

    @routes.get(
        "/{consent_id}",
        operation_id="getSharedProgress",
        summary="How far a learner is who lets you see it, and why",
        response_model=SharedReply,
        responses=problems(404, 422),
    )
    async def one(response: Response, caller: Reads, consent_id: str) -> dict[str, Any]:
        response.headers.update(PRIVATE)
        return shared_reply(await uses.see.one(caller.org, consent_id, actor=caller.actor))

    return routes

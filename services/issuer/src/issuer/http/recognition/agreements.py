"""Routes about recognition agreements: what two institutions do with them, and what everybody reads."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from issuer.core.addresses import Addresses
from issuer.core.recognition.acting import ActOnAgreement, PartyAct
from issuer.core.recognition.agreement import Act, AgreementState
from issuer.core.recognition.agreement_queries import AgreementQueries
from issuer.core.recognition.agreements import Proposal, ProposeAgreement
from issuer.core.recognition.partner_acts import ActElsewhere
from issuer.http.problems import problems
from issuer.http.recognition.agreement_bodies import (
    ActRequest,
    AgreementReply,
    AgreementRequest,
    AgreementsPage,
    PartyAgreementReply,
    SignRequest,
    StandingReply,
    StatementRequest,
    agreement_reply,
    party_reply,
    standing_reply,
)
from service_kit.app import router
from service_kit.auth import Caller, Scope
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.pagination import LINK, link_next, page_request

Manages = Annotated[Caller, Depends(Scope("issuers:manage"))]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]
REPEATED = "Repeating it does nothing and succeeds."
TAGS = ["recognition"]


def agreement_routes(
    propose: ProposeAgreement, act: ActOnAgreement, queries: AgreementQueries, addresses: Addresses
) -> APIRouter:
    """`/recognitions/agreements`: for the parties."""
    routes = router(prefix="/recognitions/agreements", tags=TAGS)
    _add_proposing(routes, propose, queries, addresses)
    _add_acts(routes, act, queries, addresses)
    return routes


def _add_proposing(
    routes: APIRouter, propose: ProposeAgreement, queries: AgreementQueries, addresses: Addresses
) -> None:
    @routes.post(
        "",
        status_code=201,
        operation_id="proposeAgreement",
        summary="Propose an agreement",
        description="The other institution signs it. What was proposed is never changed: propose another instead.",
        response_model=PartyAgreementReply,
        responses=problems(409, 413, 422, 503),
    )
    async def propose_agreement(caller: Manages, body: AgreementRequest, key: Key, response: Response) -> Any:
        proposal = Proposal(
            org_id=caller.org, actor=caller.actor, members=body.members(), replaces=body.replaces, key=key
        )
        life = await propose(proposal)
        response.headers["Location"] = f"{addresses.base_url}/recognitions/agreements/{life.agreement.id}"
        return party_reply(life.agreement, life.changes, caller.org, addresses)

    @routes.get(
        "",
        operation_id="listOwnAgreements",
        summary="Your agreements, on either side",
        response_model=AgreementsPage,
        responses=LINK | problems(422),
    )
    async def list_agreements(
        *,
        request: Request,
        response: Response,
        caller: Manages,
        page: Annotated[PageRequest, Depends(page_request)],
        status: Annotated[AgreementState | None, Query(description="only those that stand there")] = None,
    ) -> Any:
        found = await queries.of_party(caller.org, status, page)
        return {
            "items": [agreement_reply(one, addresses) for one in found.items],
            "next": link_next(request, response, addresses.base_url, found.next),
        }

    @routes.get(
        "/{agreement_id}",
        operation_id="getOwnAgreement",
        summary="One of them, with its history",
        response_model=PartyAgreementReply,
        responses=problems(404, 422),
    )
    async def read_agreement(caller: Manages, agreement_id: str) -> Any:
        life = await queries.one(caller.org, agreement_id)
        return party_reply(life.agreement, life.changes, caller.org, addresses)


def _add_acts(routes: APIRouter, act: ActOnAgreement, queries: AgreementQueries, addresses: Addresses) -> None:
    answers: dict[str, Any] = {
        "description": REPEATED,
        "response_model": PartyAgreementReply,
        "responses": problems(404, 409, 413, 422),
    }

    async def done(
        caller: Caller, agreement_id: str, what: Act, *, reason: str | None = None, signed: SignRequest | None = None
    ) -> Any:
        command = PartyAct(
            org_id=caller.org,
            actor=caller.actor,
            agreement_id=agreement_id,
            act=what,
            reason=reason,
            digest=None if signed is None else signed.digest,
            signature=None if signed is None else signed.signature,
        )
        await act(command)
        life = await queries.one(caller.org, agreement_id)
        return party_reply(life.agreement, life.changes, caller.org, addresses)

    @routes.post("/{agreement_id}/sign", operation_id="signAgreement", summary="Sign a proposal", **answers)
    async def sign(caller: Manages, agreement_id: str, body: SignRequest) -> Any:
        return await done(caller, agreement_id, Act.SIGN, signed=body)

    @routes.post("/{agreement_id}/decline", operation_id="declineAgreement", summary="Decline a proposal", **answers)
    async def decline(caller: Manages, agreement_id: str, body: ActRequest) -> Any:
        return await done(caller, agreement_id, Act.DECLINE, reason=body.reason)

    @routes.post("/{agreement_id}/withdraw", operation_id="withdrawAgreement", summary="Withdraw a proposal", **answers)
    async def withdraw(caller: Manages, agreement_id: str, body: ActRequest) -> Any:
        return await done(caller, agreement_id, Act.WITHDRAW, reason=body.reason)

    @routes.post("/{agreement_id}/end", operation_id="endAgreement", summary="End an agreement", **answers)
    async def end(caller: Manages, agreement_id: str, body: ActRequest) -> Any:
        return await done(caller, agreement_id, Act.END, reason=body.reason)


def public_agreement_routes(queries: AgreementQueries, elsewhere: ActElsewhere, addresses: Addresses) -> APIRouter:
    """`/recognition-agreements`: who recognises what, for everybody, and what partners elsewhere do."""
    routes = router(prefix="/recognition-agreements", tags=TAGS)

    @routes.get(
        "",
        operation_id="listAgreements",
        summary="Who recognises what",
        response_model=AgreementsPage,
        responses=LINK | problems(422),
    )
    async def list_signed(
        *,
        request: Request,
        response: Response,
        page: Annotated[PageRequest, Depends(page_request)],
        issuer: Annotated[str | None, Query(max_length=500, description="DID of either side")] = None,
        programme: Annotated[str | None, Query(max_length=500, description="its URL")] = None,
        status: Annotated[AgreementState, Query(description="signed, expired, or ended")] = AgreementState.SIGNED,
    ) -> Any:
        found = await queries.signed(issuer=issuer, programme=programme, state=status, page=page)
        return {
            "items": [agreement_reply(one, addresses) for one in found.items],
            "next": link_next(request, response, addresses.base_url, found.next),
        }

    @routes.get(
        "/{agreement_id}",
        operation_id="getAgreement",
        summary="An agreement that was signed",
        response_model=AgreementReply,
        responses=problems(404, 422),
    )
    async def read_signed(agreement_id: str) -> Any:
        return agreement_reply(await queries.public(agreement_id), addresses)

    @routes.post(
        "/{agreement_id}/statements",
        operation_id="actOnAgreementElsewhere",
        summary="Sign, decline or end as a partner elsewhere",
        description="By a key of the source issuer's DID, and without a token: whoever brings what it signed adds "
        f"nothing. {REPEATED}",
        response_model=StandingReply,
        responses=problems(404, 409, 413, 422),
    )
    async def act_elsewhere(agreement_id: str, body: StatementRequest) -> Any:
        return standing_reply(await elsewhere(agreement_id, body.statement), addresses)

    return routes

"""Routes about recognitions: for the institutions that decide, and for learners."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from issuer.core.addresses import Addresses
from issuer.core.credentials.recipient import EMAIL, Recipient, fingerprint
from issuer.core.recognition.cases import Cases, Step
from issuer.core.recognition.life import RecognitionLife
from issuer.core.recognition.ports import Viewer, WantedRecognitions
from issuer.core.recognition.queries import RecognitionQueries
from issuer.core.recognition.recognition import By
from issuer.core.recognition.requests import RequestRecognition
from issuer.core.recognition.vetting import Request as Asked
from issuer.http.backpack.keepers import digest_of
from issuer.http.problems import problems
from issuer.http.recognition.bodies import (
    CaseReply,
    CaseRequest,
    EvidenceRequest,
    GrantRequest,
    OwnRecognitionRequest,
    RecognitionReply,
    RecognitionRequest,
    RecognitionsPage,
    reply,
    summary,
)
from issuer.http.recognition.parameters import PRIVATE, Issues, Key, Learner, Matter, Paging, Programme, Reads, State
from service_kit.app import router
from service_kit.auth import Caller
from service_kit.errors import Forbidden
from service_kit.pagination import LINK, link_next

REPEATED = "Repeating it does nothing and succeeds."
OUTCOME = (
    "Decided at once where an agreement is about the credential: `granted` or `refused`. Else it is `open`: a case "
    "that the institution decides."
)


@dataclass(frozen=True, slots=True)
class RecognitionUses:
    """What the routes call."""

    request: RequestRecognition
    cases: Cases
    queries: RecognitionQueries
    addresses: Addresses


def recognition_routes(uses: RecognitionUses) -> APIRouter:
    """`/recognitions`: the institution's."""
    routes = router(prefix="/recognitions", tags=["recognition"])
    _add_request(routes, uses)
    _add_reads(routes, uses)
    _add_decisions(routes, uses)
    return routes


def _add_request(routes: APIRouter, uses: RecognitionUses) -> None:
    @routes.post(
        "",
        status_code=201,
        operation_id="requestRecognition",
        summary="Have a learner's credential recognised",
        description=OUTCOME,
        response_model=CaseReply,
        responses=problems(403, 409, 413, 422, 503),
    )
    async def request_recognition(caller: Issues, body: RecognitionRequest, key: Key, response: Response) -> Any:
        text, notation = body.presented()
        asked = Asked(
            owner=caller.org,
            actor=caller.actor,
            by=By.INSTITUTION,
            person=None,
            org_id=caller.org,
            programme=body.programme,
            text=text,
            notation=notation,
            recipient=body.recipient.recipient(),
            vouched=body.vouched,
            evidence=body.items(By.INSTITUTION),
            key=key,
        )
        life = await uses.request(asked)
        response.headers["Location"] = uses.addresses.recognition(life.recognition.id)
        return reply(life, uses.addresses, to_institution=True)


def _add_reads(routes: APIRouter, uses: RecognitionUses) -> None:
    addresses, queries = uses.addresses, uses.queries

    @routes.get(
        "",
        operation_id="listRecognitions",
        summary="Recognitions that you decide",
        response_model=RecognitionsPage,
        responses=LINK | problems(422),
    )
    async def list_recognitions(
        *,
        request: Request,
        response: Response,
        caller: Reads,
        page: Paging,
        state: State = None,
        programme: Programme = None,
        source: Matter = None,
    ) -> Any:
        found = await queries.page(Viewer(org_id=caller.org), WantedRecognitions(state, programme, source), page)
        return {
            "items": [summary(one, addresses) for one in found.items],
            "next": link_next(request, response, addresses.base_url, found.next),
        }

    @routes.get(
        "/{recognition_id}",
        operation_id="getRecognition",
        summary="What was asked, decided and done since",
        response_model=CaseReply,
        responses=problems(404, 422),
    )
    async def read_recognition(caller: Reads, recognition_id: str) -> Any:
        return reply(await queries.one(Viewer(org_id=caller.org), recognition_id), addresses, to_institution=True)


def _add_decisions(routes: APIRouter, uses: RecognitionUses) -> None:
    answers: dict[str, Any] = {"response_model": CaseReply, "description": REPEATED}
    answers["responses"] = problems(404, 409, 413, 422, 503)

    def step(caller: Caller, recognition_id: str, reason: str | None = None) -> Step:
        viewer = Viewer(org_id=caller.org)
        return Step(viewer=viewer, actor=caller.actor, by=By.INSTITUTION, recognition_id=recognition_id, reason=reason)

    async def answer(caller: Caller, recognition_id: str) -> Any:
        life = await uses.queries.one(Viewer(org_id=caller.org), recognition_id)
        return reply(life, uses.addresses, to_institution=True)

    @routes.post("/{recognition_id}/grant", operation_id="grantRecognition", summary="Award it", **answers)
    async def grant(caller: Issues, recognition_id: str, body: GrantRequest) -> Any:
        await uses.cases.grant(step(caller, recognition_id, body.reason), body.given())
        return await answer(caller, recognition_id)

    @routes.post("/{recognition_id}/refuse", operation_id="refuseRecognition", summary="Award nothing", **answers)
    async def refuse(caller: Issues, recognition_id: str, body: CaseRequest) -> Any:
        await uses.cases.refuse(step(caller, recognition_id, body.reason))
        return await answer(caller, recognition_id)

    @routes.post("/{recognition_id}/evidence", operation_id="addEvidence", summary="Add to a case", **answers)
    async def add_evidence(caller: Issues, recognition_id: str, body: EvidenceRequest) -> Any:
        await uses.cases.add_evidence(step(caller, recognition_id), body.items(By.INSTITUTION))
        return await answer(caller, recognition_id)


def own_recognition_routes(uses: RecognitionUses) -> APIRouter:
    """`/learners/me/recognitions`: a learner's."""
    routes = router(prefix="/learners/me/recognitions", tags=["recognition"])
    _add_own_request(routes, uses)
    _add_own_reads(routes, uses)
    _add_own_steps(routes, uses)
    return routes


def _add_own_request(routes: APIRouter, uses: RecognitionUses) -> None:
    @routes.post(
        "",
        status_code=201,
        operation_id="requestOwnRecognition",
        summary="Have my credential recognised",
        description=OUTCOME,
        response_model=RecognitionReply,
        responses=problems(403, 409, 413, 422, 503),
    )
    async def request_own(caller: Learner, body: OwnRecognitionRequest, key: Key, response: Response) -> Any:
        text, notation = body.presented()
        asked = Asked(
            owner=caller.subject,
            actor=caller.actor,
            by=By.LEARNER,
            person=caller.subject,
            org_id=None,
            programme=body.programme,
            text=text,
            notation=notation,
            recipient=_confirmed(caller, body.email),
            vouched=None,
            evidence=body.items(By.LEARNER),
            key=key,
        )
        life = await uses.request(asked)
        response.headers["Location"] = f"{uses.addresses.base_url}/learners/me/recognitions/{life.recognition.id}"
        return _own(response, life, uses.addresses)


def _add_own_reads(routes: APIRouter, uses: RecognitionUses) -> None:
    addresses, queries = uses.addresses, uses.queries

    @routes.get(
        "",
        operation_id="listOwnRecognitions",
        summary="What I asked to be recognised",
        response_model=RecognitionsPage,
        responses=LINK | problems(422),
    )
    async def list_own(
        *,
        request: Request,
        response: Response,
        caller: Learner,
        page: Paging,
        state: State = None,
        programme: Programme = None,
    ) -> Any:
        viewer = await queries.learner(caller.subject, digest_of(caller))
        found = await queries.page(viewer, WantedRecognitions(state, programme), page)
        response.headers.update(PRIVATE)
        return {
            "items": [summary(one, addresses) for one in found.items],
            "next": link_next(request, response, addresses.base_url, found.next),
        }

    @routes.get(
        "/{recognition_id}",
        operation_id="getOwnRecognition",
        summary="One of them, with its history",
        response_model=RecognitionReply,
        responses=problems(404, 422),
    )
    async def read_own(caller: Learner, recognition_id: str, response: Response) -> Any:
        viewer = await queries.learner(caller.subject, digest_of(caller))
        return _own(response, await queries.one(viewer, recognition_id), addresses)


def _add_own_steps(routes: APIRouter, uses: RecognitionUses) -> None:
    answers: dict[str, Any] = {"response_model": RecognitionReply, "description": REPEATED}
    answers["responses"] = problems(403, 404, 409, 413, 422, 503)

    async def step(caller: Caller, recognition_id: str, reason: str | None = None) -> Step:
        viewer = await uses.queries.learner(caller.subject, digest_of(caller))
        return Step(viewer=viewer, actor=caller.actor, by=By.LEARNER, recognition_id=recognition_id, reason=reason)

    async def answer(response: Response, done: Step) -> Any:
        return _own(response, await uses.queries.one(done.viewer, done.recognition_id), uses.addresses)

    @routes.post(
        "/{recognition_id}/appeal", operation_id="appealRecognition", summary="Have a refusal decided again", **answers
    )
    async def appeal(caller: Learner, recognition_id: str, body: CaseRequest, response: Response) -> Any:
        asked = await step(caller, recognition_id, body.reason)
        await uses.cases.appeal(asked)
        return await answer(response, asked)

    @routes.post("/{recognition_id}/withdraw", operation_id="withdrawRecognition", summary="Ask no longer", **answers)
    async def withdraw(caller: Learner, recognition_id: str, body: CaseRequest, response: Response) -> Any:
        asked = await step(caller, recognition_id, body.reason)
        await uses.cases.withdraw(asked)
        return await answer(response, asked)

    @routes.delete(
        "/{recognition_id}",
        status_code=204,
        response_class=Response,
        operation_id="eraseOwnRecognition",
        summary="Erase what I showed for it",
        responses=problems(403, 404, 409, 422),
    )
    async def erase(caller: Learner, recognition_id: str) -> None:
        await uses.cases.erase(await step(caller, recognition_id))

    @routes.post("/{recognition_id}/evidence", operation_id="addOwnEvidence", summary="Add to my case", **answers)
    async def add_own_evidence(caller: Learner, recognition_id: str, body: EvidenceRequest, response: Response) -> Any:
        asked = await step(caller, recognition_id)
        await uses.cases.add_evidence(asked, body.items(By.LEARNER))
        return await answer(response, asked)


def _confirmed(caller: Caller, email: str) -> Recipient:
    """The learner, by the address that the token says was confirmed."""
    recipient = Recipient(EMAIL, email)
    if fingerprint(recipient) != digest_of(caller):
        raise Forbidden("email: is not the address that you confirmed", code="address-not-confirmed")
    return recipient


def _own(response: Response, life: RecognitionLife, addresses: Addresses) -> Any:
    response.headers.update(PRIVATE)
    return reply(life, addresses, to_institution=False)

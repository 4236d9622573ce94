"""Routes that give a refusal as a signed statement: to the institution that decided, and to the learner."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from issuer.core.recognition.ports import Viewer
from issuer.core.recognition.queries import RecognitionQueries
from issuer.core.recognition.statement import StateRefusal
from issuer.http.backpack.keepers import digest_of
from issuer.http.problems import problems
from issuer.http.recognition.parameters import PRIVATE, Issues, Learner
from service_kit.app import router

DESCRIPTION = (
    "A verifiable credential of type `RecognitionDecision`: what was refused, when, why, and until when an appeal is "
    "in time. It is no achievement credential: no backpack takes it, and nothing counts it. Repeating it gives the "
    "same text."
)


class DecisionReply(BaseModel):
    """The statement."""

    credential: dict[str, object] = Field(description="signed; an EnvelopedVerifiableCredential of RSA issuers")


def decision_routes(state: StateRefusal, queries: RecognitionQueries) -> APIRouter:
    """`/recognitions/{id}/decision` and `/learners/me/recognitions/{id}/decision`."""
    routes = router(tags=["recognition"])

    @routes.post(
        "/recognitions/{recognition_id}/decision",
        operation_id="signRefusal",
        summary="A refusal as a signed statement",
        description=DESCRIPTION,
        response_model=DecisionReply,
        responses=problems(404, 409, 422),
    )
    async def sign_refusal(caller: Issues, recognition_id: str) -> Response:
        return _answer(await state(Viewer(org_id=caller.org), caller.actor, recognition_id))

    @routes.post(
        "/learners/me/recognitions/{recognition_id}/decision",
        operation_id="signOwnRefusal",
        summary="What was refused to me, as a signed statement",
        description=DESCRIPTION,
        response_model=DecisionReply,
        responses=problems(403, 404, 409, 422),
    )
    async def sign_own_refusal(caller: Learner, recognition_id: str) -> Response:
        viewer = await queries.learner(caller.subject, digest_of(caller))
        return _answer(await state(viewer, caller.actor, recognition_id))

    return routes


def _answer(text: str) -> Response:
    """The text as it was signed."""
    return Response(b'{"credential":' + text.encode() + b"}", media_type="application/json", headers=PRIVATE)

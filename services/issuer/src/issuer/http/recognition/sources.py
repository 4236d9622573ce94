"""Routes about what is recognised and was issued elsewhere: an institution reviews it, or shows it anew."""

from typing import Any

from fastapi import APIRouter

from issuer.core.addresses import Addresses
from issuer.core.recognition.cases import Step
from issuer.core.recognition.ports import Viewer
from issuer.core.recognition.queries import RecognitionQueries
from issuer.core.recognition.recognition import By
from issuer.core.recognition.review import ReviewSources
from issuer.http.problems import problems
from issuer.http.recognition.bodies import CaseReply, CaseRequest, SourceRequest, reply
from issuer.http.recognition.parameters import Issues
from service_kit.app import router
from service_kit.auth import Caller

REPEATED = "Repeating it does nothing and succeeds."


def source_routes(review: ReviewSources, queries: RecognitionQueries, addresses: Addresses) -> APIRouter:
    """Below `/recognitions/{id}`: the institution's."""
    routes = router(prefix="/recognitions", tags=["recognition"])
    answers: dict[str, Any] = {"response_model": CaseReply, "responses": problems(404, 409, 413, 422)}

    def step(caller: Caller, recognition_id: str, reason: str | None = None) -> Step:
        viewer = Viewer(org_id=caller.org)
        return Step(viewer=viewer, actor=caller.actor, by=By.INSTITUTION, recognition_id=recognition_id, reason=reason)

    async def answer(caller: Caller, recognition_id: str) -> Any:
        life = await queries.one(Viewer(org_id=caller.org), recognition_id)
        return reply(life, addresses, to_institution=True)

    @routes.post(
        "/{recognition_id}/keep",
        operation_id="keepReviewedRecognition",
        summary="Keep an award after a review",
        description="In spite of what `sourceStatus.review` says; else revoke or suspend the award, as any credential. "
        + REPEATED,
        **answers,
    )
    async def keep(caller: Issues, recognition_id: str, body: CaseRequest) -> Any:
        await review.keep(step(caller, recognition_id, body.reason))
        return await answer(caller, recognition_id)

    @routes.post(
        "/{recognition_id}/source",
        operation_id="showRecognisedAgain",
        summary="Show again what was recognised",
        description="So that its status and key are followed, where nothing was kept to look by. Of the credential no "
        f"more is kept than that. {REPEATED}",
        **answers,
    )
    async def show(caller: Issues, recognition_id: str, body: SourceRequest) -> Any:
        await review.show(step(caller, recognition_id), *body.presented())
        return await answer(caller, recognition_id)

    return routes

"""/learners/me/pathways: how far I am, by everything I hold."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from issuer.core.progress.progress import OwnProgress
from issuer.http.backpack.keepers import PersonScope, learner
from issuer.http.problems import problems
from issuer.http.progress.bodies import ProgressPage, ProgressReply, progress_reply, progress_summary
from service_kit.app import router
from service_kit.auth import Caller
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, link_next, page_request

Manages = Annotated[Caller, Depends(PersonScope("backpack:manage"))]
PRIVATE = {"Cache-Control": "no-store"}


def own_progress_routes(uses: OwnProgress, base_url: str) -> APIRouter:
    """`/learners/me/pathways`."""
    routes = router(prefix="/learners/me/pathways", tags=["progress"])

    @routes.get(
        "",
        operation_id="listOwnProgress",
        summary="The pathways that I have begun",
        response_model=ProgressPage,
        responses=LINK | problems(422),
    )
    async def begun(
        request: Request, response: Response, caller: Manages, page: Annotated[PageRequest, Depends(page_request)]
    ) -> dict[str, Any]:
        found = await uses.page(learner(caller), page)
        response.headers.update(PRIVATE)
        items = [progress_summary(one) for one in found.items]
        return {"items": items, "next": link_next(request, response, base_url, found.next)}

    @routes.get(
        "/{pathway_id}",
        operation_id="getOwnProgress",
        summary="How far I am on a pathway, and why",
        description="What was issued here to your confirmed address counts, and what is in your backpack and names it.",
        response_model=ProgressReply,
        responses=problems(404, 422),
    )
    async def one(response: Response, caller: Manages, pathway_id: str) -> dict[str, Any]:
        response.headers.update(PRIVATE)
        return progress_reply(await uses.one(learner(caller), pathway_id))

    return routes

"""/learners/me/backpack: what a person's program may do that Open Badges has no words for. See the list, delete."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from issuer.core.backpack_model import Kept
from issuer.http.keepers import PersonScope, keeper
from issuer.http.open_badges import BackpackUses
from issuer.http.problems import problems
from service_kit.app import router
from service_kit.auth import Caller
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, link_next, page_request

Manages = Annotated[Caller, Depends(PersonScope("backpack:manage"))]


class KeptReply(BaseModel):
    """One credential in the backpack, without its text."""

    id: str
    credentialId: str  # noqa: N815 - JSON members are camelCase, as in Open Badges
    issuerId: str  # noqa: N815 - as above
    notation: str
    validFrom: datetime  # noqa: N815 - as above
    keptAt: datetime  # noqa: N815 - as above
    changedAt: datetime  # noqa: N815 - as above


class BackpackPage(BaseModel):
    """Newest first."""

    items: list[KeptReply]
    next: str | None


def backpack_routes(uses: BackpackUses, base_url: str) -> APIRouter:
    """`/learners/me/backpack`."""
    routes = router(prefix="/learners/me/backpack", tags=["backpack"])

    @routes.get("", summary="What is kept in my backpack", responses=LINK | problems(422))
    async def kept(
        request: Request, response: Response, caller: Manages, page: Annotated[PageRequest, Depends(page_request)]
    ) -> BackpackPage:
        found = await uses.read.kept(keeper(caller), page)
        response.headers["Cache-Control"] = "no-store"
        return BackpackPage(
            items=[_reply(one) for one in found.items], next=link_next(request, response, base_url, found.next)
        )

    @routes.delete(
        "",
        status_code=204,
        response_class=Response,
        summary="Delete my backpack, with my profile",
        responses=problems(422),
    )
    async def remove_all(caller: Manages) -> None:
        await uses.empty.all(keeper(caller))

    @routes.delete(
        "/{kept_id}",
        status_code=204,
        response_class=Response,
        summary="Delete one credential",
        responses=problems(404, 422),
    )
    async def remove(kept_id: str, caller: Manages) -> None:
        await uses.empty.one(keeper(caller), kept_id)

    return routes


def _reply(kept: Kept) -> KeptReply:
    return KeptReply(
        id=kept.id,
        credentialId=kept.credential_id,
        issuerId=kept.issuer_id,
        notation=kept.notation,
        validFrom=kept.valid_from,
        keptAt=kept.kept_at,
        changedAt=kept.changed_at,
    )

"""/learners/me/backpack: what a person's program may do that Open Badges has no words for. See the list, delete."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from issuer.core.backpack.model import Kept
from issuer.http.backpack.keepers import PersonScope, keeper
from issuer.http.open_badges.api import BackpackUses
from issuer.http.problems import problems
from service_kit.app import router
from service_kit.auth import Caller
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, link_next, page_request

Manages = Annotated[Caller, Depends(PersonScope("backpack:manage"))]


class DoubtReply(BaseModel):
    """What spoke against it."""

    code: str = Field(description="revoked, suspended or does-not-hold; not-confirmed where it could not be found out")
    detail: str = Field(description="the checks that speak against it, with their codes")


class KeptReply(BaseModel):
    """One credential in the backpack, without its text."""

    id: str
    credentialId: str  # noqa: N815 - JSON members are camelCase, as in Open Badges
    issuerId: str  # noqa: N815 - as above
    notation: str
    validFrom: datetime  # noqa: N815 - as above
    keptAt: datetime  # noqa: N815 - as above
    changedAt: datetime  # noqa: N815 - as above
    verifiedAt: datetime = Field(description="when it was last verified: when it came, or since")  # noqa: N815 - as above
    doubt: DoubtReply | None = Field(description="what was found against it then")


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

    @routes.post(
        "/{kept_id}/verify",
        summary="Verify one credential again",
        description="As it stands today, revocations included. It stays in the backpack, whatever is found.",
        responses=problems(404, 422),
    )
    async def verify(response: Response, kept_id: str, caller: Manages) -> KeptReply:
        found = await uses.verify(keeper(caller), kept_id)
        response.headers["Cache-Control"] = "no-store"
        return _reply(found)

    @routes.delete(
        "",
        status_code=204,
        response_class=Response,
        summary="Delete my backpack, with my profile and my consents",
        responses=problems(422),
    )
    async def remove_all(caller: Manages) -> None:
        await uses.end.with_the_backpack(keeper(caller))

    @routes.delete(
        "/{kept_id}",
        status_code=204,
        response_class=Response,
        summary="Delete one credential",
        responses=problems(404, 422),
    )
    async def remove(kept_id: str, caller: Manages) -> None:
        await uses.remove(keeper(caller), kept_id)

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
        verifiedAt=kept.verified_at,
        doubt=DoubtReply(code=kept.doubt.code, detail=kept.doubt.detail) if kept.doubt else None,
    )

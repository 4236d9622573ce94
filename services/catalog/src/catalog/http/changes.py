"""The feed of changes: a harvester follows it, and misses and repeats nothing."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from catalog.core.changes import ChangeKind, ChangeQuery, ChangeReadings, Placed
from catalog.http.answers import Answer, documented
from catalog.http.parameters import Filter, clean
from catalog.http.representation import SHORTLY, reply
from service_kit.app import router
from service_kit.described import UNCHANGED
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, encode_cursor, next_page, page_request

FULL = "public, max-age=3600"  # a page that is full never changes
PLACES = {
    ChangeKind.ACHIEVEMENT: "achievements",
    ChangeKind.PATHWAY: "pathways",
    ChangeKind.FRAMEWORK: "skill-frameworks",
}
Kind = Literal["achievement", "pathway", "skill-framework", "endorsement", "recognition-agreement"]


class ChangeAnswer(Answer):
    """Something became public, or ceased to be."""

    position: int = Field(description="grows by one with every change of the whole catalog")
    kind: Kind
    id: str
    version: str | None
    change: Literal["published", "updated", "retired", "withdrawn"]
    about: str | None = Field(description="what an endorsement is about; the programme that an agreement is about")
    organization: str = Field(
        description="whose it is; of an endorsement, whose is what it is about; of an agreement, who recognises"
    )
    at: str
    href: str = Field(description="where to read it as it is now")


class ChangePage(Answer):
    """Changes in the order in which they became visible."""

    items: list[ChangeAnswer]
    next: str | None = Field(description="cursor of the next page, while there is one already")
    resume: str = Field(description="cursor to keep when all items are dealt with: what comes later begins there")


def routes(readings: ChangeReadings, base_url: str) -> APIRouter:
    """`/changes`."""
    changes = router(tags=["catalog changes"])

    @changes.get("/changes", responses=UNCHANGED | documented(ChangePage, **LINK[200]), response_class=Response)
    async def list_changes(
        request: Request,
        page: Annotated[PageRequest, Depends(page_request)],
        kind: Annotated[Kind | None, Query()] = None,
        organization: Filter = None,
    ) -> Response:
        """What was published, updated, retired or withdrawn, oldest first. Without a cursor from the beginning."""
        query = ChangeQuery(ChangeKind(kind) if kind else None, clean("organization", organization))
        found, last = await readings.after(query, page)
        following = next_page(request, base_url, found.next)
        document = {
            "items": [_reply(one, base_url) for one in found.items],
            "next": following.cursor,
            "resume": encode_cursor((str(last),)),
        }
        return reply(request, document, cache_control=FULL if following.cursor else SHORTLY, headers=following.headers)

    return changes


def _reply(placed: Placed, base_url: str) -> dict[str, Any]:
    change = placed.change
    place = PLACES.get(change.kind)
    address = f"{base_url}/{place}/{change.thing}" if place else change.thing
    return {
        "position": placed.position,
        "kind": change.kind.value,
        "id": address,
        "version": str(change.version) if change.version else None,
        "change": change.change.value,
        "about": change.about,
        "organization": change.org_id,
        "at": change.at.isoformat(),
        "href": change.about if change.kind is ChangeKind.ENDORSEMENT else address,
    }

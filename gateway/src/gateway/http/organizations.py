"""/organizations: an operator lets organizations in and sees them all; a member sees and corrects its own."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from gateway.core.create_organization import CreateOrganization, NewOrganization
from gateway.core.errors import no_such_organization
from gateway.core.model import Organization
from gateway.core.queries import Queries
from gateway.core.update_organization import UpdateOrganization
from gateway.http.callers import Member, OrganizationsManager, actor
from gateway.http.schemas import OrganizationChange, OrganizationIn, OrganizationOut, OrganizationPage
from service_kit.app import router as strict_router
from service_kit.described import MADE, UNCHANGED, problems
from service_kit.entity_tags import Seen
from service_kit.idempotency import idempotency_key
from service_kit.ids import is_id
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.pagination import LINK, link_next, page_request
from service_kit.representation import document_reply


@dataclass(frozen=True, slots=True)
class OrganizationUses:
    """The use cases behind these routes."""

    create: CreateOrganization
    update: UpdateOrganization
    queries: Queries


def routes(uses: OrganizationUses, base_url: str) -> APIRouter:
    """The routes of /organizations."""
    router = strict_router(tags=["organizations"])

    @router.post("/organizations", status_code=201, responses=MADE | problems(409))
    async def create(
        caller: OrganizationsManager,
        new: OrganizationIn,
        response: Response,
        key: Annotated[IdempotencyKey | None, Depends(idempotency_key)],
    ) -> OrganizationOut:
        """Let an organization in. For operators."""
        made = await uses.create(actor(caller), NewOrganization(new.name, new.slug, new.kind, new.url), key)
        response.headers["Location"] = f"{base_url}/organizations/{made.id}"
        return _tagged(response, OrganizationOut.of(made))

    @router.get("/organizations", responses=LINK)
    async def list_all(
        caller: Member, request: Request, response: Response, page: Annotated[PageRequest, Depends(page_request)]
    ) -> OrganizationPage:
        """All organizations for an operator, its own for anyone else."""
        found = await uses.queries.organizations(actor(caller), page)
        cursor = link_next(request, response, base_url, found.next)
        return OrganizationPage(items=[OrganizationOut.of(item) for item in found.items], next=cursor)

    _add_one(router, uses)
    return router


def _add_one(router: APIRouter, uses: OrganizationUses) -> None:
    """The routes of a single organization."""

    @router.get("/organizations/{organization}", response_model=OrganizationOut, responses=UNCHANGED | problems(404))
    async def get(caller: Member, organization: str, request: Request) -> Response:
        """One organization."""
        found = await uses.queries.organization(actor(caller), _id(organization))
        return document_reply(request, OrganizationOut.of(found).document())

    @router.patch("/organizations/{organization}", responses=problems(404))
    async def update(
        caller: OrganizationsManager, organization: str, change: OrganizationChange, seen: Seen, response: Response
    ) -> OrganizationOut:
        """Correct name or address."""
        expect = seen.expect(_tag)
        updated = await uses.update(actor(caller), _id(organization), change.changes(), expect=expect)
        return _tagged(response, OrganizationOut.of(updated))


def _tag(organization: Organization) -> str:
    return OrganizationOut.of(organization).tag


def _tagged(response: Response, shown: OrganizationOut) -> OrganizationOut:
    response.headers["ETag"] = shown.tag
    return shown


def _id(text: str) -> str:
    if not is_id(text):
        raise no_such_organization()
    return text

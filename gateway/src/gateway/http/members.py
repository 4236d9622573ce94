"""/organizations/{organization}/members and /invitations: an owner invites people, and says what they are for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from gateway.core.invitations import Invitations
from gateway.core.letters import INVITATION_PATH
from gateway.core.members import Members
from gateway.core.people import Invitation, Member
from gateway.core.roles import Role
from gateway.http.callers import OrganizationsManager, actor
from gateway.http.schemas import Answer, Body, Email
from service_kit.app import router as strict_router
from service_kit.described import UNCHANGED, problems
from service_kit.entity_tags import Seen
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.pagination import LINK, link_next, page_request
from service_kit.representation import document_reply

Paging = Annotated[PageRequest, Depends(page_request)]
Roles = Annotated[list[Annotated[Role, Field(strict=False)]], Field(min_length=1, max_length=len(Role))]


@dataclass(frozen=True, slots=True)
class MemberUses:
    """The use cases behind these routes."""

    members: Members
    invitations: Invitations


class InvitationIn(Body):
    """Whom to invite, and what for."""

    email: Email
    roles: Roles


class RolesIn(Body):
    """What a member is for from now on."""

    roles: Roles


class InvitationOut(Answer):
    """An invitation that may still be used."""

    id: str
    email: str
    roles: list[Role]
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> Self:
        """As the API shows it."""
        return cls.model_validate(invitation, from_attributes=True)


class InvitedOut(Answer):
    """A new invitation. Hand `link` to the person: it is shown this once, and kept nowhere."""

    invitation: InvitationOut
    link: str


class InvitationPage(Answer):
    """Invitations that may still be used, oldest first. `next` is the cursor of the following page."""

    items: list[InvitationOut]
    next: str | None


class MemberOut(Answer):
    """A member of the organization."""

    id: str
    email: str
    name: str
    roles: list[Role]

    @classmethod
    def of(cls, member: Member) -> Self:
        """As the API shows it."""
        user = member.user
        return cls(id=user.id, email=user.email, name=user.name, roles=list(member.membership.roles))


class MemberPage(Answer):
    """Members by name. `next` is the cursor of the following page."""

    items: list[MemberOut]
    next: str | None


def routes(uses: MemberUses, base_url: str) -> APIRouter:
    """All of these need `organizations:manage`, which a person has as an owner."""
    router = strict_router(prefix="/organizations/{organization}", tags=["members"])

    @router.post("/invitations", status_code=201, responses=problems(404, 409))
    async def invite(
        caller: OrganizationsManager,
        organization: str,
        new: InvitationIn,
        key: Annotated[IdempotencyKey | None, Depends(idempotency_key)],
    ) -> InvitedOut:
        """Invite a person by link. It is good once, for seven days."""
        made = await uses.invitations.invite(actor(caller), organization, new.email, new.roles, key)
        shown = InvitationOut.of(made.invitation)
        return InvitedOut(invitation=shown, link=f"{base_url}{INVITATION_PATH}?token={made.token}")

    @router.get("/invitations", responses=LINK | problems(404))
    async def open_invitations(
        caller: OrganizationsManager, organization: str, request: Request, response: Response, page: Paging
    ) -> InvitationPage:
        """The invitations that may still be used."""
        found = await uses.invitations.open(actor(caller), organization, page)
        cursor = link_next(request, response, base_url, found.next)
        return InvitationPage(items=[InvitationOut.of(one) for one in found.items], next=cursor)

    @router.delete("/invitations/{invitation}", status_code=204, response_class=Response, responses=problems(404))
    async def withdraw(caller: OrganizationsManager, organization: str, invitation: str) -> None:
        """Withdraw an invitation."""
        await uses.invitations.withdraw(actor(caller), organization, invitation)

    @router.get("/members", responses=LINK | problems(404))
    async def members(
        caller: OrganizationsManager, organization: str, request: Request, response: Response, page: Paging
    ) -> MemberPage:
        """The people who act for the organization."""
        found = await uses.members.page(actor(caller), organization, page)
        cursor = link_next(request, response, base_url, found.next)
        return MemberPage(items=[MemberOut.of(one) for one in found.items], next=cursor)

    _add_one(router, uses)
    return router


def _add_one(router: APIRouter, uses: MemberUses) -> None:
    """The routes of a single member."""

    @router.get("/members/{member}", response_model=MemberOut, responses=UNCHANGED | problems(404))
    async def get(caller: OrganizationsManager, organization: str, member: str, request: Request) -> Response:
        """One of the people who act for the organization."""
        found = await uses.members.one(actor(caller), organization, member)
        return document_reply(request, MemberOut.of(found).document())

    @router.patch("/members/{member}", responses=problems(404, 409))
    async def change(
        *,
        caller: OrganizationsManager,
        organization: str,
        member: str,
        new: RolesIn,
        seen: Seen,
        response: Response,
    ) -> MemberOut:
        """Give a member other roles. The last owner stays one."""
        expect = seen.expect(_tag)
        changed = await uses.members.change(actor(caller), organization, member, new.roles, expect=expect)
        response.headers["ETag"] = _tag(changed)
        return MemberOut.of(changed)

    @router.delete("/members/{member}", status_code=204, response_class=Response, responses=problems(404, 409))
    async def remove(caller: OrganizationsManager, organization: str, member: str, seen: Seen) -> None:
        """End a membership, and what the person allowed programs to do for the organization. The last owner stays."""
        await uses.members.remove(actor(caller), organization, member, expect=seen.expect(_tag))


def _tag(member: Member) -> str:
    return MemberOut.of(member).tag

"""/login/organization: an owner sees who and what acts for the organization, invites people and registers programs.

What is rarer (keys instead of secrets, redirect addresses, other roles, removing) the API does.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter, ValidationError

from gateway.core.errors import no_such_organization
from gateway.core.letters import INVITATION_PATH
from gateway.core.model import Actor, AuthMethod, ClientId
from gateway.core.people import Membership, Session
from gateway.core.register_client import NewClient
from gateway.core.roles import Role
from gateway.core.scopes import allowed
from gateway.http.address import read_address
from gateway.http.clients import ClientUses
from gateway.http.login import LoginUses, readable
from gateway.http.members import MemberUses
from gateway.http.pages import page, redirect
from gateway.http.places import ORGANIZATION_PATH, Place, sign_in_again
from gateway.http.schemas import Name
from service_kit.errors import Invalid
from service_kit.idempotency import KEY, key_of
from service_kit.ids import new_id
from service_kit.inputs import IdempotencyKey, PageRequest

INVITE_PATH = f"{ORGANIZATION_PATH}/invitations"
REGISTER_PATH = f"{ORGANIZATION_PATH}/programs"
SHOWN = PageRequest(50, None)
NAME: TypeAdapter[str] = TypeAdapter(Name)


@dataclass(frozen=True, slots=True)
class OwnOrganizationUses:
    """What is behind these routes."""

    login: LoginUses
    members: MemberUses
    clients: ClientUses
    base_url: str


@dataclass(frozen=True, slots=True)
class _Owner:
    """An owner at a browser, for one organization."""

    session: Session
    membership: Membership

    @property
    def actor(self) -> Actor:
        """Never an operator: a page reaches no further than the organization it is of."""
        name = f"user:{self.session.user.id}"
        return Actor(ClientId(name), self.membership.organization, is_operator=False, name=name)


def routes(uses: OwnOrganizationUses) -> APIRouter:
    """Pages for browsers; not in the API's description."""
    router = APIRouter(include_in_schema=False)
    pages = OwnOrganizationPages(uses)
    router.add_api_route(ORGANIZATION_PATH, readable(pages.show), methods=["GET"])
    router.add_api_route(INVITE_PATH, readable(pages.invite), methods=["POST"])
    router.add_api_route(REGISTER_PATH, readable(pages.register), methods=["POST"])
    return router


class OwnOrganizationPages:
    """The handlers of these routes. Whoever signed in too long ago is asked again."""

    def __init__(self, uses: OwnOrganizationUses) -> None:
        self._uses = uses

    async def show(self, request: Request) -> Response:
        """Members, open invitations and programs, with a form for one more of each."""
        browser = self._uses.login.browsers.of(request)
        owner = await self._owner(request, request.query_params.get("organization"))
        if owner is None:
            return redirect(sign_in_again(Place.ORGANIZATION))
        actor, organization = owner.actor, owner.membership.organization
        shown = page(
            "organization.html",
            organization=owner.membership,
            members=await self._uses.members.members.page(actor, organization, SHOWN),
            invitations=await self._uses.members.invitations.open(actor, organization, SHOWN),
            programs=await self._uses.clients.queries.clients(actor, organization, SHOWN),
            scopes=sorted(allowed(owner.membership.kind)),
            invite_path=INVITE_PATH,
            register_path=REGISTER_PATH,
            once=new_id(),
            form_token=browser.form_token,
        )
        return browser.remember(shown)

    async def invite(self, request: Request) -> Response:
        """Make an invitation, and show its link."""
        form = (await self._uses.login.browsers.form(request)).fields
        owner = await self._owner(request, form.get("organization"))
        if owner is None:
            return redirect(sign_in_again(Place.ORGANIZATION))
        roles = [role for role in Role if form.get(f"role:{role}")]
        if not roles:
            raise Invalid("choose at least one role")
        organization = owner.membership.organization
        key = await _once(request, form)
        made = await self._uses.members.invitations.invite(owner.actor, organization, read_address(form), roles, key)
        link = f"{self._uses.base_url}{INVITATION_PATH}?token={made.token}"
        return page("invited.html", invitation=made.invitation, link=link, back=_back(organization))

    async def register(self, request: Request) -> Response:
        """Register a program that acts for the organization, and show its secret this once."""
        form = (await self._uses.login.browsers.form(request)).fields
        owner = await self._owner(request, form.get("organization"))
        if owner is None:
            return redirect(sign_in_again(Place.ORGANIZATION))
        scopes = tuple(scope for scope in sorted(allowed(owner.membership.kind)) if form.get(f"scope:{scope}"))
        if not scopes:
            raise Invalid("choose at least one thing that the program may do")
        organization = owner.membership.organization
        new = NewClient(_name(form), scopes, AuthMethod.SECRET_BASIC, organization)
        made = await self._uses.clients.register(owner.actor, new, await _once(request, form))
        return page("registered.html", made=made, base_url=self._uses.base_url, back=_back(organization))

    async def _owner(self, request: Request, organization: str | None) -> _Owner | None:
        """None for somebody who has to sign in first. Raises NotFound for whoever owns no such organization.

        Without a name, the first organization that the person owns.
        """
        session = await self._uses.login.sessions.find(self._uses.login.browsers.of(request).session)
        if session is None or not session.is_fresh(self._uses.login.clock()):
            return None
        for membership in await self._uses.login.sessions.memberships(session.user):
            if Role.OWNER in membership.roles and organization in (None, membership.organization):
                return _Owner(session, membership)
        raise no_such_organization()


async def _once(request: Request, form: Mapping[str, str]) -> IdempotencyKey | None:
    """The same form sent again, by a reload, gives the same answer."""
    key = form.get("once", "")
    return await key_of(request, f"POST {request.scope['path']}", key) if KEY.fullmatch(key) else None


def _name(form: Mapping[str, str]) -> str:
    try:
        return NAME.validate_python(form.get("name", "").strip())
    except ValidationError as error:
        raise Invalid("a name of up to 200 characters is needed") from error


def _back(organization: str) -> str:
    return f"{ORGANIZATION_PATH}?organization={organization}"

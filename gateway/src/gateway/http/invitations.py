"""/login/invitations?token=...: an invited person opens the link, and becomes a member.

The token is in the query, which the edge keeps out of its log, and never in the path.
"""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ValidationError

from gateway.core.accept_invitation import AcceptInvitation
from gateway.core.letters import INVITATION_PATH
from gateway.core.people import Invitation, Session
from gateway.core.sign_in import SESSION_LIFETIME
from gateway.http.browser import Browser
from gateway.http.login import LoginUses, readable
from gateway.http.pages import page, redirect
from gateway.http.places import LOGIN_PATH
from gateway.http.schemas import Name, Password
from service_kit.errors import Invalid, Limited, ServiceError, Unauthorized

STATUS = {Unauthorized: 401, Limited: 429, Invalid: 422}


class NewPerson(BaseModel):
    """What a person without an account says."""

    name: Name
    password: Password


@dataclass(frozen=True, slots=True)
class _Opened:
    """An invitation in one browser."""

    token: str
    invitation: Invitation
    has_account: bool
    session: Session | None
    browser: Browser

    @property
    def is_for_session(self) -> bool:
        return self.session is not None and self.session.user.email == self.invitation.email


def routes(login: LoginUses, accept: AcceptInvitation) -> APIRouter:
    """Pages for browsers; not in the API's description."""
    router = APIRouter(include_in_schema=False)
    pages = InvitationPages(login, accept)
    router.add_api_route(INVITATION_PATH, readable(pages.show), methods=["GET"])
    router.add_api_route(INVITATION_PATH, readable(pages.accept), methods=["POST"])
    return router


class InvitationPages:
    """The handlers of these routes."""

    def __init__(self, login: LoginUses, accept: AcceptInvitation) -> None:
        self._login = login
        self._accept = accept

    async def show(self, request: Request) -> Response:
        """Ask for a name and a password, for the password, or only for a yes."""
        opened = await self._open(request, request.query_params.get("token", ""))
        return opened.browser.remember(_page(opened))

    async def accept(self, request: Request) -> Response:
        """Become a member, and stay signed in."""
        form = (await self._login.browsers.form(request)).fields
        opened = await self._open(request, form.get("token", ""))
        if opened.session is not None:
            await self._accept.with_account(opened.token, opened.session.user)
            return redirect(LOGIN_PATH)
        name, password = form.get("name", ""), form.get("password", "")
        try:
            if not opened.has_account:
                new = new_person(name, password)
                await self._accept.with_new_account(opened.token, new.name, new.password)
            address = self._login.browsers.address(request)
            signed_in = await self._login.sign_in(opened.invitation.email, password, address, opened.browser.session)
        except (Unauthorized, Limited, Invalid) as error:
            return _page(opened, name=name, error=error)
        if opened.has_account:
            await self._accept.with_account(opened.token, signed_in.session.user)
        lifetime_s = int(SESSION_LIFETIME.total_seconds())
        return opened.browser.sign_in(redirect(LOGIN_PATH), signed_in.token, lifetime_s)

    async def _open(self, request: Request, token: str) -> _Opened:
        browser = self._login.browsers.of(request)
        invitation, has_account = await self._accept.find(token)
        return _Opened(token, invitation, has_account, await self._login.sessions.find(browser.session), browser)


def new_person(name: str, password: str) -> NewPerson:
    """Raises Invalid."""
    try:
        return NewPerson(name=name.strip(), password=password)
    except ValidationError as error:
        raise Invalid("a name of up to 200 and a password of 12 to 256 characters are needed") from error


def _page(opened: _Opened, *, name: str = "", error: ServiceError | None = None) -> Response:
    return page(
        "invitation.html",
        STATUS.get(type(error), 200) if error else 200,
        invitation=opened.invitation,
        action=INVITATION_PATH,
        token=opened.token,
        user=opened.session.user if opened.session else None,
        fits=opened.is_for_session,
        has_account=opened.has_account,
        name=name,
        error=error.detail if error else "",
        form_token=opened.browser.form_token,
    )

"""/login/sign-up: whoever wants an account, or to be a learner with one, finishes by the link that the mailbox gets.

A request that waits goes along as its handle, which is good in the browser that it began in and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from gateway.core.letters import SIGN_UP_LINK_PATH
from gateway.core.people import Session
from gateway.core.secret import SecretKind
from gateway.core.sign_in import SESSION_LIFETIME, SignedIn
from gateway.core.sign_up import OpenedLink, SignUp
from gateway.http.address import read_address
from gateway.http.browser import Browser
from gateway.http.invitations import STATUS, new_person
from gateway.http.login import LoginUses, readable
from gateway.http.pages import page, redirect
from gateway.http.places import ADDRESS_PATH, LOGIN_PATH, MEMBERSHIP_PATH, SIGN_UP_PATH, with_request
from gateway.oauth.waiting import Waiting
from service_kit.errors import Invalid, Limited, NotFound, ServiceError, Unauthorized
from service_kit.internet_names import both_forms

# A request that waits belongs to one browser and a quarter of an hour; the mail may be read in another, a day later.
ONWARD = "If a program sent you here, go back to it when you are done, and sign in from there."
HERE = (
    "Open its link in this browser within a quarter of an hour, and you come back to the program that sent you here. "
    "Otherwise go back to the program when you are done, and sign in from there."
)

MAX_HANDLE = 128


@dataclass(frozen=True, slots=True)
class _Opened:
    """A mailed link in one browser. `handle` is what it says of a request, `waiting` that request if it waits here."""

    token: str
    link: OpenedLink
    session: Session | None
    browser: Browser
    handle: str
    waiting: Waiting | None

    @property
    def onward(self) -> str:
        return f"You go on to {self.waiting.client.name} then." if self.waiting else ONWARD

    def done(self) -> Response:
        """Where the person goes next: on to what waits, and never anywhere but here."""
        if self.waiting or not self.handle:
            return redirect(with_request(LOGIN_PATH, self.handle))
        text = "Go back to the program that sent you here, and sign in from there: it does not wait in this browser."
        return page("told.html", title="Done", text=text)


def routes(login: LoginUses, sign_up: SignUp) -> APIRouter:
    """Pages for browsers; not in the API's description."""
    router = APIRouter(include_in_schema=False)
    pages = SignUpPages(login, sign_up)
    router.add_api_route(SIGN_UP_PATH, readable(pages.show), methods=["GET"])
    router.add_api_route(SIGN_UP_PATH, readable(pages.send), methods=["POST"])
    router.add_api_route(SIGN_UP_LINK_PATH, readable(pages.show_link), methods=["GET"])
    router.add_api_route(SIGN_UP_LINK_PATH, readable(pages.join), methods=["POST"])
    router.add_api_route(MEMBERSHIP_PATH, readable(pages.join_signed_in), methods=["POST"])
    return router


class SignUpPages:
    """The handlers of these routes. Nothing that the first two say tells whether there is an account."""

    def __init__(self, login: LoginUses, sign_up: SignUp) -> None:
        self._login = login
        self._sign_up = sign_up

    async def show(self, request: Request) -> Response:
        """Ask for the address."""
        self._check()
        return await self._ask(request, request.query_params)

    async def send(self, request: Request) -> Response:
        """Have a link sent."""
        self._check()
        form = (await self._login.browsers.form(request)).fields
        try:
            address = read_address(form)
        except Invalid as error:
            return await self._ask(request, form, error)
        handle = await self._waiting(request, form)
        await self._sign_up.ask(address, self._login.browsers.address(request), handle)
        text = f"A mail is on its way to {both_forms(address)}. {HERE if handle else ONWARD}"
        return page("told.html", title="Look into your mailbox", text=text, back=with_request(LOGIN_PATH, handle))

    async def show_link(self, request: Request) -> Response:
        """Ask for a name and a password, or for a yes. Opening a link changes nothing: machines open links too."""
        self._check()
        return _finish(await self._open(request, request.query_params))

    async def join(self, request: Request) -> Response:
        """Have the account, or be a learner with it, and stay signed in."""
        self._check()
        form = (await self._login.browsers.form(request)).fields
        opened = await self._open(request, form)
        if opened.link.user and opened.session:
            await self._sign_up.join_with(opened.token, opened.session.user)
            return opened.done()
        try:
            made = await self._signed_in(request, opened, form)
        except (Invalid, Unauthorized, Limited) as error:
            return _finish(opened, form.get("name", ""), error)
        return opened.browser.sign_in(opened.done(), made.token, int(SESSION_LIFETIME.total_seconds()))

    async def join_signed_in(self, request: Request) -> Response:
        """Be a learner with the account that this browser is signed in to."""
        form = (await self._login.browsers.form(request)).fields
        session = await self._login.sessions.find(self._login.browsers.of(request).session)
        if session is not None and session.user.email_verified_at is None:
            return redirect(ADDRESS_PATH)
        if session is not None:
            await self._login.learners.join(session.user)
        return redirect(with_request(LOGIN_PATH, await self._waiting(request, form)))

    def _check(self) -> None:
        if not self._sign_up.is_possible:
            raise NotFound("this Laurel takes nobody in on their own; ask to be invited")

    async def _waiting(self, request: Request, given: Mapping[str, str]) -> str:
        """The handle that came along, if it is one of a request that waits in this browser."""
        handle = given.get("request", "")
        return handle if await self._login.waiting(self._login.browsers.of(request), handle) else ""

    async def _signed_in(self, request: Request, opened: _Opened, form: Mapping[str, str]) -> SignedIn:
        password, before = form.get("password", ""), opened.browser.session
        if not opened.link.user:
            new = new_person(form.get("name", ""), password)
            return await self._sign_up.join(opened.token, new.name, new.password, before)
        address = self._login.browsers.address(request)
        made = await self._login.sign_in(opened.link.email, password, address, before)
        await self._sign_up.join_with(opened.token, made.session.user)
        return made

    async def _ask(self, request: Request, given: Mapping[str, str], error: ServiceError | None = None) -> Response:
        browser, handle = self._login.browsers.of(request), await self._waiting(request, given)
        shown = page(
            "sign_up.html",
            422 if error else 200,
            action=SIGN_UP_PATH,
            email=given.get("email", "")[:254] if error else "",
            handle=handle,
            back=with_request(LOGIN_PATH, handle),
            error=error.detail if error else "",
            form_token=browser.form_token,
        )
        return browser.remember(shown)

    async def _open(self, request: Request, given: Mapping[str, str]) -> _Opened:
        browser, token = self._login.browsers.of(request), given.get("token", "")
        named = given.get("request", "")
        handle = named if named.startswith(SecretKind.REQUEST) and len(named) <= MAX_HANDLE else ""
        session = await self._login.sessions.find(browser.session)
        link, waiting = await self._sign_up.find(token), await self._login.waiting(browser, handle)
        return _Opened(token, link, session, browser, handle, waiting)


def _finish(opened: _Opened, name: str = "", error: ServiceError | None = None) -> Response:
    """For an account to make, or one that there is."""
    link, user = opened.link, opened.session.user if opened.session else None
    shown = page(
        "membership.html" if link.user else "new_account.html",
        STATUS.get(type(error), 200) if error else 200,
        action=SIGN_UP_LINK_PATH,
        token=opened.token,
        handle=opened.handle,
        address=link.email,
        organization=link.organization,
        onward=opened.onward,
        user=user,
        fits=user is not None and user.id == link.user,
        name=name[:200],
        error=error.detail if error else "",
        form_token=opened.browser.form_token,
    )
    return opened.browser.remember(shown)

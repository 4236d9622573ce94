"""/oauth/authorize and /login: a person signs in, sees what a program asks for, and says yes or no."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Protocol, TypeVar

from authlib.oauth2.rfc6749 import InvalidRequestError
from fastapi import APIRouter, Request, Response

from gateway.core.learners import Learners
from gateway.core.people import Membership, Session
from gateway.core.redirects import origin
from gateway.core.sessions import Sessions
from gateway.core.sign_in import SESSION_LIFETIME, SignedIn, SignIn
from gateway.core.sign_in_with_passkey import SignInWithPasskey
from gateway.http.browser import Browser, Browsers
from gateway.http.pages import (
    ANSWER_SCRIPT_PATH,
    STYLESHEET_PATH,
    answer_script,
    error_page,
    onward_page,
    page,
    redirect,
    stylesheet,
)
from gateway.http.places import LOGIN_PATH, MEMBERSHIP_PATH, SIGN_UP_PATH, Place, as_get, place, with_request
from gateway.oauth.authorization import Begun, Redirection, Unusable, begin, decide, waiting
from gateway.oauth.form import Form, read_form, read_parameters
from gateway.oauth.policy import AUTHORIZATION_PATH
from gateway.oauth.server import Server
from gateway.oauth.waiting import Waiting
from service_kit.clock import Clock
from service_kit.errors import Invalid, Limited, Malformed, NotFound, ServiceError, Unauthorized
from service_kit.logs import get_logger

log = get_logger(__name__)

T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Response]]
PASSKEY_PATH = "/login/passkey"
CONSENT_PATH = "/login/consent"
SIGN_OUT_PATH = "/login/end"
MISTAKEN = "It sent you here by a request that cannot be answered."


class RunServer(Protocol):
    """Calls a function with an authorization server, in one transaction that is committed."""

    async def __call__(self, use: Callable[[Server], T], /) -> T: ...


@dataclass(frozen=True, slots=True)
class LoginUses:
    """What is behind these routes."""

    run: RunServer
    sign_in: SignIn
    with_passkey: SignInWithPasskey
    sessions: Sessions
    browsers: Browsers
    learners: Learners
    clock: Clock
    sends_mail: bool = False

    @property
    def signs_up(self) -> bool:
        """Whether people make accounts on their own. Without mail nobody could show that an address is theirs."""
        return self.sends_mail and self.learners.are_taken_in

    async def waiting(self, browser: Browser, handle: str | None) -> Waiting | None:
        """A request that this browser may still answer; None for anything else."""
        if not handle:
            return None
        with suppress(NotFound):
            return await self.run(lambda server: waiting(server, handle, browser.digest))
        return None


def routes(uses: LoginUses) -> APIRouter:
    """The authorization endpoint and the pages it leads to. They are for browsers, and not in the API's description."""
    router = APIRouter(include_in_schema=False)
    pages = LoginPages(uses)
    router.add_api_route(AUTHORIZATION_PATH, readable(pages.authorize), methods=["GET", "POST"])
    router.add_api_route(LOGIN_PATH, readable(pages.show), methods=["GET"])
    router.add_api_route(LOGIN_PATH, readable(pages.sign_in), methods=["POST"])
    router.add_api_route(PASSKEY_PATH, readable(pages.sign_in_with_passkey), methods=["POST"])
    router.add_api_route(CONSENT_PATH, readable(pages.decide), methods=["POST"])
    router.add_api_route(SIGN_OUT_PATH, readable(pages.sign_out), methods=["POST"])
    router.add_api_route(STYLESHEET_PATH, stylesheet, methods=["GET"])
    router.add_api_route(ANSWER_SCRIPT_PATH, answer_script, methods=["GET"])
    return router


def readable(handler: Handler) -> Handler:
    """Refusals as pages."""

    @wraps(handler)
    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except ServiceError as error:
            return error_page(error)
        except InvalidRequestError as error:
            return error_page(Malformed(error.description))

    return handle


class LoginPages:
    """The handlers of these routes. `request` in an address or a form is the handle of a request that waits."""

    def __init__(self, uses: LoginUses) -> None:
        self._uses = uses

    async def authorize(self, request: Request) -> Response:
        """Take a request to the authorization endpoint in, by either method (OpenID Connect Core §3.1.2.1)."""
        browser = self._uses.browsers.of(request)
        form = await parameters(request)
        if request.method == "POST" and form.fields.get("prompt") == "none":
            return redirect(as_get(AUTHORIZATION_PATH, form))
        session = await self._uses.sessions.find(browser.session)
        top = browser.is_top_level
        result = await self._uses.run(lambda server: begin(server, form, browser.digest, session, top_level=top))
        match result:
            case Begun(handle):
                return browser.remember(redirect(with_request(LOGIN_PATH, handle)))
            case Redirection():
                return _onward(result)
            case Unusable(reason):
                raise Malformed(f"the program that sent you here made a mistake: {reason}")

    async def show(self, request: Request) -> Response:
        """The page that fits: sign in, agree, or who is signed in."""
        asked = await self._asked(request, request.query_params)
        session = await self._uses.sessions.find(asked.browser.session)
        if session is None or asked.needs_sign_in(session, self._uses.clock()):
            return asked.browser.remember(await self._sign_in_page(asked))
        if asked.handle and asked.waiting:
            shown = await self._consent_page(asked.browser, asked.handle, asked.waiting, session)
            return asked.browser.remember(shown)
        if asked.to:
            return redirect(asked.to.path)
        memberships = await self._uses.sessions.memberships(session.user)
        shown = page(
            "account.html",
            user=session.user,
            memberships=memberships,
            sends_mail=self._uses.sends_mail,
            takes_in=await self._uses.learners.place(memberships),
            membership_path=MEMBERSHIP_PATH,
            form_token=asked.browser.form_token,
        )
        return asked.browser.remember(shown)

    async def sign_in(self, request: Request) -> Response:
        """Check the password; lead on to what waits."""
        form = (await self._uses.browsers.form(request)).fields
        asked, email = await self._asked(request, form), form.get("email", "")
        address = self._uses.browsers.address(request)
        try:
            before = asked.browser.session
            return asked.signed_in(await self._uses.sign_in(email, form.get("password", ""), address, before))
        except (Unauthorized, Limited) as error:
            log.info("sign_in_refused", reason=error.code)
            return await self._sign_in_page(asked, email=email, error=error)

    async def sign_in_with_passkey(self, request: Request) -> Response:
        """Check the authenticator's answer; lead on to what waits."""
        form = (await self._uses.browsers.form(request)).fields
        asked, address = await self._asked(request, form), self._uses.browsers.address(request)
        answer = form.get("credential", "")
        try:
            browser = asked.browser
            return asked.signed_in(await self._uses.with_passkey(answer, browser.digest, address, browser.session))
        except (Unauthorized, Limited) as error:
            log.info("passkey_refused", reason=str(error.__cause__ or error.code))
            return await self._sign_in_page(asked, error=error)

    async def decide(self, request: Request) -> Response:
        """Yes, for one organization, or no."""
        form = (await self._uses.browsers.form(request)).fields
        browser, handle = self._uses.browsers.of(request), form.get("request", "")
        session = await self._uses.sessions.find(browser.session)
        waited = await self._waiting(browser, handle)
        if session is None or waited.needs_sign_in(session, self._uses.clock().timestamp()):
            return redirect(with_request(LOGIN_PATH, handle))
        chosen = await self._chosen(form, session)
        result = await self._uses.run(lambda server: decide(server, handle, browser.digest, session, chosen))
        if isinstance(result, Unusable):
            raise Malformed(f"the program that sent you here made a mistake: {result.reason}")
        return _onward(result)

    async def sign_out(self, request: Request) -> Response:
        """End the session here and in the database."""
        await self._uses.browsers.form(request)
        browser = self._uses.browsers.of(request)
        await self._uses.sessions.end(browser.session)
        return browser.sign_out(redirect(LOGIN_PATH))

    async def _asked(self, request: Request, given: Mapping[str, str]) -> "_Asked":
        browser, handle = self._uses.browsers.of(request), given.get("request")
        waited = await self._waiting(browser, handle) if handle else None
        return _Asked(browser, handle, waited, place(given.get("to")))

    async def _waiting(self, browser: Browser, handle: str) -> Waiting:
        return await self._uses.run(lambda server: waiting(server, handle, browser.digest))

    async def _chosen(self, form: Mapping[str, str], session: Session) -> Membership | None:
        if form.get("answer") != "yes":
            return None
        for one in await self._uses.sessions.memberships(session.user):
            if one.organization == form.get("organization"):
                return one
        raise Invalid("choose the organization that you act for")

    async def _consent_page(self, browser: Browser, handle: str, waited: Waiting, session: Session) -> Response:
        memberships = await self._uses.sessions.memberships(session.user)
        offers = [(one, offered) for one in memberships if (offered := waited.offers(one))]
        return page(
            "consent.html",
            leads_to=waited.leads_to,
            client=waited.client,
            asked=waited.scopes,
            offers=offers,
            takes_in=None if offers else await self._uses.learners.place(memberships),
            membership_path=MEMBERSHIP_PATH,
            user=session.user,
            goes_to=waited.leads_to,
            handle=handle,
            form_token=browser.form_token,
        )

    async def _sign_in_page(self, asked: "_Asked", *, email: str = "", error: ServiceError | None = None) -> Response:
        status = {Unauthorized: 401, Limited: 429}.get(type(error), 200) if error else 200
        return page(
            "sign_in.html",
            status,
            leads_to=asked.waiting.leads_to if asked.waiting else "",
            script=True,
            client=asked.waiting.client if asked.waiting else None,
            needs_passkey=asked.waiting is not None and asked.waiting.needs_passkey,
            handle=asked.handle or "",
            to=asked.to,
            email=email or (asked.waiting.hint if asked.waiting else ""),
            sends_mail=self._uses.sends_mail,
            sign_up=with_request(SIGN_UP_PATH, asked.handle) if self._uses.signs_up else "",
            options=await self._uses.with_passkey.begin(asked.browser.digest),
            error=error.detail if error else "",
            form_token=asked.browser.form_token,
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What brought a browser to the sign-in page: a request that waits, or a place of ours."""

    browser: Browser
    handle: str | None
    waiting: Waiting | None
    to: Place | None

    def needs_sign_in(self, session: Session, now: datetime) -> bool:
        """Whether what waits, or is wanted, needs a newer sign-in than this."""
        if self.waiting:
            return self.waiting.needs_sign_in(session, now.timestamp())
        return self.to is not None and not session.is_fresh(now)

    def signed_in(self, made: SignedIn) -> Response:
        """Lead on, with the session's cookie."""
        onward = self.to.path if self.to and not self.handle else with_request(LOGIN_PATH, self.handle)
        return self.browser.sign_in(redirect(onward), made.token, int(SESSION_LIFETIME.total_seconds()))


def _onward(answer: Redirection) -> Response:
    """To the client: as it wants its answers."""
    if answer.unvouched:
        return onward_page(answer.unvouched, MISTAKEN, answer.location, answer.fields, 400)
    if answer.fields is None:
        return redirect(answer.location)
    to = origin(answer.location)
    return page("form_post.html", leads_to=to, script=True, goes_to=to, address=answer.location, fields=answer.fields)


async def parameters(request: Request) -> Form:
    """What a program sends by way of the browser, by either method. Raises InvalidRequestError."""
    if request.method == "POST":
        return read_form(request.headers.get("content-type", ""), request.url.query, await request.body())
    return read_parameters(request.url.query)

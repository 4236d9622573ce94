"""/oauth/logout: a program signs a person out (OpenID Connect RP-Initiated Logout 1.0).

At once where it shows an ID token of the person who is signed in here, else when the person says so.
"""

from fastapi import APIRouter, Request, Response

from gateway.http.browser import Browser
from gateway.http.login import LoginUses, parameters, readable
from gateway.http.pages import onward_page, page, redirect
from gateway.http.places import LEAVE_PATH, LOGIN_PATH, as_get
from gateway.oauth.form import Form
from gateway.oauth.leaving import Leaving, leaving
from gateway.oauth.policy import END_SESSION_PATH


def routes(uses: LoginUses) -> APIRouter:
    """The endpoint and the page it may lead to. They are for browsers, and not in the API's description."""
    router = APIRouter(include_in_schema=False)
    pages = LogoutPages(uses)
    router.add_api_route(END_SESSION_PATH, readable(pages.ask), methods=["GET", "POST"])
    router.add_api_route(LEAVE_PATH, readable(pages.leave), methods=["POST"])
    return router


class LogoutPages:
    """The handlers of these routes."""

    def __init__(self, uses: LoginUses) -> None:
        self._uses = uses

    async def ask(self, request: Request) -> Response:
        """End the session, or ask the person whether to."""
        form = await parameters(request)
        if request.method == "POST":
            return redirect(as_get(END_SESSION_PATH, form))
        wish, browser = await self._wish(form), self._uses.browsers.of(request)
        session = await self._uses.sessions.find(browser.session)
        if session is None:
            return _nobody_left(wish)
        if wish.is_proven_for(session):
            return await self._end(browser, wish)
        shown = page(
            "logout.html",
            leads_to=wish.leads_to,
            user=session.user,
            client=wish.client,
            goes_to=wish.leads_to,
            fields=wish.fields,
            leave_path=LEAVE_PATH,
            form_token=browser.form_token,
        )
        return browser.remember(shown)

    async def leave(self, request: Request) -> Response:
        """The person said yes."""
        form = await self._uses.browsers.form(request)
        return await self._end(self._uses.browsers.of(request), await self._wish(form))

    async def _wish(self, form: Form) -> Leaving:
        return await self._uses.run(lambda server: leaving(server, form))

    async def _end(self, browser: Browser, wish: Leaving) -> Response:
        await self._uses.sessions.end(browser.session)
        return browser.sign_out(_left(wish))


def _nobody_left(wish: Leaving) -> Response:
    """No person is here whose session ends: anybody with an account and a program could make a redirector of this."""
    if wish.location and wish.subject and wish.client and wish.client.organization is None:
        return onward_page(wish.client, "You are signed out here.", wish.location)
    return _left(wish, stays=wish.subject is None)


def _left(wish: Leaving, *, stays: bool = False) -> Response:
    """On to the program, unless nobody but the address itself says so: that would be a redirector for anybody."""
    if wish.location and not stays:
        return redirect(wish.location)
    return page("told.html", title="Signed out", text="You are signed out here.", back=LOGIN_PATH, to_sign_in=True)

"""/login/sign-up: whoever wants an account gives an address, and finishes by the link that its mailbox gets."""

from fastapi import APIRouter, Request, Response

from gateway.core.letters import SIGN_UP_LINK_PATH
from gateway.core.sign_in import SESSION_LIFETIME
from gateway.core.sign_up import SignUp
from gateway.http.address import read_address
from gateway.http.invitations import new_person
from gateway.http.login import LoginUses, readable
from gateway.http.pages import page, redirect
from gateway.http.places import LOGIN_PATH, SIGN_UP_PATH
from service_kit.errors import Invalid, NotFound, ServiceError

# A request that waits belongs to one browser, and the mail may be read in another and a day later.
ONWARD = "If a program sent you here, go back to it when you have your account, and sign in from there."


def routes(login: LoginUses, sign_up: SignUp) -> APIRouter:
    """Pages for browsers; not in the API's description."""
    router = APIRouter(include_in_schema=False)
    pages = SignUpPages(login, sign_up)
    router.add_api_route(SIGN_UP_PATH, readable(pages.show), methods=["GET"])
    router.add_api_route(SIGN_UP_PATH, readable(pages.send), methods=["POST"])
    router.add_api_route(SIGN_UP_LINK_PATH, readable(pages.show_link), methods=["GET"])
    router.add_api_route(SIGN_UP_LINK_PATH, readable(pages.join), methods=["POST"])
    return router


class SignUpPages:
    """The handlers of these routes. Nothing that the first two say tells whether there is an account."""

    def __init__(self, login: LoginUses, sign_up: SignUp) -> None:
        self._login = login
        self._sign_up = sign_up

    async def show(self, request: Request) -> Response:
        """Ask for the address."""
        self._check()
        return self._ask(request)

    async def send(self, request: Request) -> Response:
        """Have a link sent."""
        self._check()
        form = (await self._login.browsers.form(request)).fields
        try:
            address = read_address(form)
        except Invalid as error:
            return self._ask(request, form.get("email", "")[:254], error)
        await self._sign_up.ask(address, self._login.browsers.address(request))
        return page("told.html", title="Look into your mailbox", text=f"A mail is on its way to {address}. {ONWARD}")

    async def show_link(self, request: Request) -> Response:
        """Ask for a name and a password. Opening a link changes nothing: machines open links too."""
        self._check()
        return await self._finish(request, request.query_params.get("token", ""))

    async def join(self, request: Request) -> Response:
        """Have the account, and stay signed in."""
        self._check()
        form = (await self._login.browsers.form(request)).fields
        token, name, password = (form.get(each, "") for each in ("token", "name", "password"))
        try:
            new = new_person(name, password)
        except Invalid as error:
            return await self._finish(request, token, name, error)
        signed_in = await self._sign_up.join(token, new.name, new.password)
        browser, lifetime_s = self._login.browsers.of(request), int(SESSION_LIFETIME.total_seconds())
        return browser.sign_in(redirect(LOGIN_PATH), signed_in.token, lifetime_s)

    def _check(self) -> None:
        if not self._sign_up.is_possible:
            raise NotFound("this Laurel takes nobody in on their own; ask to be invited")

    def _ask(self, request: Request, email: str = "", error: ServiceError | None = None) -> Response:
        browser = self._login.browsers.of(request)
        shown = page(
            "sign_up.html",
            422 if error else 200,
            action=SIGN_UP_PATH,
            email=email,
            error=error.detail if error else "",
            form_token=browser.form_token,
        )
        return browser.remember(shown)

    async def _finish(
        self, request: Request, token: str, name: str = "", error: ServiceError | None = None
    ) -> Response:
        browser = self._login.browsers.of(request)
        address, organization = await self._sign_up.find(token)
        shown = page(
            "new_account.html",
            422 if error else 200,
            action=SIGN_UP_LINK_PATH,
            token=token,
            address=address,
            organization=organization,
            onward=ONWARD,
            name=name[:200],
            error=error.detail if error else "",
            form_token=browser.form_token,
        )
        return browser.remember(shown)

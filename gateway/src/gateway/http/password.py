"""/login/forgotten and /login/password: a person who forgot the password gets a link, and chooses another one."""

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter, ValidationError

from gateway.core.letters import RESET_PATH
from gateway.core.reset_password import ResetPassword
from gateway.http.login import LoginUses, readable
from gateway.http.pages import page
from gateway.http.places import FORGOTTEN_PATH
from gateway.http.schemas import Password
from service_kit.errors import Invalid, NotFound, ServiceError

PASSWORD: TypeAdapter[str] = TypeAdapter(Password)


def routes(login: LoginUses, reset: ResetPassword) -> APIRouter:
    """Pages for browsers; not in the API's description."""
    router = APIRouter(include_in_schema=False)
    pages = PasswordPages(login, reset)
    router.add_api_route(FORGOTTEN_PATH, readable(pages.show), methods=["GET"])
    router.add_api_route(FORGOTTEN_PATH, readable(pages.send), methods=["POST"])
    router.add_api_route(RESET_PATH, readable(pages.show_link), methods=["GET"])
    router.add_api_route(RESET_PATH, readable(pages.choose), methods=["POST"])
    return router


class PasswordPages:
    """The handlers of these routes. Nothing that they say tells whether there is an account."""

    def __init__(self, login: LoginUses, reset: ResetPassword) -> None:
        self._login = login
        self._reset = reset

    async def show(self, request: Request) -> Response:
        """Ask for the address."""
        if not self._reset.is_possible:
            raise NotFound("this Laurel sends no mail; ask its operator for another password")
        browser = self._login.browsers.of(request)
        return browser.remember(page("forgotten.html", form_token=browser.form_token))

    async def send(self, request: Request) -> Response:
        """Have a link sent, if there is an account."""
        form = (await self._login.browsers.form(request)).fields
        await self._reset.ask(form.get("email", "")[:254], self._login.browsers.address(request))
        text = "If there is an account with this address, a link is on its way to it."
        return page("told.html", title="Look into your mailbox", text=text)

    async def show_link(self, request: Request) -> Response:
        """Ask for the new password."""
        return await self._page(request, request.query_params.get("token", ""))

    async def choose(self, request: Request) -> Response:
        """Have it, and sign in with it next."""
        form = (await self._login.browsers.form(request)).fields
        token = form.get("token", "")
        try:
            await self._reset.choose(token, _password(form.get("password", "")))
        except Invalid as error:
            return await self._page(request, token, error)
        text = "Your password is changed. You are signed out everywhere, and your passkeys are removed."
        return page("told.html", title="Done", text=text, to_sign_in=True)

    async def _page(self, request: Request, token: str, error: ServiceError | None = None) -> Response:
        browser, address = self._login.browsers.of(request), await self._reset.find(token)
        shown = page(
            "new_password.html",
            422 if error else 200,
            token=token,
            address=address,
            action=RESET_PATH,
            error=error.detail if error else "",
            form_token=browser.form_token,
        )
        return browser.remember(shown)


def _password(text: str) -> str:
    try:
        return PASSWORD.validate_python(text)
    except ValidationError as error:
        raise Invalid("a password of 12 to 256 characters is needed") from error

"""/login/address: a person's e-mail address, confirmed and changed by links that only its mailbox gets."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter, ValidationError

from gateway.core.confirm_address import ConfirmAddress
from gateway.core.letters import CONFIRM_PATH
from gateway.core.people import Session
from gateway.http.login import LoginUses, readable
from gateway.http.pages import page, redirect
from gateway.http.places import ADDRESS_PATH, LOGIN_PATH, Place, sign_in_again
from gateway.http.schemas import Email
from service_kit.errors import Invalid, NotFound
from service_kit.internet_names import both_forms

ADDRESS: TypeAdapter[str] = TypeAdapter(Email)


def routes(login: LoginUses, confirm: ConfirmAddress) -> APIRouter:
    """Pages for browsers; not in the API's description."""
    router = APIRouter(include_in_schema=False)
    pages = AddressPages(login, confirm)
    router.add_api_route(ADDRESS_PATH, readable(pages.show), methods=["GET"])
    router.add_api_route(ADDRESS_PATH, readable(pages.send), methods=["POST"])
    router.add_api_route(CONFIRM_PATH, readable(pages.show_link), methods=["GET"])
    router.add_api_route(CONFIRM_PATH, readable(pages.confirm), methods=["POST"])
    return router


class AddressPages:
    """The handlers of these routes. Opening a link changes nothing: machines open links too. A button does."""

    def __init__(self, login: LoginUses, confirm: ConfirmAddress) -> None:
        self._login = login
        self._confirm = confirm

    async def show(self, request: Request) -> Response:
        """The address, and forms to have a link sent to it or to another."""
        self._check()
        browser = self._login.browsers.of(request)
        session = await self._fresh(browser.session)
        if session is None:
            return redirect(sign_in_again(Place.ADDRESS))
        return browser.remember(page("address.html", user=session.user, form_token=browser.form_token))

    async def send(self, request: Request) -> Response:
        """Have a link sent."""
        self._check()
        form = (await self._login.browsers.form(request)).fields
        session = await self._fresh(self._login.browsers.of(request).session)
        if session is None:
            return redirect(sign_in_again(Place.ADDRESS))
        address = session.user.email
        if form.get("change"):
            address = read_address(form)
            await self._confirm.change(session, address)
        else:
            await self._confirm.ask(session.user)
        return page("told.html", title="Look into your mailbox", text=f"A link is on its way to {both_forms(address)}.")

    async def show_link(self, request: Request) -> Response:
        """Ask for a yes, of the person whose account it is."""
        browser, token = self._login.browsers.of(request), request.query_params.get("token", "")
        session = await self._login.sessions.find(browser.session)
        address = await self._confirm.find(token, session.user) if session else ""
        shown = page("confirm_address.html", token=token, address=address, form_token=browser.form_token)
        return browser.remember(shown)

    async def confirm(self, request: Request) -> Response:
        """The address is the account's, and confirmed."""
        form = (await self._login.browsers.form(request)).fields
        session = await self._login.sessions.find(self._login.browsers.of(request).session)
        if session is None:
            return redirect(LOGIN_PATH)
        await self._confirm.confirm(form.get("token", ""), session.user)
        return redirect(LOGIN_PATH)

    def _check(self) -> None:
        if not self._confirm.is_possible:
            raise NotFound("this Laurel sends no mail, so addresses cannot be confirmed")

    async def _fresh(self, token: str | None) -> Session | None:
        session = await self._login.sessions.find(token)
        return session if session and session.is_fresh(self._login.clock()) else None


def read_address(form: Mapping[str, str]) -> str:
    """The address in a form. Raises Invalid."""
    try:
        return ADDRESS.validate_python(form.get("email", "").strip())
    except ValidationError as error:
        raise Invalid("this is not an e-mail address") from error

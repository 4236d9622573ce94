"""/login/passkeys: a person's passkeys, and one more. Signing in with one is in gateway.http.login."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from gateway.core.passkeys import Passkeys
from gateway.core.people import Session
from gateway.http.login import LoginUses, readable
from gateway.http.pages import PASSKEY_SCRIPT_PATH, page, passkey_script, redirect
from gateway.http.places import PASSKEYS_PATH, Place, sign_in_again
from gateway.http.schemas import trimmed
from service_kit.errors import Invalid

CHANGE_PATH = f"{PASSKEYS_PATH}/change"
NAME: TypeAdapter[str] = TypeAdapter(Annotated[str, Field(min_length=1, max_length=60), AfterValidator(trimmed)])


def routes(login: LoginUses, passkeys: Passkeys) -> APIRouter:
    """Pages for browsers; not in the API's description."""
    router = APIRouter(include_in_schema=False)
    pages = PasskeyPages(login, passkeys)
    router.add_api_route(PASSKEYS_PATH, readable(pages.show), methods=["GET"])
    router.add_api_route(PASSKEYS_PATH, readable(pages.add), methods=["POST"])
    router.add_api_route(CHANGE_PATH, readable(pages.change), methods=["POST"])
    router.add_api_route(PASSKEY_SCRIPT_PATH, passkey_script, methods=["GET"])
    return router


class PasskeyPages:
    """The handlers of these routes. Whoever signed in too long ago is asked again."""

    def __init__(self, login: LoginUses, passkeys: Passkeys) -> None:
        self._login = login
        self._passkeys = passkeys

    async def show(self, request: Request) -> Response:
        """The person's passkeys, with forms to rename and remove each, and one to add another."""
        browser = self._login.browsers.of(request)
        session = await self._fresh(browser.session)
        if session is None:
            return redirect(sign_in_again(Place.PASSKEYS))
        held, options = await self._passkeys.begin(session.user, browser.digest)
        shown = page("passkeys.html", script=True, passkeys=held, options=options, form_token=browser.form_token)
        return browser.remember(shown)

    async def add(self, request: Request) -> Response:
        """Keep what the authenticator made."""
        form = (await self._login.browsers.form(request)).fields
        browser = self._login.browsers.of(request)
        session = await self._fresh(browser.session)
        if session is None:
            return redirect(sign_in_again(Place.PASSKEYS))
        await self._passkeys.add(session, browser.digest, form.get("credential", ""), _name(form.get("name", "")))
        return redirect(PASSKEYS_PATH)

    async def change(self, request: Request) -> Response:
        """Rename or remove one."""
        form = (await self._login.browsers.form(request)).fields
        session = await self._fresh(self._login.browsers.of(request).session)
        if session is None:
            return redirect(sign_in_again(Place.PASSKEYS))
        passkey = form.get("passkey", "")
        match form.get("change"):
            case "remove":
                await self._passkeys.remove(session, passkey)
            case "rename":
                await self._passkeys.rename(session, passkey, _name(form.get("name", "")))
            case _:
                raise Invalid("say whether to rename or to remove")
        return redirect(PASSKEYS_PATH)

    async def _fresh(self, token: str | None) -> Session | None:
        session = await self._login.sessions.find(token)
        return session if session and session.is_fresh(self._login.clock()) else None


def _name(text: str) -> str:
    try:
        return NAME.validate_python(text.strip())
    except ValidationError as error:
        raise Invalid("a name of up to 60 characters is needed") from error

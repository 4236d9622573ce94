"""Every page for people, found by walking the routes: no form counts from elsewhere, no page is framed or scripted."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fastapi.routing import APIRoute

from gateway.core.roles import Role
from gateway.main import application
from gateway.settings import GatewaySettings, MailSettings
from tests.gateway.conftest import serving
from tests.gateway.harness import BASE, Gateway
from tests.gateway.people import FORM_TOKEN, Visitor, person

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"
# Any site may send a browser to these two, by either method. They ask the person, or lead on, and change nothing.
FOR_PROGRAMS = frozenset({"/oauth/authorize", "/oauth/logout"})
FORMS = (
    "/login",
    "/login/address",
    "/login/address/confirm",
    "/login/consent",
    "/login/end",
    "/login/forgotten",
    "/login/invitations",
    "/login/leave",
    "/login/organization/invitations",
    "/login/organization/programs",
    "/login/passkey",
    "/login/passkeys",
    "/login/passkeys/change",
    "/login/password",
    "/login/sign-up",
    "/login/sign-up/account",
    "/login/sign-up/membership",
)


@pytest_asyncio.fixture
async def gateway(gateway_settings: GatewaySettings, tmp_path: Path) -> AsyncIterator[Gateway]:
    """One that offers everything: mail, and learners who sign up."""
    mail = MailSettings(directory=tmp_path, sender="no-reply@laurel.example")
    update = {"mail": mail, "learners_organization": "lakeside"}
    async with serving(gateway_settings.model_copy(update=update)) as found:
        await person(found, await found.member("lakeside"), EMAIL, Role.OWNER)
        yield found


def paths(gateway: Gateway, method: str) -> list[str]:
    routes = application(gateway.settings, gateway.parts).routes
    pages = [one for one in routes if isinstance(one, APIRoute) and not one.include_in_schema]
    return sorted(one.path for one in pages if method in (one.methods or ()))


async def signed_in(gateway: Gateway) -> tuple[Visitor, str]:
    """A person at a browser, and the token that its forms carry."""
    visitor = Visitor(gateway)
    await visitor.sign_in(await visitor.http.get("/login"), EMAIL)
    found = FORM_TOKEN.search((await visitor.http.get("/login")).text)
    assert found
    return visitor, found[1]


async def test_the_table_names_every_form(gateway: Gateway) -> None:
    assert set(paths(gateway, "POST")) == set(FORMS) | FOR_PROGRAMS


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_counts_only_from_our_own_page_in_the_same_browser(gateway: Gateway, path: str) -> None:
    visitor, token = await signed_in(gateway)
    _, strange = await signed_in(gateway)
    fresh = Visitor(gateway)

    async def refused(by: Visitor, token: str, **headers: str) -> httpx.Response:
        answer = await by.http.post(
            path, data={"answer": "yes"} | ({"form_token": token} if token else {}), headers=headers
        )
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False), answer.text
        return answer

    for origin in ("https://evil.example", "null", f"{BASE}.evil.example", "http://localhost", ""):
        await refused(visitor, token, Origin=origin)
    for wrong in ("", strange, token[:-1], token.upper() if token.upper() != token else "x"):
        await refused(visitor, wrong, Origin=BASE)
    await refused(fresh, token, Origin=BASE)
    shown = await visitor.http.get("/login")
    assert EMAIL in shown.text  # nothing happened: still signed in


async def test_no_page_is_framed_or_runs_what_is_not_ours(gateway: Gateway) -> None:
    visitor, _ = await signed_in(gateway)
    seen = 0
    for path in (one for one in paths(gateway, "GET") if "{" not in one):
        for browser in (visitor.http, gateway.browser()):
            answer = await browser.get(path, headers={"Accept": "text/html"})
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            seen += 1
            policy = answer.headers.get("content-security-policy", "")
            assert "frame-ancestors 'none'" in policy, path
            assert "default-src 'none'" in policy, path
            assert "unsafe" not in policy, path
            assert answer.headers["x-content-type-options"] == "nosniff", path
    assert seen > len(FORMS)

"""A program that nobody vouches for leads nobody to its address by a mistaken link (RFC 9700 §4.11.2)."""

import html
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio

from gateway.core.roles import Role
from tests.gateway.harness import BASE, Gateway
from tests.gateway.people import REDIRECT, App, Visitor, answered, app, person, tokens

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"
AFTER = "https://app.example/signed-out"
LINK = re.compile(r'<a href="([^"]+)" rel="nofollow noreferrer">')
WRONG: tuple[dict[str, str | None], ...] = (
    {"scope": "made-up"},
    {"response_type": "token"},
    {"response_type": None},
    {"code_challenge": None},
    {"prompt": "none login"},
    {"request": "x"},
    {"resource": "https://evil.example"},
)


@dataclass
class Scene:
    gateway: Gateway
    known: App
    unknown: App
    visitor: Visitor


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    member = await gateway.member("lakeside")
    await person(gateway, member, EMAIL, Role.ISSUER)
    known = await app(gateway, member, post_logout_redirect_uris=[AFTER])
    asked: dict[str, Any] = {"client_name": "Your <Bank>", "redirect_uris": [REDIRECT], "scope": "credentials:issue"}
    made = (await gateway.http.post("/oauth/register", json=asked | {"post_logout_redirect_uris": [AFTER]})).json()
    unknown = App(gateway, made["client_id"], (made["client_id"], made["client_secret"]))
    return Scene(gateway, known, unknown, Visitor(gateway))


def onward(shown: httpx.Response) -> str:
    """Where the page's only link leads."""
    (link,) = LINK.findall(shown.text)
    return html.unescape(link)


@pytest.mark.parametrize("changes", WRONG, ids=str)
async def test_the_person_decides(scene: Scene, changes: dict[str, str | None]) -> None:
    shown = await scene.visitor.begin(scene.unknown.parameters(**changes))
    assert (shown.status_code, "location" in shown.headers) == (400, False)
    assert "Nobody vouches for this program" in shown.text
    assert "Your &lt;Bank&gt;" in shown.text
    assert "https://app.example</strong>" in shown.text
    said = {name: value for name, (value,) in parse_qs(urlsplit(onward(shown)).query).items()}
    assert onward(shown).startswith(REDIRECT)
    assert (said["state"], said["iss"], "error" in said) == ("s t&te", BASE, True)


@pytest.mark.parametrize("changes", WRONG, ids=str)
async def test_a_program_of_an_organization_is_told_at_once(scene: Scene, changes: dict[str, str | None]) -> None:
    answer = await scene.visitor.begin(scene.known.parameters(**changes))
    assert (answer.status_code, "error" in answered(answer)) == (303, True)


async def test_by_post_there_is_a_button_and_no_script(scene: Scene) -> None:
    shown = await scene.visitor.begin(scene.unknown.parameters(scope="made-up", response_mode="form_post"))
    assert (shown.status_code, "<script" in shown.text) == (400, False)
    assert f'<form method="post" action="{html.escape(REDIRECT)}">' in shown.text
    assert 'name="error" value="invalid_scope"' in shown.text
    assert "form-action 'self' https://app.example;" in shown.headers["content-security-policy"]


async def test_what_wants_no_page_gets_none(scene: Scene) -> None:
    """RFC 9700 leaves silent requests out: a page in a hidden frame helps nobody."""
    assert answered(await scene.visitor.begin(scene.unknown.parameters(prompt="none")))["error"] == "login_required"


async def test_who_signed_in_and_said_no_is_led_back(scene: Scene) -> None:
    shown = await scene.visitor.consent_page(scene.unknown.parameters(), EMAIL)
    assert answered(await scene.visitor.answer(shown, "no"))["error"] == "access_denied"


async def test_signing_out_leads_nobody_there_either(scene: Scene) -> None:
    """Whoever made the program has an ID token of it, for every other browser."""
    given = await tokens(scene.visitor, scene.unknown, EMAIL)
    wish = {"id_token_hint": given["id_token"], "post_logout_redirect_uri": AFTER, "state": "s"}
    shown = await Visitor(scene.gateway).http.get("/oauth/logout", params=wish)
    assert (shown.status_code, onward(shown)) == (200, f"{AFTER}?state=s")
    answer = await scene.visitor.http.get("/oauth/logout", params=wish)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{AFTER}?state=s")


async def test_but_where_an_organization_vouches_for_the_program(scene: Scene) -> None:
    given = await tokens(scene.visitor, scene.known, EMAIL)
    wish = {"id_token_hint": given["id_token"], "post_logout_redirect_uri": AFTER}
    answer = await Visitor(scene.gateway).http.get("/oauth/logout", params=wish)
    assert (answer.status_code, answer.headers["location"]) == (303, AFTER)

"""A program that nobody vouches for leads nobody to its address by a mistaken link (RFC 9700 §4.11.2)."""

import html
import re
from collections.abc import Awaitable, Callable
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
SILENT: tuple[dict[str, str | None], ...] = (
    {"prompt": "none"},
    {"prompt": "none", "scope": "made-up"},
    {"prompt": "none", "code_challenge": None},
)
Way = Callable[[Visitor, dict[str, str]], Awaitable[httpx.Response]]
WINDOW = {"Sec-Fetch-Dest": "document"}


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


async def by_form(visitor: Visitor, asked: dict[str, str]) -> httpx.Response:
    """By a form of another site: no cookies come with it, and the browser is led to the same by GET."""
    return await visitor.page(await visitor.http.post("/oauth/authorize", data=asked))


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


@pytest.mark.parametrize("way", [Visitor.begin, by_form])
async def test_silently_it_leads_no_stranger_there(scene: Scene, way: Way) -> None:
    scene.visitor.http.headers.update(WINDOW)
    for changes in SILENT:
        shown = await way(scene.visitor, scene.unknown.parameters(**changes))
        assert (shown.status_code, "location" in shown.headers) == (400, False)
        assert "Nobody vouches for this program" in shown.text
        assert onward(shown).startswith(REDIRECT)


async def test_silently_nor_somebody_who_is_signed_in(scene: Scene) -> None:
    await tokens(scene.visitor, scene.known, EMAIL)
    scene.visitor.http.headers.update(WINDOW)
    shown = await scene.visitor.begin(scene.unknown.parameters(prompt="none"))
    assert shown.status_code == 400
    assert "error=consent_required" in onward(shown)


async def test_silently_nor_who_signed_out_since(scene: Scene) -> None:
    """Another person may be at this browser now: whose consent it would be nobody can tell."""
    await tokens(scene.visitor, scene.unknown, EMAIL)
    scene.visitor.http.headers.update(WINDOW)
    await scene.visitor.send("/login/end", await scene.visitor.http.get("/login"), {})
    shown = await scene.visitor.begin(scene.unknown.parameters(prompt="none"))
    assert shown.status_code == 400
    assert "error=login_required" in onward(shown)


async def test_silently_nor_whose_consent_has_ended(scene: Scene) -> None:
    await tokens(scene.visitor, scene.unknown, EMAIL)
    scene.gateway.clock.forward(days=91)
    await scene.visitor.sign_in(await scene.visitor.http.get("/login"), EMAIL)
    scene.visitor.http.headers.update(WINDOW)
    shown = await scene.visitor.begin(scene.unknown.parameters(prompt="none"))
    assert shown.status_code == 400
    assert "error=consent_required" in onward(shown)


@pytest.mark.parametrize("destination", [None, "iframe", "empty"])
async def test_what_no_window_shows_is_answered_at_once(scene: Scene, destination: str | None) -> None:
    """OpenID Connect Core §3.1.2.6: a page in a hidden frame helps nobody."""
    scene.visitor.http.headers.update({"Sec-Fetch-Dest": destination} if destination else {})
    for changes in SILENT:
        answer = await scene.visitor.begin(scene.unknown.parameters(**changes))
        assert (answer.status_code, "error" in answered(answer)) == (303, True)


async def test_who_agreed_to_the_program_is_led_back(scene: Scene) -> None:
    await tokens(scene.visitor, scene.unknown, EMAIL)
    scene.visitor.http.headers.update(WINDOW)
    assert "code" in answered(await scene.visitor.begin(scene.unknown.parameters(prompt="none")))
    for name, value, error in (("scope", "made-up", "invalid_scope"), ("id_token_hint", "x", "login_required")):
        asked = scene.unknown.parameters(prompt="none") | {name: value}
        assert answered(await scene.visitor.begin(asked))["error"] == error


async def test_so_is_everybody_where_an_organization_vouches(scene: Scene) -> None:
    scene.visitor.http.headers.update(WINDOW)
    for changes in SILENT:
        answer = await scene.visitor.begin(scene.known.parameters(**changes))
        assert (answer.status_code, "error" in answered(answer)) == (303, True)


@pytest.mark.parametrize("destination", ["document", "iframe"])
async def test_with_a_page_a_frame_changes_nothing(scene: Scene, destination: str) -> None:
    await tokens(scene.visitor, scene.unknown, EMAIL)
    scene.visitor.http.headers.update({"Sec-Fetch-Dest": destination})
    shown = await scene.visitor.begin(scene.unknown.parameters(scope="made-up"))
    assert (shown.status_code, "location" in shown.headers) == (400, False)
    assert "error=invalid_scope" in onward(shown)


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

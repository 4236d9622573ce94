"""Pushed authorization requests (RFC 9126): pushed by a client that proves itself, used once, soon, by that client."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.adapters.housekeeping import sweep
from gateway.core.roles import Role
from tests.gateway.harness import BASE, Gateway, Member
from tests.gateway.people import App, Visitor, answered, app, person
from tests.proofs import KEY, OTHER, proof

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"


@dataclass
class Scene:
    gateway: Gateway
    member: Member
    app: App
    visitor: Visitor

    async def push(self, headers: dict[str, str] | None = None, **changes: str | None) -> httpx.Response:
        return await self.app.post("/oauth/par", self.app.parameters(**changes), headers=headers or {})

    async def pushed(self, **changes: str | None) -> str:
        answer = await self.push(None, **changes)
        assert answer.status_code == 201, answer.text
        uri: str = answer.json()["request_uri"]
        return uri

    async def begin(self, request_uri: str, **changes: str) -> httpx.Response:
        return await self.visitor.begin({"client_id": self.app.client_id, "request_uri": request_uri} | changes)


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    member = await gateway.member("lakeside")
    await person(gateway, member, EMAIL, Role.ISSUER)
    return Scene(gateway, member, await app(gateway, member), Visitor(gateway))


async def test_a_pushed_request_leads_to_a_code(scene: Scene) -> None:
    answer = await scene.push()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["expires_in"] == 60
    uri = answer.json()["request_uri"]
    assert uri.startswith("urn:ietf:params:oauth:request_uri:laurel_request_")
    shown = await scene.visitor.page(await scene.begin(uri))
    shown = await scene.visitor.page(await scene.visitor.sign_in(shown, EMAIL))
    came = answered(await scene.visitor.answer(shown))
    assert came["iss"] == BASE
    assert (await scene.app.exchange(came["code"])).status_code == 200


async def consent_page(scene: Scene, uri: str) -> httpx.Response:
    shown = await scene.visitor.page(await scene.begin(uri))
    if 'type="password"' in shown.text:
        shown = await scene.visitor.page(await scene.visitor.sign_in(shown, EMAIL))
    return shown


@pytest.mark.parametrize("answer", ["yes", "no"])
async def test_it_is_used_once(scene: Scene, answer: str) -> None:
    """By an answer, whatever it is."""
    uri = await scene.pushed()
    assert ("code" in answered(await scene.visitor.answer(await consent_page(scene, uri), answer))) is (answer == "yes")
    again = await scene.begin(uri)
    assert again.status_code == 400
    assert "location" not in again.headers


async def test_until_then_it_may_be_visited_again(scene: Scene) -> None:
    """FAPI 2.0 Security Profile §5.3.2.2: by whoever reloads the page, and after something looked at the link."""
    uri = await scene.pushed()
    assert (await Visitor(scene.gateway).begin({"client_id": scene.app.client_id, "request_uri": uri})).is_redirect
    first = await consent_page(scene, uri)
    second = await consent_page(scene, uri)
    assert "code" in answered(await scene.visitor.answer(second))
    late = await scene.visitor.answer(first)
    assert (late.status_code, "location" in late.headers) == (400, False)


async def test_of_many_answers_at_once_one_counts(scene: Scene) -> None:
    uri = await scene.pushed()
    pages = [await consent_page(scene, uri) for _ in range(5)]
    answers = await asyncio.gather(*(scene.visitor.answer(shown) for shown in pages))
    assert sorted(answer.status_code for answer in answers) == [303] + [400] * 4


async def test_an_answer_counts_after_the_minute_too_and_once(scene: Scene) -> None:
    """A person takes longer than a program."""
    uri = await scene.pushed()
    pages = [await consent_page(scene, uri) for _ in range(2)]
    scene.gateway.clock.forward(minutes=10)
    await sweep(scene.gateway.database, scene.gateway.clock)
    assert "code" in answered(await scene.visitor.answer(pages[0]))
    await sweep(scene.gateway.database, scene.gateway.clock)
    assert (await scene.visitor.answer(pages[1])).status_code == 400


async def test_an_answer_without_a_page_is_one_too(scene: Scene) -> None:
    await scene.visitor.answer(await consent_page(scene, await scene.pushed()))
    uri = await scene.pushed(prompt="none")
    assert "code" in answered(await scene.begin(uri))
    assert (await scene.begin(uri)).status_code == 400


async def test_it_ends_after_a_minute(scene: Scene) -> None:
    uri = await scene.pushed()
    scene.gateway.clock.forward(seconds=60)
    assert (await scene.begin(uri)).status_code == 400


async def test_it_is_bound_to_its_client(scene: Scene) -> None:
    other = await app(scene.gateway, scene.member)
    uri = await scene.pushed()
    answer = await scene.visitor.begin({"client_id": other.client_id, "request_uri": uri})
    assert answer.status_code == 400


@pytest.mark.parametrize("uri", ["urn:ietf:params:oauth:request_uri:made-up", "https://evil.example/r.jwt", "x"])
async def test_another_reference_is_refused(scene: Scene, uri: str) -> None:
    assert (await scene.begin(uri)).status_code == 400


async def test_a_request_that_waits_in_a_browser_is_no_pushed_one(scene: Scene) -> None:
    begun = await scene.visitor.begin(scene.app.parameters())
    handle = httpx.URL(begun.headers["location"]).params["request"]
    assert (await scene.begin(f"urn:ietf:params:oauth:request_uri:{handle}")).status_code == 400


async def test_what_the_browser_brings_besides_does_not_count(scene: Scene) -> None:
    uri = await scene.pushed()
    begun = await scene.begin(uri, scope="catalog:write", redirect_uri="https://evil.example/", state="forged")
    shown = await scene.visitor.page(begun)
    shown = await scene.visitor.page(await scene.visitor.sign_in(shown, EMAIL))
    came = await scene.visitor.answer(shown)
    assert came.headers["location"].startswith("https://app.example/callback?")
    assert answered(came)["state"] == "s t&te"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "made-up"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"audience": "https://elsewhere.example"}, "invalid_target"),
    ],
)
async def test_a_bad_request_is_told_to_the_client_itself(scene: Scene, changes: dict[str, Any], error: str) -> None:
    answer = await scene.push(**changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert "location" not in answer.headers


async def test_nobody_pushes_for_another_client(scene: Scene) -> None:
    other = await app(scene.gateway, scene.member)
    assert (await scene.push(client_id=other.client_id)).json()["error"] == "invalid_request"
    nameless = App(scene.gateway, scene.app.client_id, None)
    answer = await nameless.post("/oauth/par", nameless.parameters())
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_client_may_push_only(scene: Scene) -> None:
    strict = await app(scene.gateway, scene.member, require_pushed_authorization_requests=True)
    refused = await scene.visitor.begin(strict.parameters())
    assert answered(refused)["error"] == "invalid_request"
    pushed = await strict.post("/oauth/par", strict.parameters())
    begun = await scene.visitor.begin({"client_id": strict.client_id, "request_uri": pushed.json()["request_uri"]})
    assert begun.headers["location"].startswith("/login?request=")


async def test_a_key_proved_here_is_the_codes(scene: Scene) -> None:
    def header(url: str, **changes: Any) -> dict[str, str]:
        return {"DPoP": proof("POST", BASE + url, scene.gateway.clock.now.timestamp(), **changes)}

    first = await scene.push(header("/oauth/par"))
    assert first.json()["error"] == "use_dpop_nonce"
    nonce = first.headers["dpop-nonce"]
    other = await scene.push(header("/oauth/par", nonce=nonce), dpop_jkt=OTHER.thumbprint())
    assert other.json()["error"] == "invalid_dpop_proof"
    uri = (await scene.push(header("/oauth/par", nonce=nonce))).json()["request_uri"]
    shown = await scene.visitor.page(await scene.begin(uri))
    shown = await scene.visitor.page(await scene.visitor.sign_in(shown, EMAIL))
    made = answered(await scene.visitor.answer(shown))["code"]
    assert (await scene.app.exchange(made)).json()["error"] == "invalid_grant"
    good = await scene.app.exchange(made, headers=header("/oauth/token", nonce=nonce, key=KEY))
    assert good.json()["token_type"] == "DPoP"

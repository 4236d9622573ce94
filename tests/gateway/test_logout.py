"""A program signs a person out: OpenID Connect RP-Initiated Logout 1.0."""

import html
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio

from gateway.core.roles import Role
from tests.gateway.harness import BASE, Gateway, Member
from tests.gateway.people import App, Visitor, app, person, tokens
from tests.gateway.test_registration import OPEN, bearer, made, register

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"
AFTER = "https://app.example/signed-out?from=laurel"


@dataclass
class Scene:
    """Somebody who is signed in by way of a program."""

    gateway: Gateway
    member: Member
    app: App
    visitor: Visitor
    given: dict[str, Any]

    @property
    def hint(self) -> str:
        token: str = self.given["id_token"]
        return token

    async def ask(self, **parameters: str) -> httpx.Response:
        return await asked(self.visitor, **parameters)

    async def is_signed_in(self) -> bool:
        return "Sign out" in (await self.visitor.http.get("/login")).text


async def asked(visitor: Visitor, **parameters: str) -> httpx.Response:
    return await visitor.http.get(f"/oauth/logout?{urlencode(parameters)}")


def hidden(shown: httpx.Response) -> dict[str, str]:
    """What the form of a page carries."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', shown.text)
    return {name: html.unescape(value) for name, value in found}


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    member = await gateway.member("lakeside")
    await person(gateway, member, EMAIL, Role.ISSUER)
    studio, visitor = await app(gateway, member, post_logout_redirect_uris=[AFTER]), Visitor(gateway)
    return Scene(gateway, member, studio, visitor, await tokens(visitor, studio, EMAIL))


class TestWithAnIdToken:
    async def test_the_session_ends_and_the_browser_goes_back(self, scene: Scene) -> None:
        assert await scene.is_signed_in()
        scene.gateway.clock.forward(hours=2)
        answer = await scene.ask(id_token_hint=scene.hint, post_logout_redirect_uri=AFTER, state="a b&c")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{AFTER}&state=a+b%26c")
        assert 'laurel-session=""' in answer.headers["set-cookie"]
        assert not await scene.is_signed_in()

    async def test_without_an_address_a_page_says_so(self, scene: Scene) -> None:
        answer = await scene.ask(id_token_hint=scene.hint, client_id=scene.app.client_id, state="x")
        assert (answer.status_code, "location" in answer.headers) == (200, False)
        assert "You are signed out" in answer.text
        assert not await scene.is_signed_in()

    async def test_by_post_too(self, scene: Scene) -> None:
        """By way of GET: a browser sends no cookies with another site's POST."""
        form = {"id_token_hint": scene.hint, "post_logout_redirect_uri": AFTER}
        posted = await scene.gateway.http.post("/oauth/logout", data=form)
        assert posted.status_code == 303
        answer = await scene.visitor.page(posted)
        assert answer.headers["location"] == AFTER
        assert not await scene.is_signed_in()

    async def test_a_session_that_has_ended_already(self, scene: Scene) -> None:
        wish = {"id_token_hint": scene.hint, "post_logout_redirect_uri": AFTER}
        for _ in range(2):
            assert (await scene.ask(**wish)).headers["location"] == AFTER

    async def test_what_the_program_was_allowed_stays(self, scene: Scene) -> None:
        await scene.ask(id_token_hint=scene.hint)
        assert await scene.app.is_active(scene.given["access_token"])
        assert (await scene.app.refresh(scene.given["refresh_token"])).status_code == 200


class TestWithoutOne:
    @pytest.mark.parametrize("named", [True, False])
    async def test_the_person_is_asked(self, scene: Scene, named: bool) -> None:
        wish = {"client_id": scene.app.client_id, "post_logout_redirect_uri": AFTER, "state": "s"} if named else {}
        shown = await scene.ask(**wish)
        assert (shown.status_code, "Badge &lt;Studio&gt;" in shown.text) == (200, named)
        assert await scene.is_signed_in()
        assert hidden(shown).items() >= wish.items()
        answer = await scene.visitor.http.post("/login/leave", data=hidden(shown))
        assert answer.headers.get("location") == (f"{AFTER}&state=s" if named else None)
        assert not await scene.is_signed_in()

    async def test_the_page_may_lead_to_the_registered_address_only(self, scene: Scene) -> None:
        shown = await scene.ask(client_id=scene.app.client_id, post_logout_redirect_uri=AFTER)
        assert "form-action 'self' https://app.example;" in shown.headers["content-security-policy"]
        assert "form-action 'self';" in (await scene.ask()).headers["content-security-policy"]

    async def test_another_persons_token_is_not_enough(self, scene: Scene) -> None:
        await person(scene.gateway, scene.member, "eve@lakeside.example", Role.ISSUER)
        eves = await tokens(Visitor(scene.gateway), scene.app, "eve@lakeside.example")
        shown = await scene.ask(id_token_hint=eves["id_token"], post_logout_redirect_uri=AFTER)
        assert "Sign out?" in shown.text
        assert await scene.is_signed_in()

    async def test_neither_is_anything_else(self, scene: Scene) -> None:
        head, body, signature = scene.hint.split(".")
        for hint in (f"{head}.{body}.{signature[:-8]}AAAAAAAA", scene.given["access_token"], "x", "e30.e30.e30"):
            shown = await scene.ask(id_token_hint=hint, post_logout_redirect_uri=AFTER)
            assert (shown.status_code, "location" in shown.headers) == (200, False)
        assert await scene.is_signed_in()

    async def test_a_form_of_another_site_ends_nothing(self, scene: Scene) -> None:
        shown = await scene.ask()
        evil = {"Origin": "https://evil.example"}
        for form, headers in ((hidden(shown), evil), ({"form_token": "0" * 64}, {}), ({"state": "s"}, {})):
            answer = await scene.visitor.http.post("/login/leave", data=form, headers=headers)
            assert answer.status_code == 403
        assert await scene.is_signed_in()

    async def test_nobody_is_signed_in(self, scene: Scene) -> None:
        nobody = Visitor(scene.gateway)
        assert "You are signed out" in (await asked(nobody)).text
        answer = await asked(nobody, client_id=scene.app.client_id, post_logout_redirect_uri=AFTER)
        assert (answer.status_code, "location" in answer.headers) == (200, False)


class TestRefusals:
    @pytest.mark.parametrize(
        "address",
        [AFTER + "&x=1", "https://app.example/signed-out", AFTER.upper(), "https://evil.example/", "//evil.example"],
    )
    async def test_an_address_that_is_not_registered_leads_nowhere(self, scene: Scene, address: str) -> None:
        for hint in ({"id_token_hint": scene.hint}, {"client_id": scene.app.client_id}):
            answer = await scene.ask(**hint, post_logout_redirect_uri=address)
            assert (answer.status_code, "location" in answer.headers) == (400, False)
        assert (await scene.ask(post_logout_redirect_uri=address)).status_code == 200
        assert await scene.is_signed_in()

    async def test_a_form_sends_nobody_elsewhere_either(self, scene: Scene) -> None:
        shown = await scene.ask()
        elsewhere = {"client_id": scene.app.client_id, "post_logout_redirect_uri": "https://evil.example/"}
        answer = await scene.visitor.http.post("/login/leave", data=hidden(shown) | elsewhere)
        assert (answer.status_code, "location" in answer.headers) == (400, False)

    async def test_two_clients_at_once(self, scene: Scene) -> None:
        other = await app(scene.gateway, scene.member, post_logout_redirect_uris=[AFTER])
        wish = {"id_token_hint": scene.hint, "client_id": other.client_id, "post_logout_redirect_uri": AFTER}
        assert (await scene.ask(**wish)).status_code == 400
        assert (await scene.ask(client_id="nobody")).status_code == 400
        assert await scene.is_signed_in()

    @pytest.mark.parametrize("query", ["state=1&state=2", "state=%00", "state=%ff", "&".join(["a=1"] * 50)])
    async def test_what_cannot_be_read(self, scene: Scene, query: str) -> None:
        assert (await scene.visitor.http.get(f"/oauth/logout?{query}")).status_code == 400
        assert await scene.is_signed_in()


class TestRegistering:
    async def test_a_program_says_where_to_go_afterwards(self, gateway: Gateway) -> None:
        body = await made(gateway, OPEN | {"post_logout_redirect_uris": [AFTER]})
        assert body["post_logout_redirect_uris"] == [AFTER]
        address, token = f"/oauth/register/{body['client_id']}", body["registration_access_token"]
        assert (await gateway.http.get(address, headers=bearer(token))).json()["post_logout_redirect_uris"] == [AFTER]
        again = await gateway.http.put(address, json=OPEN, headers=bearer(token))
        assert again.json()["post_logout_redirect_uris"] == []

    @pytest.mark.parametrize("uri", ["http://app.example/", "https://app.example/#x", "javascript:alert(1)", "x"])
    async def test_it_must_be_what_a_redirect_may_be(self, gateway: Gateway, uri: str) -> None:
        answer = await register(gateway, OPEN | {"post_logout_redirect_uris": [uri]})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")

    async def test_only_programs_of_people_have_one(self, gateway: Gateway) -> None:
        headers = await gateway.headers(await gateway.member("lakeside"))
        machine = {"name": "m", "scopes": ["credentials:issue"], "postLogoutRedirectUris": [AFTER]}
        answer = await gateway.http.post("/clients", headers=headers, json=machine)
        assert answer.status_code == 422
        assert "postLogoutRedirectUris" in answer.text

    async def test_it_is_announced(self, gateway: Gateway) -> None:
        found = (await gateway.http.get("/.well-known/openid-configuration")).json()
        assert found["end_session_endpoint"] == f"{BASE}/oauth/logout"

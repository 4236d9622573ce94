"""`prompt=none` and `id_token_hint` (OpenID Connect Core §3.1.2.1): an answer without a page, where one was given."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from sqlalchemy import func, select, update

from gateway.adapters.consents import MAX_STANDING
from gateway.adapters.housekeeping import sweep
from gateway.adapters.tables import AUDIT, AUTHORIZATION_REQUESTS, GRANTS, SIGNING_KEYS
from gateway.core.model import OrganizationId
from gateway.core.people import User
from gateway.core.roles import Role
from service_kit.tables import OUTBOX
from tests.gateway.harness import BASE, Gateway, Member
from tests.gateway.people import REDIRECT, App, Visitor, answered, app, person, tokens
from tests.gateway.test_code_flow import claims
from tests.gateway.test_signing_keys import another_process

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"
SCOPE = "openid profile email credentials:issue"

ON_A_DEVICE: dict[str, Any] = {
    "token_endpoint_auth_method": "none",
    "application_type": "native",
    "redirect_uris": ["com.example.app:/callback"],
}


@dataclass
class Scene:
    """Somebody who is signed in and allowed this program something an hour ago."""

    gateway: Gateway
    member: Member
    app: App
    user: User
    visitor: Visitor
    given: dict[str, Any]

    async def silently(self, **changes: str | None) -> dict[str, str]:
        return answered(await self.visitor.begin(self.app.parameters(**({"prompt": "none"} | changes))))


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    member = await gateway.member("lakeside")
    user = await person(gateway, member, EMAIL, Role.ISSUER)
    studio, visitor = await app(gateway, member), Visitor(gateway)
    given = await tokens(visitor, studio, EMAIL, scope=SCOPE)
    gateway.clock.forward(hours=1)
    return Scene(gateway, member, studio, user, visitor, given)


class TestWithoutAPage:
    @pytest.mark.parametrize("scope", [SCOPE, "openid", "credentials:issue openid"])
    async def test_what_was_allowed_before_is_given_again(self, scene: Scene, scope: str) -> None:
        came = await scene.silently(scope=scope)
        assert came.keys() == {"tenant", "code", "state", "iss"}
        answer = await scene.app.exchange(came["code"])
        assert answer.json()["scope"] == scope
        again = await scene.silently(scope=scope)
        assert again["code"] != came["code"]

    async def test_the_id_token_says_when_the_person_signed_in(self, scene: Scene) -> None:
        before = await claims(scene.gateway, scene.given["id_token"])
        answer = await scene.app.exchange((await scene.silently())["code"])
        after = await claims(scene.gateway, answer.json()["id_token"])
        assert (after["sub"], after["auth_time"]) == (before["sub"], before["auth_time"])
        assert after["iat"] == before["iat"] + 3600

    async def test_a_form_may_ask_too(self, scene: Scene) -> None:
        """By way of GET: a browser sends no cookies with another site's POST."""
        asked = scene.app.parameters(prompt="none")
        posted = await scene.gateway.http.post("/oauth/authorize", data=asked)
        assert (posted.status_code, posted.headers["location"]) == (303, f"/oauth/authorize?{urlencode(asked)}")
        assert "code" in answered(await scene.visitor.page(posted))

    async def test_a_pushed_request_may_ask_too(self, scene: Scene) -> None:
        pushed = await scene.app.post("/oauth/par", scene.app.parameters(prompt="none"))
        asked = {"client_id": scene.app.client_id, "request_uri": pushed.json()["request_uri"]}
        assert "code" in answered(await scene.visitor.begin(asked))

    async def test_the_trail_says_whose_yes_it_was(self, scene: Scene) -> None:
        await scene.silently()
        async with scene.gateway.unit_of_work() as work:
            query = select(AUDIT.c.detail).where(AUDIT.c.action == "grant.given").order_by(AUDIT.c.sequence)
            first, second = (await work.session.scalars(query)).all()
        assert (second["renews"], first.get("renews")) == (first["grant_id"], None)


class TestErrors:
    async def refused(self, scene: Scene, error: str, **changes: str | None) -> None:
        came = await scene.silently(**changes)
        assert (came["error"], came["state"], came["iss"]) == (error, "s t&te", BASE)
        assert "code" not in came

    async def test_nobody_is_signed_in(self, scene: Scene) -> None:
        came = answered(await Visitor(scene.gateway).begin(scene.app.parameters(prompt="none")))
        assert came["error"] == "login_required"

    async def test_the_person_signed_in_too_long_ago(self, scene: Scene) -> None:
        await self.refused(scene, "login_required", max_age="3599")
        assert "code" in await scene.silently(max_age="3600")

    async def test_more_than_was_allowed(self, scene: Scene) -> None:
        """More is asked for, or a role of today would lend more of what is asked for."""
        await self.refused(scene, "consent_required", scope="openid offline_access")
        less = await scene.app.exchange((await scene.silently(scope="openid"))["code"])
        assert less.json()["scope"] == "openid"
        async with scene.gateway.unit_of_work() as work:
            (mine,) = await work.memberships.of(scene.user.id)
            both = (Role.ISSUER, Role.CATALOG_EDITOR)
            await work.memberships.set(replace(mine, roles=both), scene.gateway.clock())
            await work.commit()
        await self.refused(scene, "consent_required", scope="openid catalog:write")

    async def test_another_program_and_another_person(self, scene: Scene) -> None:
        other = await app(scene.gateway, scene.member)
        came = answered(await scene.visitor.begin(other.parameters(prompt="none")))
        assert came["error"] == "consent_required"
        await person(scene.gateway, scene.member, "ben@lakeside.example", Role.ISSUER)
        ben = Visitor(scene.gateway)
        await ben.consent_page(other.parameters(), "ben@lakeside.example")
        came = answered(await ben.begin(scene.app.parameters(prompt="none")))
        assert came["error"] == "consent_required"

    async def test_other_places_than_were_allowed(self, scene: Scene) -> None:
        visitor = Visitor(scene.gateway)
        studio = await app(scene.gateway, scene.member)
        there = f"{BASE}/credentials"
        await tokens(visitor, studio, EMAIL, audience=there)
        for audience, found in ((None, "error"), (f"{BASE}/courses", "error"), (there, "code")):
            assert found in answered(await visitor.begin(studio.parameters(prompt="none", audience=audience)))

    async def test_what_was_revoked(self, scene: Scene) -> None:
        await scene.app.post("/oauth/revoke", {"token": scene.given["refresh_token"]})
        await self.refused(scene, "consent_required")

    @pytest.mark.parametrize("revoked", ["first", "renewed"])
    async def test_a_yes_and_what_renewed_it_end_together(self, scene: Scene, revoked: str) -> None:
        renewed = (await scene.app.exchange((await scene.silently())["code"])).json()
        again = (await scene.app.exchange((await scene.silently())["code"])).json()
        ended = {"first": scene.given, "renewed": renewed}[revoked]
        await scene.app.post("/oauth/revoke", {"token": ended["refresh_token"]})
        for one in (renewed, again):
            assert not await scene.app.is_active(one["access_token"])
            assert (await scene.app.refresh(one["refresh_token"])).json()["error"] == "invalid_grant"
        await self.refused(scene, "consent_required")
        async with scene.gateway.unit_of_work() as work:
            told = await work.session.scalar(select(func.count()).select_from(OUTBOX))
        assert told == 3

    async def test_of_many_narrow_answers_the_wide_yes_is_found(self, scene: Scene) -> None:
        for _ in range(MAX_STANDING + 2):
            assert "code" in await scene.silently(scope="openid")
        assert "code" in await scene.silently(scope=SCOPE)

    async def test_a_yes_to_a_program_that_refreshes_nothing_is_kept(self, scene: Scene) -> None:
        once = await app(scene.gateway, scene.member, grant_types=["authorization_code"])
        await tokens(scene.visitor, once, EMAIL)
        scene.gateway.clock.forward(days=89)
        await sweep(scene.gateway.database, scene.gateway.clock)
        await scene.visitor.sign_in(await scene.visitor.http.get("/login"), EMAIL)
        assert "code" in answered(await scene.visitor.begin(once.parameters(prompt="none")))
        scene.gateway.clock.forward(days=2)
        await sweep(scene.gateway.database, scene.gateway.clock)
        async with scene.gateway.unit_of_work() as work:
            assert await work.session.scalar(select(func.count()).select_from(GRANTS)) == 0

    async def test_grants_that_answer_nothing_go_with_their_last_token(self, scene: Scene) -> None:
        """A device's program's, and what renewed another."""
        public = await app(scene.gateway, scene.member, **ON_A_DEVICE)
        await tokens(scene.visitor, public, EMAIL)
        await scene.silently()

        async def clients() -> list[str]:
            async with scene.gateway.unit_of_work() as work:
                return sorted((await work.session.scalars(select(GRANTS.c.client_id))).all())

        assert await clients() == sorted([public.client_id, *[scene.app.client_id] * 2])
        for days, left in ((29, [public.client_id, scene.app.client_id]), (3, [scene.app.client_id])):
            scene.gateway.clock.forward(days=days)
            await sweep(scene.gateway.database, scene.gateway.clock)
            assert await clients() == sorted(left)

    async def test_who_is_no_member_any_more(self, scene: Scene) -> None:
        async with scene.gateway.unit_of_work() as work:
            (mine,) = await work.memberships.of(scene.user.id)
            await work.memberships.remove(mine, scene.gateway.clock())
            await work.commit()
        await self.refused(scene, "consent_required")

    async def test_a_yes_ends_after_ninety_days_however_often_it_was_used(self, scene: Scene) -> None:
        for _ in range(3):
            scene.gateway.clock.forward(days=29, hours=20)
            await scene.visitor.sign_in(await scene.visitor.http.get("/login"), EMAIL)
            assert "code" in await scene.silently()
        scene.gateway.clock.forward(hours=11)
        await self.refused(scene, "consent_required")

    @pytest.mark.parametrize("redirect_uri", ["com.example.app:/callback", "http://127.0.0.1/callback"])
    async def test_a_public_client_on_a_device_could_be_any_program(self, scene: Scene, redirect_uri: str) -> None:
        public = await app(scene.gateway, scene.member, **ON_A_DEVICE | {"redirect_uris": [redirect_uri]})
        visitor = Visitor(scene.gateway)
        await visitor.allow(public.parameters(), EMAIL)
        came = answered(await visitor.begin(public.parameters(prompt="none")))
        assert came["error"] == "consent_required"

    async def test_one_in_a_browser_is_known_by_its_address(self, scene: Scene) -> None:
        public = await app(scene.gateway, scene.member, token_endpoint_auth_method="none")
        await tokens(scene.visitor, public, EMAIL, scope=SCOPE)
        scene.gateway.clock.forward(days=40)
        await sweep(scene.gateway.database, scene.gateway.clock)
        await scene.visitor.sign_in(await scene.visitor.http.get("/login"), EMAIL)
        came = answered(await scene.visitor.begin(public.parameters(prompt="none")))
        assert (await public.exchange(came["code"])).json()["scope"] == SCOPE

    async def test_a_wrong_address_is_never_answered(self, scene: Scene) -> None:
        asked = scene.app.parameters(prompt="none", redirect_uri=REDIRECT + "/")
        answer = await scene.visitor.begin(asked)
        assert (answer.status_code, "location" in answer.headers) == (400, False)


class TestTheHint:
    async def test_the_person_it_names_is_answered(self, scene: Scene) -> None:
        scene.gateway.clock.forward(hours=5)
        assert "code" in await scene.silently(id_token_hint=scene.given["id_token"])

    async def test_another_person_is_not(self, scene: Scene) -> None:
        await person(scene.gateway, scene.member, "ben@lakeside.example", Role.ISSUER)
        ben = Visitor(scene.gateway)
        await ben.allow(scene.app.parameters(), "ben@lakeside.example")
        asked = scene.app.parameters(prompt="none", id_token_hint=scene.given["id_token"])
        assert answered(await ben.begin(asked))["error"] == "login_required"

    async def test_what_is_no_id_token_of_this_client_names_nobody(self, scene: Scene) -> None:
        other = await tokens(scene.visitor, await app(scene.gateway, scene.member), EMAIL)
        head, body, signature = scene.given["id_token"].split(".")
        forged = f"{head}.{body}.{signature[:-8]}AAAAAAAA"
        for hint in (other["id_token"], scene.given["access_token"], forged, "e30.e30.e30", "x"):
            came = await scene.silently(id_token_hint=hint)
            assert came["error"] == "login_required"

    async def test_without_its_key_it_names_nobody(self, scene: Scene) -> None:
        async with scene.gateway.unit_of_work() as work:
            gone = update(SIGNING_KEYS).where(SIGNING_KEYS.c.algorithm == "RS256").values(state="removed")
            await work.session.execute(gone)
            await work.commit()
        fresh = another_process(scene.gateway)
        asked = scene.app.parameters(prompt="none", id_token_hint=scene.given["id_token"])
        fresh.http.cookies = scene.visitor.http.cookies
        answer = await fresh.http.get("/oauth/authorize", params=asked)
        assert answered(answer)["error"] == "login_required"

    async def test_it_is_not_kept(self, scene: Scene) -> None:
        await scene.visitor.begin(scene.app.parameters(id_token_hint=scene.given["id_token"]))
        async with scene.gateway.unit_of_work() as work:
            (kept,) = (await work.session.scalars(select(AUTHORIZATION_REQUESTS.c.parameters))).all()
        assert kept["expected"] == scene.user.id
        assert scene.given["id_token"] not in kept.values()

    async def test_on_the_pages_the_person_it_names_has_to_sign_in(self, scene: Scene) -> None:
        await person(scene.gateway, scene.member, "ben@lakeside.example", Role.ISSUER)
        ben = Visitor(scene.gateway)
        await ben.consent_page(scene.app.parameters(), "ben@lakeside.example")
        scene.gateway.clock.forward(seconds=1)
        asked = scene.app.parameters(id_token_hint=scene.given["id_token"])
        shown = await ben.page(await ben.begin(asked))
        assert 'type="password"' in shown.text
        again = await ben.page(await ben.sign_in(shown, "ben@lakeside.example"))
        came = answered(await ben.answer(again))
        assert came["error"] == "login_required"
        shown = await ben.page(await ben.begin(asked))
        assert "code" in answered(await ben.answer(await ben.page(await ben.sign_in(shown, EMAIL))))


async def test_the_organization_is_the_one_of_before(scene: Scene) -> None:
    other = await scene.gateway.member("harbour")
    async with scene.gateway.unit_of_work() as work:
        (mine,) = await work.memberships.of(scene.user.id)
        there = replace(mine, organization=OrganizationId(other.organization))
        await work.memberships.set(there, scene.gateway.clock())
        await work.commit()
    answer = await scene.app.exchange((await scene.silently())["code"])
    assert (await claims(scene.gateway, answer.json()["access_token"]))["org"] == scene.member.organization

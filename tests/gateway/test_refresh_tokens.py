"""Refresh tokens: each is good once, and one that comes again ends all that came from its grant."""

import asyncio
from dataclasses import replace

import pytest
import pytest_asyncio

from gateway.core.roles import Role
from tests.gateway.harness import Gateway
from tests.gateway.people import Visitor, app, code, person, tokens
from tests.gateway.test_code_flow import EMAIL, Scene

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    member = await gateway.member("lakeside")
    user = await person(gateway, member, EMAIL, Role.ISSUER)
    return Scene(gateway, member, await app(gateway, member), user, Visitor(gateway))


class TestRefreshing:
    async def test_a_new_token_takes_the_olds_place(self, scene: Scene) -> None:
        first = await tokens(scene.visitor, scene.app, EMAIL)
        scene.gateway.clock.forward(days=20)
        second = (await scene.app.refresh(first["refresh_token"])).json()
        assert second["refresh_token"] != first["refresh_token"]
        assert second["scope"] == first["scope"]
        scene.gateway.clock.forward(days=20)
        assert (await scene.app.refresh(second["refresh_token"])).status_code == 200

    async def test_a_token_that_comes_again_ends_its_family(self, scene: Scene) -> None:
        first = await tokens(scene.visitor, scene.app, EMAIL)
        second = (await scene.app.refresh(first["refresh_token"])).json()
        assert (await scene.app.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
        assert (await scene.app.refresh(second["refresh_token"])).json()["error"] == "invalid_grant"
        assert not await scene.app.is_active(second["access_token"])

    async def test_of_many_uses_at_once_one_wins(self, scene: Scene) -> None:
        first = await tokens(scene.visitor, scene.app, EMAIL)
        answers = await asyncio.gather(*(scene.app.refresh(first["refresh_token"]) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 9

    async def test_another_clients_token_is_refused_and_stays_good(self, scene: Scene) -> None:
        first = await tokens(scene.visitor, scene.app, EMAIL)
        other = await app(scene.gateway, scene.member)
        assert (await other.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
        assert (await scene.app.refresh(first["refresh_token"])).status_code == 200

    async def test_scopes_may_be_narrowed_and_not_widened(self, scene: Scene) -> None:
        first = await tokens(scene.visitor, scene.app, EMAIL)
        wider = await scene.app.refresh(first["refresh_token"], scope="credentials:issue catalog:write")
        assert wider.json()["error"] == "invalid_scope"
        narrower = (await scene.app.refresh(first["refresh_token"], scope="credentials:issue")).json()
        assert narrower["scope"] == "credentials:issue"
        assert (await scene.app.refresh(narrower["refresh_token"])).json()["scope"] == first["scope"]

    async def test_it_ends_when_unused_for_a_month(self, scene: Scene) -> None:
        first = await tokens(scene.visitor, scene.app, EMAIL)
        scene.gateway.clock.forward(days=30)
        assert (await scene.app.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"

    async def test_a_grant_ends_after_three_months_however_often_it_is_used(self, scene: Scene) -> None:
        answer = await tokens(scene.visitor, scene.app, EMAIL)
        for _ in range(4):
            scene.gateway.clock.forward(days=20)
            answer = (await scene.app.refresh(answer["refresh_token"])).json()
        scene.gateway.clock.forward(days=10)
        assert (await scene.app.refresh(answer["refresh_token"])).json()["error"] == "invalid_grant"

    async def test_roles_count_as_they_are_now(self, scene: Scene) -> None:
        first = await tokens(scene.visitor, scene.app, EMAIL)
        async with scene.gateway.unit_of_work() as work:
            (mine,) = await work.memberships.of(scene.user.id)
            await work.memberships.set(replace(mine, roles=(Role.VERIFIER,)), scene.gateway.clock())
            await work.commit()
        assert (await scene.app.refresh(first["refresh_token"])).json()["scope"] == "openid profile email"

    async def test_so_do_what_the_client_may_have_and_how(self, scene: Scene) -> None:
        """What its organization takes from a program, no yes of before keeps for it."""
        first = await tokens(scene.visitor, scene.app, EMAIL)
        headers = await scene.gateway.headers(scene.member)
        path = f"/clients/{scene.app.client_id}"
        less = await scene.gateway.http.patch(path, headers=headers, json={"scopes": ["catalog:write"]})
        assert less.status_code == 200, less.text
        second = (await scene.app.refresh(first["refresh_token"])).json()
        assert second["scope"] == "openid profile email"
        wanted = await scene.app.refresh(second["refresh_token"], scope="credentials:issue")
        assert wanted.status_code == 400
        never = await scene.gateway.http.patch(path, headers=headers, json={"grantTypes": ["authorization_code"]})
        assert never.status_code == 200, never.text
        assert (await scene.app.refresh(second["refresh_token"])).json()["error"] == "unauthorized_client"

    async def test_nor_does_a_code_that_was_given_before(self, scene: Scene) -> None:
        came = await code(scene.visitor, scene.app, EMAIL)
        headers = await scene.gateway.headers(scene.member)
        change = {"scopes": ["catalog:write"]}
        await scene.gateway.http.patch(f"/clients/{scene.app.client_id}", headers=headers, json=change)
        assert (await scene.app.exchange(came)).json()["scope"] == "openid profile email"

    async def test_a_client_that_did_not_register_for_it_gets_none(self, scene: Scene) -> None:
        once = await app(scene.gateway, scene.member, grant_types=["authorization_code"])
        found = await tokens(scene.visitor, once, EMAIL)
        assert "refresh_token" not in found

    async def test_revoking_it_ends_the_grant(self, scene: Scene) -> None:
        first = await tokens(scene.visitor, scene.app, EMAIL)
        assert await scene.app.is_active(first["refresh_token"])
        answer = await scene.app.post("/oauth/revoke", {"token": first["refresh_token"]})
        assert answer.status_code == 200
        assert not await scene.app.is_active(first["refresh_token"])
        assert not await scene.app.is_active(first["access_token"])

    async def test_another_client_cannot_revoke_or_see_it(self, scene: Scene) -> None:
        first = await tokens(scene.visitor, scene.app, EMAIL)
        other = await app(scene.gateway, scene.member)
        assert not await other.is_active(first["refresh_token"])
        await other.post("/oauth/revoke", {"token": first["refresh_token"]})
        assert await scene.app.is_active(first["refresh_token"])

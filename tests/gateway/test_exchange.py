"""Token exchange (RFC 8693): only narrower, never longer, and whoever was handed a token stands in it."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from gateway.core.model import OrganizationId
from gateway.core.people import Membership, User
from gateway.core.roles import Role
from gateway.core.scopes import Kind
from tests.gateway.harness import BASE, TLS, Gateway, Member
from tests.gateway.people import Visitor, app, person, tokens
from tests.proofs import KEY, OTHER, proof

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
TYPE = "urn:ietf:params:oauth:token-type:"
EMAIL = "ada@lakeside.example"
Auth = tuple[str, str]


@dataclass
class Scene:
    gateway: Gateway
    member: Member
    robots: list[Auth]

    async def exchange(self, token: str, by: int = 0, headers: Any = None, **form: str) -> httpx.Response:
        usual = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": f"{TYPE}access_token"}
        return await self.gateway.http.post(
            "/oauth/token", data=usual | form, auth=self.robots[by], headers=headers or {}
        )

    async def exchanged(self, token: str, by: int = 0, **form: str) -> str:
        answer = await self.exchange(token, by, **form)
        assert answer.status_code == 200, answer.text
        made: str = answer.json()["access_token"]
        return made

    async def shown(self, token: str) -> dict[str, Any]:
        answer = await self.gateway.http.post("/oauth/introspect", data={"token": token}, auth=self.member.auth)
        found: dict[str, Any] = answer.json()
        return found

    async def proved(self, key: Any) -> dict[str, str]:
        """The header of a proof with a fresh nonce."""
        now, url = self.gateway.clock.now.timestamp(), f"{BASE}/oauth/token"
        first = await self.gateway.ask({}, auth=self.member.auth, headers={"DPoP": proof("POST", url, now, key=key)})
        nonce = first.headers["dpop-nonce"]
        return {"DPoP": proof("POST", url, now, key=key, nonce=nonce)}


async def robot(gateway: Gateway, member: Member, **changes: Any) -> Auth:
    asked = {"name": "Robot", "scopes": ["credentials:issue", "credentials:read"], "grantTypes": [EXCHANGE]} | changes
    made = await gateway.http.post("/clients", headers=await gateway.headers(member), json=asked)
    assert made.status_code == 201, made.text
    return made.json()["clientId"], made.json()["clientSecret"]


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    member = await gateway.member("lakeside")
    return Scene(gateway, member, [await robot(gateway, member) for _ in range(4)])


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


class TestNarrowing:
    async def test_a_token_is_exchanged_for_a_narrower_one(self, scene: Scene) -> None:
        token = await scene.gateway.token(scene.member, scope="credentials:issue credentials:read catalog:write")
        answer = await scene.exchange(token, scope="credentials:read")
        body = answer.json()
        assert (answer.status_code, body["token_type"], body["scope"]) == (200, "Bearer", "credentials:read")
        assert body["issued_token_type"] == f"{TYPE}access_token"
        assert "refresh_token" not in body
        shown = await scene.shown(body["access_token"])
        assert (shown["sub"], shown["client_id"]) == (scene.member.client_id, scene.robots[0][0])
        assert shown["act"] == {"sub": scene.robots[0][0]}

    async def test_no_scope_asked_for_means_what_both_hold(self, scene: Scene) -> None:
        token = await scene.gateway.token(scene.member, scope="catalog:write credentials:issue")
        assert (await scene.shown(await scene.exchanged(token)))["scope"] == "credentials:issue"

    @pytest.mark.parametrize("scope", ["credentials:read", "catalog:write", "credentials:issue credentials:read", ""])
    async def test_no_scope_is_gained(self, scene: Scene, scope: str) -> None:
        token = await scene.gateway.token(scene.member, scope="catalog:write")
        assert error(await scene.exchange(token, scope=scope)) == (400, "invalid_scope")

    async def test_an_audience_may_be_one_of_the_subjects_or_beneath_it(self, scene: Scene) -> None:
        token = await scene.gateway.token(scene.member, audience=TLS)
        narrow = await scene.exchanged(token, audience=f"{BASE}/credentials")
        assert (await scene.shown(narrow))["aud"] == [BASE, f"{BASE}/credentials"]
        assert (await scene.shown(await scene.exchanged(token)))["aud"] == [BASE, TLS]
        assert error(await scene.exchange(narrow, 1, audience=TLS)) == (400, "invalid_target")
        assert error(await scene.exchange(token, audience="https://evil.example")) == (400, "invalid_target")

    async def test_it_never_lives_longer_than_the_subject(self, scene: Scene) -> None:
        token = await scene.gateway.token(scene.member)
        scene.gateway.clock.forward(minutes=9)
        answer = await scene.exchange(token)
        assert answer.json()["expires_in"] == 60
        scene.gateway.clock.forward(minutes=1)
        assert error(await scene.exchange(token, 1)) == (400, "invalid_request")


class TestActors:
    async def test_three_hands_and_no_fourth(self, scene: Scene) -> None:
        token = await scene.gateway.token(scene.member)
        for by in range(3):
            token = await scene.exchanged(token, by)
        first, second, third = (one for one, _ in scene.robots[:3])
        assert (await scene.shown(token))["act"] == {"sub": third, "act": {"sub": second, "act": {"sub": first}}}
        assert error(await scene.exchange(token, 3)) == (400, "invalid_request")

    async def test_the_end_of_a_token_is_the_end_of_all_that_came_from_it(self, scene: Scene) -> None:
        token = await scene.gateway.token(scene.member)
        second = await scene.exchanged(await scene.exchanged(token), 1)
        sibling = await scene.gateway.token(scene.member)
        await scene.gateway.http.post("/oauth/revoke", auth=scene.member.auth, data={"token": token})
        assert await scene.shown(second) == {"active": False}
        assert error(await scene.exchange(token)) == (400, "invalid_request")
        assert error(await scene.exchange(second, 2)) == (400, "invalid_request")
        assert (await scene.exchange(sibling)).status_code == 200

    async def test_a_retired_clients_token_is_not_handed_on(self, scene: Scene) -> None:
        token = await scene.gateway.token(scene.member)
        made = await scene.exchanged(token)
        operator = await scene.gateway.member("operations", Kind.OPERATOR)
        headers = await scene.gateway.headers(operator)
        await scene.gateway.http.delete(f"/clients/{scene.member.client_id}", headers=headers)
        assert error(await scene.exchange(token)) == (400, "invalid_request")
        assert error(await scene.exchange(made, 1)) == (400, "invalid_request")

    async def test_the_audit_trail_says_who_was_handed_what(self, scene: Scene) -> None:
        token = await scene.gateway.token(scene.member)
        subject = (await scene.shown(token))["jti"]
        made = await scene.exchanged(token)
        assert (await scene.shown(made))["jti"].startswith(f"{subject}.")
        asked = "SELECT actor, detail FROM audit WHERE action = 'token.exchanged'"
        async with scene.gateway.unit_of_work() as work:
            (row,) = (await work.session.execute(text(asked))).all()
        assert row.actor == f"client:{scene.robots[0][0]}"
        assert row.detail == {"subject": scene.member.client_id, "subject_token": subject}

    async def test_a_persons_token_stays_the_persons_and_within_the_roles_of_today(self, scene: Scene) -> None:
        user = await person(scene.gateway, scene.member, EMAIL, Role.ISSUER)
        studio = await app(scene.gateway, scene.member)
        given = await tokens(Visitor(scene.gateway), studio, EMAIL)
        made = await scene.shown(await scene.exchanged(given["access_token"]))
        assert (made["sub"], made["scope"]) == (user.id, "credentials:issue")
        for kind in ("id_token", "refresh_token"):
            assert error(await scene.exchange(given[kind])) == (400, "invalid_request")
        await demote(scene, user)
        assert error(await scene.exchange(given["access_token"])) == (400, "invalid_scope")


async def demote(scene: Scene, user: User) -> None:
    """The person verifies only, from now on."""
    organization = OrganizationId(scene.member.organization)
    verifier = Membership(user.id, organization, "", Kind.UNIVERSITY, (Role.VERIFIER,))
    async with scene.gateway.unit_of_work() as work:
        await work.memberships.set(verifier, scene.gateway.clock())
        await work.commit()


class TestRefusals:
    @pytest.mark.parametrize(
        "form",
        [
            {"subject_token": ""},
            {"subject_token": "x"},
            {"subject_token_type": ""},
            {"subject_token_type": f"{TYPE}refresh_token"},
            {"subject_token_type": f"{TYPE}id_token"},
            {"requested_token_type": f"{TYPE}refresh_token"},
            {"actor_token": "x", "actor_token_type": f"{TYPE}access_token"},
        ],
    )
    async def test_anything_but_an_access_token_for_an_access_token(self, scene: Scene, form: dict[str, str]) -> None:
        token = await scene.gateway.token(scene.member)
        assert error(await scene.exchange(token, 0, None, **form)) == (400, "invalid_request")

    async def test_another_organizations_token(self, scene: Scene) -> None:
        token = await scene.gateway.token(await scene.gateway.member("harbour"))
        assert error(await scene.exchange(token)) == (400, "invalid_request")

    async def test_a_client_that_is_not_registered_for_it(self, scene: Scene) -> None:
        token = await scene.gateway.token(scene.member)
        scene.robots[0] = scene.member.auth
        assert error(await scene.exchange(token)) == (400, "unauthorized_client")

    async def test_a_public_client_may_not_register_for_it(self, scene: Scene) -> None:
        asked = {"name": "R", "scopes": ["credentials:read"], "grantTypes": [EXCHANGE]}
        headers = await scene.gateway.headers(scene.member)
        none = asked | {"tokenEndpointAuthMethod": "none"}
        assert (await scene.gateway.http.post("/clients", headers=headers, json=none)).status_code == 422
        nobodys = {"client_name": "R", "grant_types": [EXCHANGE], "response_types": []}
        answer = await scene.gateway.http.post("/oauth/register", json=nobodys)
        assert error(answer) == (400, "invalid_client_metadata")


class TestKeys:
    async def test_what_was_bound_stays_bound(self, scene: Scene) -> None:
        asked = await scene.gateway.ask({}, auth=scene.member.auth, headers=await scene.proved(KEY))
        token = asked.json()["access_token"]
        assert error(await scene.exchange(token)) == (400, "invalid_request")
        answer = await scene.exchange(token, headers=await scene.proved(OTHER))
        assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
        made = answer.json()["access_token"]
        assert (await scene.shown(made))["cnf"] == {"jkt": OTHER.thumbprint()}
        assert error(await scene.exchange(made, headers=await scene.proved(KEY))) == (400, "invalid_request")

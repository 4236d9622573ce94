"""The authorization code flow with PKCE, refresh tokens and ID tokens: RFC 6749, 7636, 9207, 9700, OpenID Connect."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio
from joserfc import jws, jwt
from joserfc.jwk import KeySet
from sqlalchemy import delete, select

from gateway.adapters.people_tables import MEMBERSHIPS
from gateway.adapters.tables import AUDIT
from gateway.core.model import OrganizationId
from gateway.core.people import User
from gateway.core.roles import Role
from tests.gateway.harness import BASE, Gateway, Member
from tests.gateway.people import VERIFIER, App, Visitor, answered, app, code, person, tokens
from tests.proofs import proof

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"


@dataclass
class Scene:
    """An organization, its program, and a person of it at a browser."""

    gateway: Gateway
    member: Member
    app: App
    user: User
    visitor: Visitor


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    member = await gateway.member("lakeside")
    user = await person(gateway, member, EMAIL, Role.ISSUER)
    return Scene(gateway, member, await app(gateway, member), user, Visitor(gateway))


async def claims(gateway: Gateway, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await gateway.http.get("/oauth/jwks")).json())
    return dict(jwt.decode(token, keys, algorithms=["ES256", "RS256"]).claims)


class TestTheWholeWay:
    async def test_a_person_signs_in_and_a_program_gets_tokens(self, scene: Scene) -> None:
        came = await scene.visitor.allow(scene.app.parameters(), EMAIL)
        assert came.keys() == {"tenant", "code", "state", "iss"}
        assert (came["tenant"], came["state"], came["iss"]) == ("1", "s t&te", BASE)
        answer = await scene.app.exchange(came["code"])
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
        assert body["scope"] == "openid profile email credentials:issue"
        held = await claims(scene.gateway, body["access_token"])
        assert (held["sub"], held["org"], held["org_kind"]) == (scene.user.id, scene.member.organization, "university")
        assert held["client_id"] == scene.app.client_id

    async def test_the_id_token_says_who_and_when(self, scene: Scene) -> None:
        held = await claims(scene.gateway, (await tokens(scene.visitor, scene.app, EMAIL))["id_token"])
        now = int(scene.gateway.clock.now.timestamp())
        assert held == {
            "iss": BASE,
            "aud": scene.app.client_id,
            "sub": scene.user.id,
            "name": "Person ada",
            "email": EMAIL,
            "email_verified": False,
            "nonce": "n-1",
            "iat": now,
            "exp": now + 600,
            "auth_time": now,
            "sid": held["sid"],
            "amr": ["pwd"],
            "acr": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
        }

    @pytest.mark.parametrize(("asked", "algorithm"), [(None, "RS256"), ("RS256", "RS256"), ("ES256", "ES256")])
    async def test_the_id_token_is_signed_as_its_client_registered(
        self, scene: Scene, asked: str | None, algorithm: str
    ) -> None:
        chosen = {} if asked is None else {"id_token_signed_response_alg": asked}
        given = await tokens(scene.visitor, await app(scene.gateway, scene.member, **chosen), EMAIL)
        heads = {name: jws.extract_compact(given[name].encode()).headers() for name in ("id_token", "access_token")}
        assert (heads["id_token"]["alg"], heads["access_token"]["alg"]) == (algorithm, "ES256")
        published = {one["kid"]: one for one in (await scene.gateway.http.get("/oauth/jwks")).json()["keys"]}
        assert published[heads["id_token"]["kid"]]["alg"] == algorithm

    async def test_an_id_token_is_no_access_token(self, scene: Scene) -> None:
        token = (await tokens(scene.visitor, scene.app, EMAIL))["id_token"]
        answer = await scene.gateway.http.get("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert not await scene.app.is_active(token)

    async def test_without_openid_there_is_no_id_token(self, scene: Scene) -> None:
        assert "id_token" not in await tokens(scene.visitor, scene.app, EMAIL, scope="credentials:issue")

    async def test_userinfo_tells_what_the_scopes_show(self, scene: Scene) -> None:
        access = (await tokens(scene.visitor, scene.app, EMAIL, scope="openid email"))["access_token"]
        answer = await scene.gateway.http.get("/oauth/userinfo", headers={"Authorization": f"Bearer {access}"})
        assert answer.json() == {"sub": scene.user.id, "email": EMAIL, "email_verified": False}

    async def test_userinfo_takes_the_token_in_a_form_too(self, scene: Scene) -> None:
        """RFC 6750 §2.2, with a POST; in one place, and never in the address."""
        http, token = scene.gateway.http, (await tokens(scene.visitor, scene.app, EMAIL))["access_token"]
        answer = await http.post("/oauth/userinfo", data={"access_token": token})
        assert (answer.status_code, answer.json()["sub"]) == (200, scene.user.id)
        header = {"Authorization": f"Bearer {token}"}
        assert (await http.post("/oauth/userinfo", headers=header)).status_code == 200
        assert (await http.post("/oauth/userinfo", data={"access_token": token}, headers=header)).status_code == 400
        twice = f"access_token={token}&access_token={token}"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert (await http.post("/oauth/userinfo", content=twice, headers=form)).status_code == 400
        for refused in (
            await http.post("/oauth/userinfo", data={"access_token": "x"}),
            await http.get("/oauth/userinfo", params={"access_token": token}),
            await http.post(f"/oauth/userinfo?access_token={token}"),
        ):
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("Bearer")

    async def test_a_form_does_not_carry_a_bound_token_or_one_for_less(self, scene: Scene) -> None:
        less = (await tokens(scene.visitor, scene.app, EMAIL, scope="credentials:issue"))["access_token"]
        answer = await scene.gateway.http.post("/oauth/userinfo", data={"access_token": less})
        assert answer.status_code == 403
        came = await code(scene.visitor, scene.app, EMAIL)
        now = scene.gateway.clock.now.timestamp()
        first = await scene.app.exchange(came, headers={"DPoP": proof("POST", f"{BASE}/oauth/token", now)})
        shown = proof("POST", f"{BASE}/oauth/token", now, nonce=first.headers["dpop-nonce"])
        answer = await scene.app.exchange(came, headers={"DPoP": shown})
        bound = answer.json()["access_token"]
        assert (await scene.gateway.http.post("/oauth/userinfo", data={"access_token": bound})).status_code == 401

    async def test_a_person_signed_in_is_only_asked_to_agree(self, scene: Scene) -> None:
        await scene.visitor.allow(scene.app.parameters(), EMAIL)
        shown = await scene.visitor.page(await scene.visitor.begin(scene.app.parameters()))
        assert 'type="password"' not in shown.text
        assert "Badge &lt;Studio&gt;" in shown.text

    async def test_roles_bound_what_a_program_gets(self, scene: Scene) -> None:
        wanted = scene.app.parameters(scope="credentials:issue catalog:write")
        shown = await scene.visitor.consent_page(wanted, EMAIL)
        assert "It asked for more" in shown.text
        found = answered(await scene.visitor.answer(shown))
        assert (await scene.app.exchange(found["code"])).json()["scope"] == "credentials:issue"

    async def test_a_role_that_lends_nothing_of_it_cannot_agree(self, scene: Scene) -> None:
        await person(scene.gateway, scene.member, "eve@lakeside.example", Role.VERIFIER)
        wanted = scene.app.parameters(scope="catalog:write")
        shown = await Visitor(scene.gateway).consent_page(wanted, "eve@lakeside.example")
        assert "Your roles allow nothing" in shown.text

    async def test_a_person_of_two_organizations_chooses(self, scene: Scene) -> None:
        other = await scene.gateway.member("harbour")
        async with scene.gateway.unit_of_work() as work:
            (mine,) = await work.memberships.of(scene.user.id)
            there = replace(mine, organization=OrganizationId(other.organization))
            await work.memberships.set(there, scene.gateway.clock())
            await work.commit()
        shown = await scene.visitor.consent_page(scene.app.parameters(), EMAIL)
        assert shown.text.count('type="radio"') == 2
        found = answered(await scene.visitor.answer(shown, organization=other.organization))
        held = await claims(scene.gateway, (await scene.app.exchange(found["code"])).json()["access_token"])
        assert held["org"] == other.organization

    async def test_no_one_acts_for_an_organization_of_others(self, scene: Scene) -> None:
        other = await scene.gateway.member("harbour")
        shown = await scene.visitor.consent_page(scene.app.parameters(), EMAIL)
        assert (await scene.visitor.answer(shown, organization=other.organization)).status_code == 422

    async def test_a_refusal_is_told_to_the_program(self, scene: Scene) -> None:
        shown = await scene.visitor.consent_page(scene.app.parameters(), EMAIL)
        came = answered(await scene.visitor.answer(shown, "no"))
        assert (came["error"], came["state"], came["iss"]) == ("access_denied", "s t&te", BASE)
        assert "code" not in came


class TestTheCode:
    async def test_it_is_good_for_a_minute(self, scene: Scene) -> None:
        made = await code(scene.visitor, scene.app, EMAIL)
        scene.gateway.clock.forward(seconds=60)
        assert (await scene.app.exchange(made)).json()["error"] == "invalid_grant"

    async def test_a_second_use_ends_all_that_came_from_the_first(self, scene: Scene) -> None:
        made = await code(scene.visitor, scene.app, EMAIL)
        first = (await scene.app.exchange(made)).json()
        assert await scene.app.is_active(first["access_token"])
        again = await scene.app.exchange(made)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        assert not await scene.app.is_active(first["access_token"])
        assert (await scene.app.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"
        headers = {"Authorization": f"Bearer {first['access_token']}"}
        assert (await scene.gateway.http.get("/oauth/userinfo", headers=headers)).status_code == 401

    async def test_of_many_uses_at_once_one_wins(self, scene: Scene) -> None:
        made = await code(scene.visitor, scene.app, EMAIL)
        answers = await asyncio.gather(*(scene.app.exchange(made) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 9

    async def test_it_is_bound_to_its_client(self, scene: Scene) -> None:
        other = await app(scene.gateway, scene.member)
        made = await code(scene.visitor, scene.app, EMAIL)
        assert (await other.exchange(made)).json()["error"] == "invalid_grant"
        assert (await scene.app.exchange(made)).status_code == 200

    @pytest.mark.parametrize("changed", [{"redirect_uri": None}, {"redirect_uri": "https://app.example/callback"}])
    async def test_it_is_bound_to_its_redirect_uri(self, scene: Scene, changed: dict[str, Any]) -> None:
        made = await code(scene.visitor, scene.app, EMAIL)
        assert (await scene.app.exchange(made, **changed)).json()["error"] == "invalid_grant"

    @pytest.mark.parametrize("verifier", [None, "b" * 43, VERIFIER + "x", "short", "ä" * 43])
    async def test_it_is_bound_to_its_verifier(self, scene: Scene, verifier: str | None) -> None:
        made = await code(scene.visitor, scene.app, EMAIL)
        answer = await scene.app.exchange(made, code_verifier=verifier)
        assert answer.status_code == 400
        assert answer.json()["error"] in {"invalid_grant", "invalid_request"}

    async def test_a_person_who_left_gives_nothing(self, scene: Scene) -> None:
        made = await code(scene.visitor, scene.app, EMAIL)
        await leave(scene)
        assert (await scene.app.exchange(made)).json()["error"] == "invalid_grant"

    async def test_a_public_client_needs_no_secret_but_the_verifier(self, scene: Scene) -> None:
        public = await app(scene.gateway, scene.member, token_endpoint_auth_method="none")
        made = await code(scene.visitor, public, EMAIL)
        assert (await public.exchange(made, code_verifier="c" * 43)).json()["error"] == "invalid_grant"
        assert (await public.exchange(made)).status_code == 200

    async def test_a_confidential_client_is_not_known_by_its_name_alone(self, scene: Scene) -> None:
        made = await code(scene.visitor, scene.app, EMAIL)
        nameless = App(scene.gateway, scene.app.client_id, None)
        assert (await nameless.exchange(made)).json()["error"] == "invalid_client"

    @pytest.mark.parametrize("grant_type", ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code"])
    async def test_other_grants_do_not_exist(self, scene: Scene, grant_type: str) -> None:
        form = {"grant_type": grant_type, "username": EMAIL, "password": "x"}
        assert (await scene.app.post("/oauth/token", form)).json()["error"] == "unsupported_grant_type"


async def test_sign_ins_and_grants_are_in_the_audit_trail_without_personal_data(scene: Scene) -> None:
    first = await tokens(scene.visitor, scene.app, EMAIL)
    await scene.app.refresh(first["refresh_token"])
    await scene.app.refresh(first["refresh_token"])
    async with scene.gateway.unit_of_work() as work:
        rows = (await work.session.execute(select(AUDIT).order_by(AUDIT.c.sequence))).mappings().all()
    by_user = [row["action"] for row in rows if row["actor"] == f"user:{scene.user.id}"]
    assert by_user == ["user.signed_in", "grant.given", "token.granted", "token.granted"]
    assert "refresh_token.reused" in [row["action"] for row in rows]
    assert EMAIL not in str(rows)
    assert first["refresh_token"] not in str(rows)


async def leave(scene: Scene) -> None:
    """The person is no longer a member, as the tables' owner would see to it."""
    async with scene.gateway.unit_of_work() as work:
        await work.session.execute(delete(MEMBERSHIPS).where(MEMBERSHIPS.c.user_id == scene.user.id))
        await work.commit()

"""The authorization code flow with PKCE, refresh tokens and ID tokens: RFC 6749, 7636, 9207, 9700, OpenID Connect."""

import asyncio
import html
import re
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
from tests.gateway.people import REDIRECT, VERIFIER, App, Visitor, answered, app, code, person, tokens
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


class TestTheRequest:
    @pytest.mark.parametrize(
        "redirect_uri",
        [
            None,
            REDIRECT + "/",
            "https://app.example/callback",
            REDIRECT + "#x",
            "https://APP.example/callback?tenant=1",
        ],
    )
    async def test_another_redirect_uri_is_never_redirected_to(self, scene: Scene, redirect_uri: str | None) -> None:
        answer = await scene.visitor.begin(scene.app.parameters(redirect_uri=redirect_uri))
        assert answer.status_code == 400
        assert "location" not in answer.headers
        assert answer.headers["content-type"] == "text/html; charset=utf-8"

    @pytest.mark.parametrize("client_id", [None, "nobody", "x" * 300, "ä"])
    async def test_an_unknown_client_is_never_redirected_to(self, scene: Scene, client_id: str | None) -> None:
        answer = await scene.visitor.begin(scene.app.parameters(client_id=client_id))
        assert answer.status_code == 400
        assert "location" not in answer.headers

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"code_challenge_method": None}, "invalid_request"),
            ({"code_challenge": None}, "invalid_request"),
            ({"code_challenge": "short"}, "invalid_request"),
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"response_type": "code id_token"}, "unsupported_response_type"),
            ({"response_type": "co\"de'\u00e4"}, "unsupported_response_type"),
            ({"response_type": None}, "invalid_request"),
            ({"scope": "credentials:revoke"}, "invalid_scope"),
            ({"scope": "made-up"}, "invalid_scope"),
            ({"response_mode": "fragment"}, "invalid_request"),
            ({"response_mode": "form_post.jwt"}, "invalid_request"),
            ({"response_mode": "query.jwt"}, "invalid_request"),
            ({"request": "e30.e30."}, "request_not_supported"),
            ({"request_uri": "https://app.example/request.jwt"}, "request_uri_not_supported"),
            ({"registration": "{}"}, "registration_not_supported"),
            ({"audience": "https://elsewhere.example"}, "invalid_target"),
            ({"prompt": "none"}, "login_required"),
            ({"prompt": "none login"}, "invalid_request"),
            ({"prompt": "consent none"}, "invalid_request"),
            ({"prompt": "dance"}, "invalid_request"),
            ({"max_age": "-1"}, "invalid_request"),
            ({"max_age": "soon"}, "invalid_request"),
            ({"max_age": "\u0661"}, "invalid_request"),
            ({"state": "x" * 3000}, "invalid_request"),
        ],
    )
    async def test_a_bad_request_is_told_to_the_client(
        self, scene: Scene, changes: dict[str, str | None], error: str
    ) -> None:
        answer = await scene.visitor.begin(scene.app.parameters(**changes))
        assert answer.status_code == 303
        came = answered(answer)
        assert answer.headers["location"].startswith("https://app.example/callback?tenant=1&")
        assert (came["error"], came["iss"]) == (error, BASE)
        assert "code" not in came

    async def test_a_request_kept_elsewhere_is_answered_at_a_registered_address_only(self, scene: Scene) -> None:
        for changes in ({"redirect_uri": "https://evil.example/"}, {"client_id": "nobody"}, {"redirect_uri": None}):
            asked = scene.app.parameters(request_uri="https://app.example/request.jwt", **changes)
            answer = await scene.visitor.begin(asked)
            assert (answer.status_code, "location" in answer.headers) == (400, False)

    async def test_what_openid_connect_has_besides_changes_nothing(self, scene: Scene) -> None:
        """Each of these is a wish, or passed over by who does not support it (OpenID Connect Core §3.1.2.1, §5.5)."""
        besides = {
            "acr_values": "urn:example:high",
            "claims": '{"id_token": {"acr": {"essential": true}, "birthdate": {"essential": true}}}',
            "claims_locales": "de",
            "display": "popup",
            "id_token_hint": "e30.e30.e30",
            "ui_locales": "de en",
            "response_mode": "query",
            "unheard_of": "1",
        }
        assert (await tokens(scene.visitor, scene.app, EMAIL, **besides))["scope"]

    async def test_claims_that_we_have_of_nobody_are_passed_over(self, scene: Scene) -> None:
        found = await tokens(scene.visitor, scene.app, EMAIL, scope="openid phone email address")
        assert found["scope"] == "openid email"
        refused = answered(await scene.visitor.begin(scene.app.parameters(scope="phone")))
        assert refused["error"] == "invalid_scope"

    async def test_whom_the_program_expects_stands_in_the_form(self, scene: Scene) -> None:
        shown = await scene.visitor.page(await scene.visitor.begin(scene.app.parameters(login_hint='ada@"><x')))
        assert 'value="ada@&#34;&gt;&lt;x"' in shown.text
        refused = await scene.visitor.sign_in(shown, "ben@lakeside.example", "wrong password")
        assert 'value="ben@lakeside.example"' in refused.text

    @pytest.mark.parametrize("prompt", ["login", "select_account", "consent select_account"])
    async def test_a_program_may_have_the_person_choose_the_account(self, scene: Scene, prompt: str) -> None:
        await scene.visitor.consent_page(scene.app.parameters(), EMAIL)
        other = await person(scene.gateway, scene.member, "ben@lakeside.example", Role.ISSUER)
        scene.gateway.clock.forward(seconds=1)
        shown = await scene.visitor.page(await scene.visitor.begin(scene.app.parameters(prompt=prompt)))
        assert 'type="password"' in shown.text
        consent = await scene.visitor.page(await scene.visitor.sign_in(shown, other.email))
        came = answered(await scene.visitor.answer(consent))
        held = await claims(scene.gateway, (await scene.app.exchange(came["code"])).json()["id_token"])
        assert held["sub"] == other.id

    @pytest.mark.parametrize("answer", ["yes", "no"])
    async def test_a_program_may_want_its_answer_by_post(self, scene: Scene, answer: str) -> None:
        """OAuth 2.0 Form Post Response Mode, which ASP.NET's client asks for unless told otherwise."""
        shown = await scene.visitor.consent_page(scene.app.parameters(response_mode="form_post"), EMAIL)
        sent = await scene.visitor.answer(shown, answer)
        assert (sent.status_code, sent.headers["cache-control"]) == (200, "no-store")
        assert f'<form method="post" action="{REDIRECT}">' in sent.text
        policy = sent.headers["content-security-policy"]
        assert "form-action 'self' https://app.example;" in policy
        assert "script-src 'self';" in policy
        found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', sent.text))
        assert (html.unescape(found["state"]), found["iss"]) == ("s t&te", BASE)
        if answer == "yes":
            assert (await scene.app.exchange(found["code"])).status_code == 200
        else:
            assert found["error"] == "access_denied"
        assert "tenant" not in found

    async def test_an_error_comes_by_post_too(self, scene: Scene) -> None:
        asked = {"response_mode": "form_post", "state": '"><script>'}
        sent = await scene.visitor.begin(scene.app.parameters(prompt="none", **asked))
        assert 'name="error" value="login_required"' in sent.text
        assert "<script>" not in sent.text
        script = await scene.gateway.http.get("/login/answer.js")
        assert (script.status_code, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")

    async def test_a_program_of_a_device_takes_no_post(self, scene: Scene) -> None:
        own = ["com.example.app:/callback"]
        native = await app(scene.gateway, scene.member, application_type="native", redirect_uris=own)
        came = await scene.visitor.begin(native.parameters(response_mode="form_post"))
        assert came.status_code == 303
        assert answered(came)["error"] == "invalid_request"

    async def test_a_parameter_twice_is_refused(self, scene: Scene) -> None:
        answer = await scene.visitor.http.get(f"/oauth/authorize?client_id=a&client_id={scene.app.client_id}")
        assert answer.status_code == 400

    async def test_a_form_may_begin_it_too(self, scene: Scene) -> None:
        answer = await scene.visitor.http.post("/oauth/authorize", data=scene.app.parameters())
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?request=")

    async def test_a_client_for_its_organization_only_has_no_such_flow(self, scene: Scene) -> None:
        answer = await scene.visitor.begin(scene.app.parameters(client_id=scene.member.client_id))
        assert answer.status_code == 400


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

"""Authorization requests: what they may say, and what is refused, to the person or to the program."""

import html
import re

import pytest
import pytest_asyncio

from gateway.core.roles import Role
from tests.gateway.harness import BASE, Gateway
from tests.gateway.people import REDIRECT, Visitor, answered, app, person, tokens
from tests.gateway.test_code_flow import EMAIL, Scene, claims

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    member = await gateway.member("lakeside")
    user = await person(gateway, member, EMAIL, Role.ISSUER)
    return Scene(gateway, member, await app(gateway, member), user, Visitor(gateway))


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

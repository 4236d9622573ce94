"""What ID tokens say of how a person signed in, and the `claims` parameter (OpenID Connect Core §2, §5.5; RFC 8176)."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from gateway.core.authentication import PASSWORD_OVER_TLS, PHISHING_RESISTANT
from gateway.core.people import Session, User
from gateway.core.roles import Role
from gateway.core.secret import SecretKind, digest, new_secret
from gateway.core.sign_in import SESSION_LIFETIME
from tests.gateway.authenticator import Authenticator
from tests.gateway.harness import BASE, Gateway, Member
from tests.gateway.people import App, Visitor, answered, app, person, tokens
from tests.gateway.test_code_flow import claims
from tests.gateway.test_passkeys import options

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"


@dataclass
class Scene:
    """A program, and a person who has a password and a passkey."""

    gateway: Gateway
    member: Member
    app: App
    user: User
    passkey: Authenticator

    async def id_token(self, visitor: Visitor, **changes: str | None) -> dict[str, Any]:
        return await claims(self.gateway, (await tokens(visitor, self.app, EMAIL, **changes))["id_token"])

    async def by_passkey(self, **changes: str | None) -> Visitor:
        """Somebody who signed in so, for a request that waits or for none."""
        visitor = Visitor(self.gateway)
        shown = await visitor.http.get("/login")
        if changes:
            shown = await visitor.page(await visitor.begin(self.app.parameters(**changes)))
        answer = await visitor.send("/login/passkey", shown, {"credential": self.passkey.get(options(shown))})
        assert answer.status_code == 303
        return visitor


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    member = await gateway.member("lakeside")
    user = await person(gateway, member, EMAIL, Role.ISSUER)
    visitor, made = Visitor(gateway), Authenticator(user=user.id.encode())
    await visitor.sign_in(await visitor.http.get("/login"), EMAIL)
    shown = await visitor.http.get("/login/passkeys")
    await visitor.send("/login/passkeys", shown, {"credential": made.create(options(shown)), "name": "Laptop"})
    return Scene(gateway, member, await app(gateway, member), user, made.but(count=2))


UNREADABLE = (
    *("x", "[]", "null", '{"userinfo": []}', '{"id_token": {"acr": "x"}}', '{"userinfo": {}, "userinfo": {}}'),
    '{"id_token": {"acr": {"essential": 1}}}',
    '{"id_token": {"acr": {"values": "phr"}}}',
    '{"a": "' + "x" * 5000 + '"}',
)
# An `acr` or a `sub` that was asked for in a way that nobody can read: no code would be what was meant.
NO_TEXT = (
    *('{"value": 5}', '{"value": null}', '{"value": ["phr"]}', '{"values": [["phr"]]}', '{"values": ["phr", 5]}'),
    *('{"essential": true, "value": 5}', '{"essential": true, "values": [null]}', '{"value": "phr", "values": ["x"]}'),
)
WISHES = (None, {"essential": True}, {"values": ["phr"]}, {"essential": False, "value": "phr"})


def wants(**members: Any) -> str:
    return json.dumps(members)


ESSENTIAL = wants(id_token={"acr": {"essential": True, "values": [PHISHING_RESISTANT]}})


class TestHowThePersonSignedIn:
    async def test_by_password(self, scene: Scene) -> None:
        held = await scene.id_token(Visitor(scene.gateway))
        assert (held["amr"], held["acr"]) == (["pwd"], PASSWORD_OVER_TLS)

    async def test_by_passkey(self, scene: Scene) -> None:
        visitor = await scene.by_passkey()
        held = await scene.id_token(visitor)
        assert (held["amr"], held["acr"]) == (["mfa", "swk", "user"], PHISHING_RESISTANT)
        again = answered(await visitor.begin(scene.app.parameters(prompt="none")))
        silent = await claims(scene.gateway, (await scene.app.exchange(again["code"])).json()["id_token"])
        assert (silent["amr"], silent["acr"]) == (held["amr"], held["acr"])

    async def test_a_refreshed_one_says_the_same(self, scene: Scene) -> None:
        given = await tokens(await scene.by_passkey(), scene.app, EMAIL)
        fresh = (await scene.app.refresh(given["refresh_token"])).json()
        assert (await claims(scene.gateway, fresh["id_token"]))["acr"] == PHISHING_RESISTANT

    async def test_what_was_not_kept_is_not_told(self, scene: Scene) -> None:
        """A session that an older release opened."""
        now, token, visitor = scene.gateway.clock(), new_secret(SecretKind.SESSION), Visitor(scene.gateway)
        async with scene.gateway.unit_of_work() as work:
            await work.sessions.open(digest(token), Session(scene.user, now, now + SESSION_LIFETIME))
            await work.commit()
        visitor.http.cookies.set("laurel-session", token)
        assert (await scene.id_token(visitor)).keys().isdisjoint({"amr", "acr"})


class TestEssentialClass:
    async def test_a_password_of_before_is_not_enough(self, scene: Scene) -> None:
        visitor = Visitor(scene.gateway)
        await tokens(visitor, scene.app, EMAIL)
        scene.gateway.clock.forward(seconds=1)
        came = answered(await visitor.begin(scene.app.parameters(prompt="none", claims=ESSENTIAL)))
        assert came["error"] == "login_required"
        shown = await visitor.page(await visitor.begin(scene.app.parameters(claims=ESSENTIAL)))
        assert 'type="password"' in shown.text

    async def test_neither_is_one_of_now(self, scene: Scene) -> None:
        """OpenID Connect Core Error Code unmet_authentication_requirements 1.0."""
        came = await Visitor(scene.gateway).allow(scene.app.parameters(claims=ESSENTIAL), EMAIL)
        assert (came["error"], came["iss"]) == ("unmet_authentication_requirements", BASE)
        assert "code" not in came

    async def test_a_class_that_nobody_reaches_is_told_at_once(self, scene: Scene) -> None:
        asked = wants(id_token={"acr": {"essential": True, "value": "urn:mace:incommon:iap:silver"}})
        for prompt in (None, "none"):
            came = answered(await Visitor(scene.gateway).begin(scene.app.parameters(claims=asked, prompt=prompt)))
            assert came["error"] == "unmet_authentication_requirements"

    @pytest.mark.parametrize(("enough", "said"), [([PASSWORD_OVER_TLS, PHISHING_RESISTANT], False), (["phr"], True)])
    async def test_the_page_says_that_a_password_is_not_enough(
        self, scene: Scene, enough: list[str], said: bool
    ) -> None:
        asked = wants(id_token={"acr": {"essential": True, "values": enough}})
        visitor = Visitor(scene.gateway)
        shown = await visitor.page(await visitor.begin(scene.app.parameters(claims=asked)))
        assert ("a password is not enough" in shown.text) is said

    async def test_a_passkey_is(self, scene: Scene) -> None:
        visitor = await scene.by_passkey()
        assert (await scene.id_token(visitor, claims=ESSENTIAL))["acr"] == PHISHING_RESISTANT
        assert "code" in answered(await visitor.begin(scene.app.parameters(prompt="none", claims=ESSENTIAL)))

    @pytest.mark.parametrize("prompt", [None, "none"])
    async def test_no_class_at_all_is_reached_by_nobody(self, scene: Scene, prompt: str | None) -> None:
        asked = wants(id_token={"acr": {"essential": True, "values": []}})
        visitor = await scene.by_passkey()
        came = answered(await visitor.begin(scene.app.parameters(claims=asked, prompt=prompt)))
        assert came["error"] == "unmet_authentication_requirements"

    @pytest.mark.parametrize("acr", WISHES, ids=str)
    async def test_a_wish_stays_one(self, scene: Scene, acr: Any) -> None:
        held = await scene.id_token(Visitor(scene.gateway), claims=wants(id_token={"acr": acr}))
        assert held["acr"] == PASSWORD_OVER_TLS


class TestSingleClaims:
    @pytest.mark.parametrize("place", ["userinfo", "id_token"])
    async def test_a_claim_is_asked_for_by_the_scope_that_shows_it(self, scene: Scene, place: str) -> None:
        """And the person sees it, and agrees."""
        asked = {"scope": "openid", "claims": wants(**{place: {"email": {"essential": True}, "birthdate": None}})}
        visitor = Visitor(scene.gateway)
        assert "e-mail" in (await visitor.consent_page(scene.app.parameters(**asked), EMAIL)).text
        given = await tokens(visitor, scene.app, EMAIL, **asked)
        assert given["scope"] == "openid email"
        header = {"Authorization": f"Bearer {given['access_token']}"}
        told = (await scene.gateway.http.get("/oauth/userinfo", headers=header)).json()
        assert told == {"sub": scene.user.id, "email": EMAIL, "email_verified": False}

    async def test_a_pushed_request_may_ask_too(self, scene: Scene) -> None:
        asked = scene.app.parameters(scope="openid", claims=wants(userinfo={"name": None}))
        pushed = (await scene.app.post("/oauth/par", asked)).json()["request_uri"]
        came = await Visitor(scene.gateway).allow({"client_id": scene.app.client_id, "request_uri": pushed}, EMAIL)
        assert (await scene.app.exchange(came["code"])).json()["scope"] == "openid profile"

    async def test_without_openid_it_asks_for_nothing(self, scene: Scene) -> None:
        asked = {"scope": "credentials:issue", "claims": wants(userinfo={"name": None})}
        assert (await tokens(Visitor(scene.gateway), scene.app, EMAIL, **asked))["scope"] == "credentials:issue"

    async def test_a_program_may_say_whom_it_means(self, scene: Scene) -> None:
        """§5.5.1: `sub` with a value. Nobody else gets in."""
        visitor = Visitor(scene.gateway)
        await tokens(visitor, scene.app, EMAIL)
        scene.gateway.clock.forward(seconds=1)
        same, other = (wants(id_token={"sub": {"value": who}}) for who in (scene.user.id, "somebody"))
        assert "code" in answered(await visitor.begin(scene.app.parameters(prompt="none", claims=same)))
        came = answered(await visitor.begin(scene.app.parameters(prompt="none", claims=other)))
        assert came["error"] == "login_required"

    async def test_several_are_as_good(self, scene: Scene) -> None:
        asked = wants(id_token={"sub": {"values": ["somebody", scene.user.id]}})
        assert (await scene.id_token(Visitor(scene.gateway), claims=asked))["sub"] == scene.user.id

    @pytest.mark.parametrize("prompt", [None, "none"])
    async def test_two_ways_to_say_it_must_agree(self, scene: Scene, prompt: str | None) -> None:
        visitor = Visitor(scene.gateway)
        hint = (await tokens(visitor, scene.app, EMAIL))["id_token"]
        for other in (wants(id_token={"sub": {"value": "somebody"}}), wants(id_token={"sub": {"values": []}})):
            asked = {"claims": other, "id_token_hint": hint, "prompt": prompt}
            came = answered(await visitor.begin(scene.app.parameters(**asked)))
            assert (came["error"], came["iss"]) == ("login_required", BASE)
        same = {"claims": wants(id_token={"sub": {"value": scene.user.id}}), "id_token_hint": hint}
        assert "code" in answered(await visitor.begin(scene.app.parameters(prompt="none", **same)))

    @pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: text[:40])
    async def test_what_cannot_be_read_is_told_to_the_client(self, scene: Scene, text: str) -> None:
        came = answered(await Visitor(scene.gateway).begin(scene.app.parameters(claims=text)))
        assert (came["error"], came["iss"]) == ("invalid_request", BASE)

    @pytest.mark.parametrize("one", NO_TEXT)
    @pytest.mark.parametrize("name", ["acr", "sub"])
    @pytest.mark.parametrize("place", ["id_token", "userinfo"])
    async def test_neither_can_a_class_or_a_subject_that_is_no_text(
        self, scene: Scene, one: str, name: str, place: str
    ) -> None:
        text = f'{{"{place}": {{"{name}": {one}}}}}'
        came = answered(await Visitor(scene.gateway).begin(scene.app.parameters(claims=text)))
        assert (came["error"], came["iss"]) == ("invalid_request", BASE)


class TestOldSignIns:
    @pytest.mark.parametrize(("said", "asked"), [(None, "0"), (60, None), (0, None)])
    async def test_too_long_ago_is_login_required(self, scene: Scene, said: int | None, asked: str | None) -> None:
        registered = {} if said is None else {"default_max_age": said}
        studio, visitor = await app(scene.gateway, scene.member, **registered), Visitor(scene.gateway)
        await tokens(visitor, studio, EMAIL)
        scene.gateway.clock.forward(seconds=61)
        came = answered(await visitor.begin(studio.parameters(prompt="none", max_age=asked)))
        assert came["error"] == "login_required"
        shown = await visitor.page(await visitor.begin(studio.parameters(max_age=asked)))
        assert 'type="password"' in shown.text

    async def test_a_request_says_more_than_its_client(self, scene: Scene) -> None:
        studio, visitor = await app(scene.gateway, scene.member, default_max_age=60), Visitor(scene.gateway)
        await tokens(visitor, studio, EMAIL)
        scene.gateway.clock.forward(seconds=61)
        assert "code" in answered(await visitor.begin(studio.parameters(prompt="none", max_age="3600")))


class TestSignedUserinfo:
    @pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
    async def test_it_is_signed_for_its_client(self, scene: Scene, algorithm: str) -> None:
        studio = await app(scene.gateway, scene.member, userinfo_signed_response_alg=algorithm)
        token = (await tokens(Visitor(scene.gateway), studio, EMAIL, scope="openid email"))["access_token"]
        answer = await scene.gateway.http.get("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/jwt")
        told = await claims(scene.gateway, answer.text)
        ours = {"iss": BASE, "aud": studio.client_id}
        assert told == ours | {"sub": scene.user.id, "email": EMAIL, "email_verified": False}

"""DPoP at the authorization server: what is asked with a key is bound to it (RFC 9449 §5, §8, §10)."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.core.roles import Role
from gateway.oauth.nonce import Nonces
from tests.gateway.harness import BASE, TLS, Gateway, HeldClock, Member
from tests.gateway.people import App, Visitor, app, code, person
from tests.proofs import KEY, OTHER, proof

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"
TOKEN = f"{BASE}/oauth/token"


@dataclass
class Scene:
    gateway: Gateway
    member: Member
    nonce: str

    def header(self, url: str = TOKEN, **changes: Any) -> dict[str, str]:
        given = {"nonce": self.nonce} | changes
        return {"DPoP": proof("POST", url, self.gateway.clock.now.timestamp(), **given)}

    async def ask(self, headers: Any, **form: str) -> httpx.Response:
        return await self.gateway.ask({"scope": "credentials:issue"} | form, auth=self.member.auth, headers=headers)


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    member = await gateway.member("lakeside")
    await person(gateway, member, EMAIL, Role.ISSUER)
    first = await Scene(gateway, member, "").ask(Scene(gateway, member, "").header(nonce=None))
    return Scene(gateway, member, first.headers["dpop-nonce"])


async def is_key_of(gateway: Gateway, member: Member, token: str) -> str | None:
    answer = (await gateway.http.post("/oauth/introspect", auth=member.auth, data={"token": token})).json()
    assert answer["active"]
    assert answer["token_type"] == ("DPoP" if "cnf" in answer else "Bearer")
    key: str | None = answer.get("cnf", {}).get("jkt")
    return key


class TestTheTokenEndpoint:
    async def test_a_token_is_bound_to_the_key_that_is_proved(self, scene: Scene) -> None:
        answer = await scene.ask(scene.header())
        assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
        assert await is_key_of(scene.gateway, scene.member, answer.json()["access_token"]) == KEY.thumbprint()
        assert answer.headers["dpop-nonce"]

    async def test_without_a_proof_it_is_a_bearer_token(self, scene: Scene) -> None:
        answer = await scene.ask({})
        assert "dpop-nonce" not in answer.headers
        assert await is_key_of(scene.gateway, scene.member, answer.json()["access_token"]) is None

    @pytest.mark.parametrize("nonce", [None, "", "made-up", "A" * 30, "é"])
    async def test_a_nonce_of_ours_is_needed_and_given(self, scene: Scene, nonce: str | None) -> None:
        answer = await scene.ask(scene.header(nonce=nonce))
        assert (answer.status_code, answer.json()["error"]) == (400, "use_dpop_nonce")
        again = await scene.ask(scene.header(nonce=answer.headers["dpop-nonce"]))
        assert again.status_code == 200

    async def test_a_nonce_is_good_for_five_minutes(self, scene: Scene) -> None:
        scene.gateway.clock.forward(minutes=5)
        assert (await scene.ask(scene.header())).json()["error"] == "use_dpop_nonce"

    @pytest.mark.parametrize("url", [TOKEN, f"{TLS}/oauth/token", "HTTP://LOCALHOST:8080/oauth/token"])
    async def test_every_public_address_of_ours_counts(self, scene: Scene, url: str) -> None:
        assert (await scene.ask(scene.header(url))).status_code == 200

    @pytest.mark.parametrize(
        "changes",
        [
            {"url": f"{BASE}/oauth/par"},
            {"url": "https://evil.example/oauth/token"},
            {"htm": "GET"},
            {"iat": 0},
            {"jti": None},
            {"header": {"typ": "JWT"}},
            {"header": {"jwk": KEY.as_dict(private=True)}},
            {"header": {"jwk": OTHER.as_dict(private=False)}},
            {"exp": 1},
        ],
        ids=["url", "foreign", "htm", "iat", "jti", "typ", "private", "other", "exp"],
    )
    async def test_a_bad_proof_is_refused(self, scene: Scene, changes: dict[str, Any]) -> None:
        answer = await scene.ask(scene.header(**changes))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")
        assert answer.headers["dpop-nonce"]

    async def test_two_proofs_are_refused(self, scene: Scene) -> None:
        headers = [*scene.header().items(), *scene.header().items()]
        assert (await scene.ask(headers)).json()["error"] == "invalid_dpop_proof"

    async def test_of_many_uses_of_a_proof_at_once_one_counts(self, scene: Scene) -> None:
        header = scene.header()
        answers = await asyncio.gather(*(scene.ask(header) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7

    async def test_a_client_may_want_bound_tokens_only(self, scene: Scene) -> None:
        headers = await scene.gateway.headers(scene.member)
        changed = await scene.gateway.http.patch(
            f"/clients/{scene.member.client_id}", headers=headers, json={"dpopBoundAccessTokens": True}
        )
        assert changed.json()["dpopBoundAccessTokens"] is True
        assert (await scene.ask({})).json()["error"] == "invalid_request"
        assert (await scene.ask(scene.header())).status_code == 200

    async def test_an_own_route_takes_the_token_with_its_proof_only(self, scene: Scene) -> None:
        answer = await scene.gateway.ask({}, auth=scene.member.auth, headers=scene.header())
        token, now = answer.json()["access_token"], scene.gateway.clock.now.timestamp()
        url = f"{TLS}/clients"
        good = {"Authorization": f"DPoP {token}", "DPoP": proof("GET", url, now, token=token)}
        assert (await scene.gateway.http.get("/clients", headers=good)).status_code == 200
        stolen = {"Authorization": f"Bearer {token}"}
        assert (await scene.gateway.http.get("/clients", headers=stolen)).status_code == 401


class TestCodesAndRefreshTokens:
    async def test_a_code_asked_for_with_a_key_needs_that_key(self, scene: Scene) -> None:
        studio = await app(scene.gateway, scene.member)
        made = await code(Visitor(scene.gateway), studio, EMAIL, dpop_jkt=KEY.thumbprint())
        assert (await studio.exchange(made)).json()["error"] == "invalid_grant"
        wrong = await studio.exchange(made, headers=scene.header(key=OTHER))
        assert wrong.json()["error"] == "invalid_grant"
        good = await studio.exchange(made, headers=scene.header())
        assert (good.status_code, good.json()["token_type"]) == (200, "DPoP")

    async def test_a_key_is_named_by_its_thumbprint(self, scene: Scene) -> None:
        studio = await app(scene.gateway, scene.member)
        answer = await Visitor(scene.gateway).begin(studio.parameters(dpop_jkt="x"))
        assert "error=invalid_request" in answer.headers["location"]

    async def test_a_public_clients_refresh_token_stays_with_the_key(self, scene: Scene) -> None:
        studio = await app(scene.gateway, scene.member, token_endpoint_auth_method="none")
        first = await bound_tokens(scene, studio)
        for headers in ({}, scene.header(key=OTHER)):
            answer = await refresh(studio, first["refresh_token"], headers)
            assert answer.json()["error"] == "invalid_grant"
        answer = await refresh(studio, first["refresh_token"], scene.header())
        assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")

    async def test_a_confidential_client_may_change_its_key_and_not_do_without(self, scene: Scene) -> None:
        studio = await app(scene.gateway, scene.member)
        first = await bound_tokens(scene, studio)
        assert (await refresh(studio, first["refresh_token"], {})).json()["error"] == "invalid_grant"
        second = (await refresh(studio, first["refresh_token"], scene.header(key=OTHER))).json()
        assert await is_key_of(scene.gateway, scene.member, second["access_token"]) == OTHER.thumbprint()
        assert (await refresh(studio, second["refresh_token"], {})).json()["error"] == "invalid_grant"


async def bound_tokens(scene: Scene, studio: App) -> dict[str, Any]:
    answer = await studio.exchange(await code(Visitor(scene.gateway), studio, EMAIL), headers=scene.header())
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refresh(studio: App, token: str, headers: dict[str, str]) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return await studio.post("/oauth/token", form, headers=headers)


async def test_a_neighbour_knows_a_nonce_and_a_stranger_does_not() -> None:
    clock = HeldClock()
    made = Nonces(b"k").new(clock())
    assert Nonces(b"k").is_good(made, clock())
    assert not Nonces(b"other").is_good(made, clock())

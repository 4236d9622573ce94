"""Web programs that authenticate themselves may register to do without PKCE (RFC 9700 §2.1.1); no others may."""

from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from gateway.core.roles import Role
from tests.gateway.harness import Gateway, Member
from tests.gateway.people import VERIFIER, App, Visitor, answered, app, code, person

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
EMAIL = "ada@lakeside.example"
PLAIN: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}


@dataclass
class Scene:
    """A program that does without."""

    gateway: Gateway
    member: Member
    app: App
    visitor: Visitor


@pytest_asyncio.fixture
async def scene(gateway: Gateway) -> Scene:
    member = await gateway.member("lakeside")
    await person(gateway, member, EMAIL, Role.ISSUER)
    return Scene(gateway, member, await app(gateway, member, require_proof_key=False), Visitor(gateway))


async def test_a_code_without_a_challenge_is_exchanged_without_a_verifier(scene: Scene) -> None:
    came = await code(scene.visitor, scene.app, EMAIL, **PLAIN)
    answer = await scene.app.exchange(came, code_verifier=None)
    assert answer.status_code == 200, answer.text
    assert (await scene.app.exchange(came, code_verifier=None)).json()["error"] == "invalid_grant"


async def test_a_verifier_without_a_challenge_is_refused(scene: Scene) -> None:
    """RFC 9700 §4.8.2: somebody took the challenge away."""
    answer = await scene.app.exchange(await code(scene.visitor, scene.app, EMAIL, **PLAIN))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_challenge_that_is_sent_counts(scene: Scene) -> None:
    came = await code(scene.visitor, scene.app, EMAIL)
    for wrong in (None, "b" * 43):
        refused = await scene.app.exchange(came, code_verifier=wrong)
        assert refused.status_code == 400
    assert (await scene.app.exchange(came, code_verifier=VERIFIER)).status_code == 200


@pytest.mark.parametrize(
    "changes", [{"code_challenge_method": None}, {"code_challenge_method": "plain"}, {"code_challenge": None}]
)
async def test_half_a_challenge_is_none(scene: Scene, changes: dict[str, str | None]) -> None:
    came = answered(await scene.visitor.begin(scene.app.parameters(**changes)))
    assert came["error"] == "invalid_request"


@pytest.mark.parametrize(
    "changes",
    [
        {"tokenEndpointAuthMethod": "none"},
        {"applicationType": "native", "redirectUris": ["http://127.0.0.1/cb"]},
        {"requirePushedAuthorizationRequests": True},
        {"dpopBoundAccessTokens": True},
    ],
    ids=str,
)
async def test_others_may_not(scene: Scene, changes: dict[str, Any]) -> None:
    usual = {"name": "x", "scopes": [], "grantTypes": ["authorization_code"], "redirectUris": ["https://app.example/"]}
    headers = await scene.gateway.headers(scene.member)
    asked = usual | {"scopes": ["credentials:issue"], "requireProofKey": False} | changes
    answer = await scene.gateway.http.post("/clients", headers=headers, json=asked)
    assert answer.status_code == 422
    assert "requireProofKey" in answer.text


async def test_it_may_change_its_mind(scene: Scene) -> None:
    headers = await scene.gateway.headers(scene.member)
    path = f"/clients/{scene.app.client_id}"
    changed = await scene.gateway.http.patch(path, headers=headers, json={"requireProofKey": True})
    assert (changed.status_code, changed.json()["requireProofKey"]) == (200, True)
    came = answered(await scene.visitor.begin(scene.app.parameters(**PLAIN)))
    assert came["error"] == "invalid_request"

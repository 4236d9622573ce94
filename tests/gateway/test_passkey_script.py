"""The one script of our pages: what it hands to an authenticator, and what it sends the real server of the answer."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from gateway.core.roles import Role
from service_kit.offload import offload
from tests.gateway.authenticator import Authenticator, b64
from tests.gateway.harness import Gateway
from tests.gateway.people import Visitor, person
from tests.gateway.test_passkeys import ADA, options
from tests.node import Node

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
SCRIPT = (files("gateway.http") / "passkey.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def node() -> Node:
    return Node(Path(__file__).parent / "interop")


async def run(node: Node, ceremony: str, asked: dict[str, Any], answer: str = "{}", **more: Any) -> dict[str, Any]:
    given = {"script": SCRIPT, "ceremony": ceremony, "options": asked, "answer": json.loads(answer)}
    found: dict[str, Any] = await offload(node.run, "passkey.mjs", given | more)
    return found


async def test_a_passkey_is_added_and_used_by_it(gateway: Gateway, node: Node) -> None:
    ada = await person(gateway, await gateway.member("lakeside"), ADA, Role.OWNER)
    made, visitor = Authenticator(user=ada.id.encode()), Visitor(gateway)
    await visitor.sign_in(await visitor.http.get("/login"), ADA)
    page = await visitor.http.get("/login/passkeys")
    asked = options(page)
    found = await run(node, "create", asked, made.create(asked))
    assert found["asked"] == {"challenge": asked["challenge"], "user": b64(ada.id.encode()), "excluded": []}
    assert (found["shown"], found["prevented"], found["submitted"]) == (True, True, True)
    added = await visitor.send("/login/passkeys", page, {"credential": found["sent"], "name": "Laptop"})
    assert added.status_code == 303
    listed = options(await visitor.http.get("/login/passkeys"))
    assert (await run(node, "create", listed, made.create(listed)))["asked"]["excluded"] == [b64(made.credential)]
    stranger = Visitor(gateway)
    page = await stranger.http.get("/login")
    asked = options(page)
    found = await run(node, "get", asked, made.but(count=2).get(asked))
    assert found["asked"] == {"challenge": asked["challenge"], "rpId": "localhost", "excluded": []}
    answer = await stranger.send("/login/passkey", page, {"credential": found["sent"]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


OPTIONS = {"challenge": b64(bytes(32)), "rpId": "localhost"}


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        ("NotAllowedError", "No passkey was used."),
        ("InvalidStateError", "This device has a passkey for you already."),
    ],
)
async def test_a_person_who_declines_is_told_and_nothing_is_sent(node: Node, failure: str, said: str) -> None:
    found = await run(node, "get", OPTIONS, failure=failure)
    assert (found["said"], found["submitted"], found["sent"]) == (said, False, "")


async def test_where_there_is_no_webauthn_the_form_stays_hidden(node: Node) -> None:
    found = await run(node, "get", OPTIONS, known=False)
    assert (found["shown"], found["submitted"]) == (False, False)

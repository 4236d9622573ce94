"""A direct route is a shorter way to the same answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
import pytest_asyncio
from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from service_kit.app import DirectRoute, create_app, router
from service_kit.auth import Caller, Scope
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey
from service_kit.settings import Settings
from service_kit.testing import BASE_URL, TokenMint, asgi_client

pytestmark = pytest.mark.asyncio


class Recipient(BaseModel):
    email: str


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    recipient: Recipient
    tags: list[str] = Field(default=[], max_length=3)
    size: int = 0


@pytest.fixture
def mint() -> TokenMint:
    return TokenMint()


@pytest_asyncio.fixture
async def twins(mint: TokenMint) -> AsyncIterator[httpx.AsyncClient]:
    """The same endpoint twice: at /strict by FastAPI's way, at /direct without it."""
    things = router()

    async def make(
        caller: Annotated[Caller, Depends(Scope("things:write"))],
        body: Thing,
        key: Annotated[IdempotencyKey | None, Depends(idempotency_key)],
    ) -> Response:
        said = {"org": caller.org, "thing": body.model_dump(), "key": key.key if key else None}
        return Response(json.dumps(said), 201, media_type="application/json")

    things.add_api_route("/strict", make, methods=["POST"], status_code=201)
    things.add_api_route("/direct", make, methods=["POST"], status_code=201, route_class_override=DirectRoute)
    settings = Settings(environment="development", public_base_url=BASE_URL)
    async with asgi_client(create_app("things", settings, routers=[things], tokens=mint.verifier())) as client:
        yield client


GOOD = b'{"recipient": {"email": "a@b.example"}, "tags": ["x"]}'
ASKED: dict[str, tuple[bytes, dict[str, str]]] = {
    "good": (GOOD, {}),
    "good, with a key": (GOOD, {"Idempotency-Key": "k1"}),
    "a key that is none": (GOOD, {"Idempotency-Key": "\t"}),
    "no token": (GOOD, {"Authorization": ""}),
    "no token, and not JSON": (b"{", {"Authorization": ""}),
    "no token, and a wrong member": (b'{"size": "big"}', {"Authorization": ""}),
    "not JSON": (b"{]", {}),
    "a name twice": (b'{"size": 1, "size": 2}', {}),
    "NUL": (b'{"recipient": {"email": "a\\u0000b"}}', {}),
    "half a pair": (b'{"recipient": {"email": "a\\ud800b"}}', {}),
    "too deep": (b"[" * 65 + b"]" * 65, {}),
    "too large": (b'"' + b"x" * 1_100_000 + b'"', {}),
    "null": (b"null", {}),
    "a list": (b"[]", {}),
    "nothing": (b"", {}),
    "members wrong": (b'{"recipient": {"email": 1}, "tags": [1, 2, 3, 4], "colour": "x", "more": 1}', {}),
    "UTF-8 named": (GOOD, {"Content-Type": "application/json; charset=utf-8"}),
    "of another kind of JSON": (GOOD, {"Content-Type": "application/ld+json"}),
    "text": (GOOD, {"Content-Type": "text/plain"}),
    "of no type": (GOOD, {"Content-Type": ""}),
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("query", ["", "?wrong=1"])
async def test_a_direct_route_answers_as_any_other(
    twins: httpx.AsyncClient, mint: TokenMint, name: str, query: str
) -> None:
    content, headers = ASKED[name]
    sent = {"Content-Type": "application/json", **mint.headers("org", "things:write"), **headers}
    strict, direct = [await twins.post(path + query, content=content, headers=sent) for path in ("/strict", "/direct")]
    known = {"instance": "", "requestId": ""}
    assert (direct.status_code, direct.json() | known) == (strict.status_code, strict.json() | known)
    assert (strict.status_code == 201) is (
        name in {"good", "good, with a key", "UTF-8 named", "of another kind of JSON"} and not query
    )


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key"])
@pytest.mark.parametrize("path", ["/strict", "/direct"])
async def test_what_has_one_value_is_sent_once(twins: httpx.AsyncClient, mint: TokenMint, path: str, name: str) -> None:
    sent = {"Content-Type": "application/json", **mint.headers("org", "things:write"), "Idempotency-Key": "k"}
    again = [*sent.items(), (name, {k.lower(): v for k, v in sent.items()}[name.lower()])]
    answer = await twins.post(path, content=GOOD, headers=again)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [name])


async def test_a_direct_route_asks_for_the_scope(twins: httpx.AsyncClient, mint: TokenMint) -> None:
    headers = {"Content-Type": "application/json", **mint.headers("org", "things:read")}
    assert (await twins.post("/direct", content=GOOD, headers=headers)).status_code == 403

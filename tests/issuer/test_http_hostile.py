"""Hostile values in every place of a request: always an answer below 500, and what is issued verifies."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from credential_core.jcs import digest
from service_kit.ids import new_id
from service_kit.pagination import encode_cursor
from tests.issuer.world import LEARNER, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**53,
    2**63,
    1e308,
    0.1,
    "",
    " ",
    "\x01",
    "\x7f\x80\x9f",
    "\u202e\u200b\ufeff",
    "\U0010ffff",
    "e\u0301" * 50,
    "x" * 3000,
    "{}",
    "'; DROP TABLE credentials; --",
    "<script>alert(1)</script>",
    "https://a.example/\u2028",
    "javascript:alert(1)",
    "urn:x",
    "did:key:z",
    "9999-12-31T23:59:60Z",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    [],
    [[]],
    {},
    {"@context": "https://evil.example"},
    {"@id": "urn:x", "@type": "urn:y"},
    [{}] * 60,
]
CREDENTIAL: dict[str, Any] = {
    "achievement": "",
    "issuer": "lakeside",
    "recipient": {"email": LEARNER, "name": "Ana", "plaintext": False},
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2030-01-01T00:00:00Z",
    "awardedDate": "2026-01-01T00:00:00Z",
    "activityStartDate": "2025-01-01T00:00:00Z",
    "activityEndDate": "2025-06-01T00:00:00Z",
    "results": [{"type": ["Result"], "value": "1", "status": "Completed"}],
    "evidence": [{"type": ["Evidence"], "id": "https://a.example/1", "name": "n", "narrative": "t", "genre": "g"}],
    "narrative": "text",
    "creditsEarned": 4.5,
}
ISSUER: dict[str, Any] = {
    "name": "Lakeside",
    "slug": "",
    "method": "web",
    "url": "https://lakeside.example",
    "description": "text",
    "email": "a@lakeside.example",
    "phone": "1",
    "image": {"id": "https://lakeside.example/i.png", "type": "Image", "caption": "c"},
    "address": {"type": ["Address"], "addressCountry": "Norway", "postalCode": "1"},
    "otherIdentifier": [{"type": "IdentifierEntry", "identifier": "1", "identifierType": "systemId"}],
    "official": "yes",
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, by path."""
    if path:
        yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from places(member, (*path, name))


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = deepcopy(body)
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copy


def mutations(body: Any, seed: int, count: int) -> list[Any]:
    chosen = random.Random(seed)  # noqa: S311 - reproducible choice of test cases
    everything = [(path, value) for path in places(body) for value in VALUES]
    return [replaced(body, *one) for one in chosen.sample(everything, count)]


async def test_issuing_answers_every_value(world: World) -> None:
    await world.issuer(slug="lakeside")
    body = CREDENTIAL | {"achievement": await world.achievement()}
    statuses = set()
    for mutation in [body, *mutations(body, 1, 150)]:
        answer = await world.send("POST", "/credentials", mutation)
        statuses.add(answer.status_code)
        assert answer.status_code < 500, (mutation, answer.text)
    assert {201, 422} <= statuses
    for document, stored in await world.rows("SELECT document, digest FROM credentials"):
        assert digest(json.loads(document)) == stored


async def test_opening_issuers_answers_every_value(world: World) -> None:
    statuses = set()
    for mutation in mutations(ISSUER | {"slug": "x"}, 2, 100):
        if mutation["slug"] == "x":
            mutation["slug"] = f"u-{new_id()}"
        answer = await world.send("POST", "/issuers", mutation)
        statuses.add(answer.status_code)
        assert answer.status_code < 500, (mutation, answer.text)
    assert {201, 422} <= statuses


async def test_amending_answers_every_value(world: World) -> None:
    issuer = await world.issuer()
    patch = {name: value for name, value in ISSUER.items() if name not in {"slug", "method"}} | {"active": True}
    for mutation in mutations(patch, 3, 60):
        answer = await world.send("PATCH", f"/issuers/{issuer['slug']}", mutation)
        assert answer.status_code in {200, 422}, (mutation, answer.text)


async def test_queries_answer_every_value(world: World) -> None:
    await world.issue(await world.ready())
    for value in [str(value) for value in VALUES]:
        for name in ("status", "achievement", "recipient", "cursor", "limit"):
            answer = await world.client.get("/credentials", params={name: value}, headers=world.headers())
            assert answer.status_code < 500, (name, value, answer.text)


@pytest.mark.parametrize(
    "position",
    [
        ["0001-01-01T00:00:00+23:59", new_id()],
        ["9999-12-31T23:59:59-23:59", new_id()],
        ["2026-01-01", new_id()],
        ["2026-01-01T00:00:00Z", "x"],
        ["2026-01-01T00:00:00Z"],
        [],
    ],
)
async def test_cursors_we_did_not_make_are_refused(world: World, position: list[str]) -> None:
    answer = await world.send("GET", f"/credentials?cursor={encode_cursor(position)}")
    assert answer.status_code == 422

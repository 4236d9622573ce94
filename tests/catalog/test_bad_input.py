"""Whatever is sent: an answer below 500 that is a problem document, and nothing stored."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.catalog.samples import COMPLETE, NOBODY, PLAIN, Json, course, drafted, path

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    2**70,
    1e308,
    "",
    "\u202e",
    "\U0001f393" * 300,
    "x" * 30_000,
    "' OR 1=1 --",
    "{{7*7}}",
    [],
    [[]],
    {},
    {"a": {"b": [None]}},
    [None] * 60,
    ["x"] * 60,
]
RAW = [
    b"",
    b"null",
    b"[",
    b"\xff\xfe\x00",
    b'{"name": NaN}',
    b'{"name": "a", "name": "b"}',
    b'{"name": "\\u0000"}',
    b'{"name": "\\ud800"}',
    b'{"name": 1e999}',
    b'{"n": ' + b"9" * 5000 + b"}",
    b'{"a":' * 500 + b"1" + b"}" * 500,
    b"[" * 20_000,
    b'"text"',
    b"\xef\xbb\xbf{}",
]
WRITES = [("POST", "/courses"), ("POST", "/achievements"), ("POST", "/courses/import")]


def fine(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) >= {"type", "title", "status", "detail", "instance", "requestId"}


async def stored(client: httpx.AsyncClient) -> tuple[Any, Any]:
    return (
        (await client.get("/courses?mine=true")).json(),
        (await client.get("/achievements?mine=true")).json(),
    )


@pytest.mark.parametrize("body", RAW)
async def test_bytes_that_are_no_request(university: httpx.AsyncClient, body: bytes) -> None:
    made, draft = await course(university), await drafted(university)
    before = await stored(university)
    where = path(draft["id"])

    for method, address in [
        *WRITES,
        ("PATCH", f"/courses/{made['id']}"),
        ("PATCH", where),
        ("POST", f"{where}/retire"),
    ]:
        answer = await university.request(method, address, content=body, headers={"Content-Type": "application/json"})
        fine(answer)
        assert answer.status_code >= 400 or b"{}" in body or address.endswith("retire"), address
    assert await stored(university) == before


@pytest.mark.parametrize("name", [*COMPLETE, "course"])
async def test_any_value_in_any_member_of_an_achievement(university: httpx.AsyncClient, name: str) -> None:
    for value in ODD:
        fine(await university.post("/achievements", json=PLAIN | {name: value}))


@pytest.mark.parametrize("name", ["code", "title", "level", "credits", "generalEducation", "extra", "description"])
async def test_any_value_in_any_member_of_a_course(university: httpx.AsyncClient, name: str) -> None:
    rows = [{"code": "A", "title": "Art"} | {name: value} for value in ODD]

    for row in rows:
        fine(await university.post("/courses", json=row))
    fine(await university.post("/courses/import", json=rows))


async def test_any_value_deep_inside(university: httpx.AsyncClient) -> None:
    for number, place in enumerate(places(COMPLETE)):
        for value in (ODD[number % len(ODD)], ODD[(number + 7) % len(ODD)]):
            fine(await university.post("/achievements", json=replaced(COMPLETE, place, value)))


def places(value: Any) -> Iterator[tuple[str | int, ...]]:
    """The way to every value inside a document."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (key,)
        yield from ((key, *rest) for rest in places(value[key]))


def replaced(document: Json, place: tuple[str | int, ...], value: Any) -> Json:
    """A copy with another value there."""
    copy: Json = json.loads(json.dumps(document))
    here: Any = copy
    for key in place[:-1]:
        here = here[key]
    here[place[-1]] = value
    return copy


@pytest.mark.parametrize(
    "where",
    [
        "/courses?cursor=%ff",
        "/courses?cursor=W10",
        "/courses?cursor=" + "A" * 600,
        "/courses?q=%00",
        "/courses?q=%f0%28%8c%28",
        "/courses?limit=1e3",
        "/courses/%00",
        "/courses/%2e%2e%2f",
        f"/courses/{NOBODY}%0a",
        "/courses/" + "x" * 5000,
        "/achievements/%ff",
        "/achievements?type=%27",
        "/achievements?organization=%F0%9F%8E%93",
        "/achievements?mine=true&mine=false",
        "/courses/import",
        "/pathways",
    ],
)
async def test_odd_addresses(university: httpx.AsyncClient, where: str) -> None:
    fine(await university.get(where))


async def test_odd_headers(university: httpx.AsyncClient) -> None:
    for headers in (
        {"Idempotency-Key": ""},
        {"Idempotency-Key": "x" * 256},
        {"If-Match": '"draft-' + "9" * 40 + '"'},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": ""},
    ):
        fine(await university.post("/achievements", content=json.dumps(PLAIN), headers=headers))
        fine(await university.post("/courses/import", content=b"[]", headers=headers))


async def test_an_error_never_repeats_the_value(university: httpx.AsyncClient) -> None:
    wrong = PLAIN | {"name": ["s3cret"], "tag": "s3cret", "criteria": {"id": "s3cret"}, "achievementType": "s3cret"}

    answer = await university.post("/achievements", json=wrong)

    assert answer.status_code == 422
    assert "s3cret" not in answer.text

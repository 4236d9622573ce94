"""What every service does with a request before its own code sees it, and how it says no."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any

import httpx
import pytest
import pytest_asyncio
from fastapi import Depends, Request, Response
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service_kit import strict_json
from service_kit.app import create_app, router
from service_kit.errors import (
    Conflict,
    Gone,
    Invalid,
    Limited,
    NotFound,
    ServiceError,
    TooSoon,
    Unavailable,
    invalid_field,
)
from service_kit.inputs import PageRequest
from service_kit.pagination import decode_cursor, encode_cursor, link_next, page_request
from service_kit.settings import HttpSettings, Settings
from service_kit.testing import BASE_URL, asgi_client

LIMIT = 10_000


class Recipient(BaseModel):
    model_config = ConfigDict(extra="forbid")
    email: str = Field(min_length=3, max_length=20)


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    recipient: Recipient
    tags: list[str] = Field(default=[], max_length=3)
    size: int = 0
    colour: str = "red"

    @field_validator("colour")
    @classmethod
    def _is_a_colour(cls, text: str) -> str:
        if text not in {"red", "blue"}:
            raise ValueError("must be a colour")
        return text


class Sqlstate(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


FAULTS: dict[str, Exception] = {
    "not-found": NotFound("no such thing"),
    "conflict": Conflict("already", code="idempotency-key-reused"),
    "too-soon": TooSoon("not yet", retry_after=timedelta(seconds=1.5), code="key-not-known-yet"),
    "gone": Gone("was removed"),
    "limited": Limited("too many"),
    "unavailable": Unavailable("away"),
    "invalid": invalid_field("a.b", "is wrong"),
    "pool": PoolTimeout("pool"),
    "database-away": DBAPIError("q", {}, Sqlstate("57P01")),
    "bad-value": DBAPIError("q", {}, Sqlstate("22021")),
    "elsewhere-refused": ConnectionRefusedError("no"),
    "bug": RuntimeError("secret internals at /var/secret"),
    "sql-bug": DBAPIError("SELECT secret", {}, Sqlstate("42601")),
}


@pytest_asyncio.fixture(scope="session")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    things = router()

    @things.post("/things")
    async def create(thing: Thing) -> dict[str, Any]:
        return thing.model_dump()

    @things.post("/raw")
    async def raw(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @things.get("/things")
    async def many(
        request: Request, response: Response, page: Annotated[PageRequest, Depends(page_request)]
    ) -> dict[str, Any]:
        position = int(page.after[0]) + 1 if page.after else 0
        items = list(range(position, min(position + page.limit, 5)))
        more = (str(items[-1]),) if items and items[-1] < 4 else None
        return {"items": items, "next": link_next(request, response, BASE_URL, more)}

    @things.get("/told")
    async def told(number: float = 0, offset: int | None = None, mine: bool = False) -> dict[str, float | int | None]:
        return {"number": number, "offset": offset, "mine": mine}

    @things.delete("/things")
    async def none() -> None: ...

    @things.patch("/things/{name}")
    async def one(name: str) -> dict[str, str]:
        return {"name": name}

    @things.post("/things/import")
    async def imported() -> None: ...

    things.add_api_route("/below/{name:path}", one, methods=["PATCH"])
    things.add_api_route("/below/{name}/publish", one, methods=["GET"])
    things.add_api_route("/below/{name}/publish", one, methods=["POST"])
    foreign = router(open_query=True)

    @foreign.get("/foreign")
    async def ignoring(limit: int = 1) -> dict[str, int]:
        return {"limit": limit}

    @things.get("/faults/{name}")
    async def fault(name: str) -> None:
        raise FAULTS[name]

    settings = Settings(environment="development", public_base_url=BASE_URL, http=HttpSettings(max_body_bytes=LIMIT))
    app = create_app("things", settings, routers=[things, foreign], body_limits={"/raw": 2 * LIMIT})
    async with asgi_client(app, described=False) as client:
        yield client


class TestProblems:
    pytestmark = pytest.mark.asyncio

    @pytest.mark.parametrize(
        ("name", "status", "code"),
        [
            ("not-found", 404, "not-found"),
            ("conflict", 409, "idempotency-key-reused"),
            ("too-soon", 409, "key-not-known-yet"),
            ("gone", 410, "gone"),
            ("limited", 429, "limit-exceeded"),
            ("unavailable", 503, "unavailable"),
            ("invalid", 422, "invalid-request"),
            ("pool", 503, "unavailable"),
            ("elsewhere-refused", 500, "internal-error"),
            ("database-away", 503, "unavailable"),
            ("bad-value", 422, "invalid-request"),
            ("bug", 500, "internal-error"),
            ("sql-bug", 500, "internal-error"),
        ],
    )
    async def test_each_fault_has_its_status(
        self, client: httpx.AsyncClient, name: str, status: int, code: str
    ) -> None:
        response = await client.get(f"/faults/{name}")
        body = response.json()
        assert response.status_code == body["status"] == status
        assert response.headers["content-type"] == "application/problem+json"
        assert body["type"] == f"{BASE_URL}/problems/{code}"
        assert body["requestId"] == response.headers["x-request-id"]
        assert ("retry-after" in response.headers) == (status in {429, 503} or name == "too-soon")
        assert "secret" not in response.text

    async def test_what_comes_too_soon_is_told_when_to_come_again(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/faults/too-soon")).headers["retry-after"] == "2"

    async def test_a_field_is_named_by_its_path(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/things", json={"recipient": {"email": "a", "nmae": "x"}, "tags": ["a", 1]})
        assert response.status_code == 422
        fields = {error["field"] for error in response.json()["errors"]}
        assert fields == {"recipient.email", "recipient.nmae", "tags.1"}

    async def test_what_pydantic_says_is_said_in_the_words_of_json(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/things", json={"recipient": "a@b", "colour": "none"})
        assert {error["field"]: error["detail"] for error in response.json()["errors"]} == {
            "recipient": "must be a JSON object",
            "colour": "must be a colour",
        }

    async def test_input_is_not_echoed(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/things", json={"recipient": {"email": "canary" * 100}})
        assert response.status_code == 422
        assert "canary" not in response.text

    @pytest.mark.parametrize(
        ("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/things", 405), ("GET", "/things/", 404)]
    )
    async def test_what_no_route_answers(self, client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
        response = await client.request(method, path)
        assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")

    async def test_another_method_is_told_every_method_of_the_address(self, client: httpx.AsyncClient) -> None:
        response = await client.put("/things")
        assert (response.status_code, response.headers["allow"]) == (405, "HEAD, GET, POST, DELETE, OPTIONS")

    async def test_options_tells_every_method_of_the_address(self, client: httpx.AsyncClient) -> None:
        response = await client.options("/things")
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["allow"] == "HEAD, GET, POST, DELETE, OPTIONS"
        assert (await client.options("/nowhere")).status_code == 404

    async def test_what_takes_any_path_below_lends_its_methods_to_nothing_nearer(
        self, client: httpx.AsyncClient
    ) -> None:
        assert (await client.options("/below/a")).headers["allow"] == "PATCH, OPTIONS"
        assert (await client.options("/below/a/publish")).headers["allow"] == "HEAD, GET, POST, OPTIONS"
        assert (await client.patch("/below/a/b")).status_code == 200
        refused = await client.patch("/below/a/publish?format=x")
        assert (refused.status_code, refused.headers["allow"]) == (405, "HEAD, GET, POST, OPTIONS")

    async def test_a_person_with_a_browser_reads_a_page(self, client: httpx.AsyncClient) -> None:
        browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
        answer = await client.get("/nowhere<script>", headers=browser)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert f'href="{BASE_URL}/problems/not-found"' in answer.text
        assert answer.headers["x-request-id"] in answer.text
        assert "<script" not in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        away = await client.get("/faults/unavailable", headers=browser)
        assert (away.status_code, away.headers["retry-after"], away.headers["vary"]) == (503, "2", "Accept")

    @pytest.mark.parametrize(
        "accept", ["*/*", "text/html, */*", "application/json, text/html", "text/html;q=0.1, */*", ""]
    )
    async def test_who_takes_either_reads_a_problem(self, client: httpx.AsyncClient, accept: str) -> None:
        answer = await client.get("/nowhere", headers={"accept": accept})
        assert answer.headers["content-type"] == "application/problem+json"

    async def test_who_sends_the_wrong_type_is_told_which_is_read(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/things", content=b"<a/>", headers={"content-type": "text/xml"})
        assert answer.status_code == 415
        assert answer.headers["accept"] == answer.headers["accept-post"] == "application/json"

    async def test_a_word_of_the_api_is_no_id(self, client: httpx.AsyncClient) -> None:
        assert (await client.patch("/things/one")).status_code == 200
        response = await client.patch("/things/import")
        assert (response.status_code, response.headers["allow"]) == (405, "POST, OPTIONS")

    async def test_what_can_be_read_can_be_asked_for_its_head(self, client: httpx.AsyncClient) -> None:
        whole, head = await client.get("/things?limit=2"), await client.head("/things?limit=2")
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-length", "content-type", "link"):
            assert head.headers[name] == whole.headers[name]
        assert (await client.head("/raw")).status_code == 405


class TestQueries:
    pytestmark = pytest.mark.asyncio

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/things?limit=2&lmit=1"),
            ("POST", "/things?lmit=1"),
            ("DELETE", "/things?lmit"),
            ("GET", "/things?lmit="),
        ],
    )
    async def test_an_unknown_parameter_is_refused_by_name(
        self, client: httpx.AsyncClient, method: str, path: str
    ) -> None:
        response = await client.request(method, path)
        assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
        assert [error["field"] for error in response.json()["errors"]] == ["lmit"]

    async def test_every_unknown_parameter_is_named_once_up_to_a_limit(self, client: httpx.AsyncClient) -> None:
        few = await client.get("/things?b=1&a=2&b=3&limit=1")
        assert [error["field"] for error in few.json()["errors"]] == ["b", "a"]
        many = await client.get("/things", params={f"{n:x>300}": "1" for n in range(50)})
        assert [len(error["field"]) for error in many.json()["errors"]] == [200] * 10

    async def test_values_are_not_echoed(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/things?access_token=canary")
        assert response.status_code == 422
        assert "canary" not in response.text

    async def test_names_are_told_apart_by_case(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/things?Limit=1")).status_code == 422

    async def test_a_browser_that_follows_a_decorated_link_is_let_through(self, client: httpx.AsyncClient) -> None:
        browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        assert (await client.get("/things?fbclid=x", headers=browser)).status_code == 200
        assert (await client.delete("/things?fbclid=x", headers=browser)).status_code == 422

    async def test_addresses_of_another_protocol_ignore_them(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/foreign?x=1&x=2")).status_code == 200

    @pytest.mark.parametrize(
        "query",
        [
            *(
                f"limit={value}"
                for value in ("1_0", "%2B5", "+5", "%205", "5%20", "05", "5.0", "1e1", "\u0665", "5%0A")
            ),
            *(f"offset={value}" for value in ("1_0", "--1", "", "null", "0x10", "%E2%88%921")),
            *(f"number={value}" for value in ("1_0", "inf", "nan", ".5", "5.", "+1", "1e", "%201", "\u0661")),
            *(f"mine={value}" for value in ("1", "yes", "on", "t", "True", "TRUE", "%20true", "")),
        ],
    )
    async def test_a_value_is_spelled_as_in_json(self, client: httpx.AsyncClient, query: str) -> None:
        response = await client.get(f"/{'things' if query.startswith('limit') else 'told'}?{query}")
        assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
        assert [error["field"] for error in response.json()["errors"]] == [query.partition("=")[0]]

    async def test_plain_values_are_read(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/told?number=-1.5e2&offset=-10&mine=true")
        assert response.json() == {"number": -150, "offset": -10, "mine": True}
        assert (await client.get("/told?mine=false&number=0")).json() == {"number": 0, "offset": None, "mine": False}

    @pytest.mark.parametrize("query", ["limit=1&limit=1", "limit=1&cursor=a&cursor=b", "limit=2&limit="])
    async def test_a_parameter_is_given_once(self, client: httpx.AsyncClient, query: str) -> None:
        browser = {"accept": "text/html"}
        answer = await client.get(f"/things?{query}")
        assert answer.status_code == 422
        assert [error["detail"] for error in answer.json()["errors"]] == ["may be given once"]
        assert (await client.get(f"/things?{query}", headers=browser)).status_code == 422

    async def test_every_fault_is_named(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/things?limit=x&lmit=1&cursor=a&cursor=b")
        assert {error["field"] for error in answer.json()["errors"]} == {"limit", "lmit", "cursor"}

    @pytest.mark.parametrize("query", ["cursor=%ff", "limit=1&%c0%80=1", "cursor=%ed%a0%80"])
    async def test_a_query_is_text(self, client: httpx.AsyncClient, query: str) -> None:
        answer = await client.get(f"/things?{query}")
        assert (answer.status_code, answer.json()["type"]) == (400, f"{BASE_URL}/problems/malformed-request")

    @pytest.mark.parametrize("query", ["limit=1_0", "limit=1&limit=2", "limit=+5"])
    async def test_another_protocol_calls_it_malformed(self, client: httpx.AsyncClient, query: str) -> None:
        assert (await client.get(f"/foreign?{query}")).status_code == 400


BODIES = {
    "nothing": b"",
    "not JSON": b"{",
    "NUL": b'{"recipient":{"email":"a\\u0000b"}}',
    "lone surrogate": b'{"recipient":{"email":"a\\ud800b"}}',
    "surrogate in a name": b'{"\\udc00":1}',
    "duplicate member": b'{"size":1,"size":2,"recipient":{"email":"a@b"}}',
    "NaN": b'{"size":NaN}',
    "infinity": b'{"size":-Infinity}',
    "huge float": b'{"size":1e999}',
    "huge integer": b'{"size":' + b"9" * 5000 + b"}",
    "nested": b"[" * 4000,
    "nested and closed": b"[" * 80 + b"]" * 80,
    "not UTF-8": b'{"recipient":{"email":"\xff\xfe"}}',
    "overlong UTF-8": b'{"recipient":{"email":"\xc0\x80bc"}}',
    "UTF-16": '{"recipient":{"email":"a@b"}}'.encode("utf-16"),
    "UTF-32": '{"recipient":{"email":"a@b"}}'.encode("utf-32"),
    "BOM": b'\xef\xbb\xbf{"recipient":{"email":"a@b"}}',
    "two values": b"{}{}",
    "comment": b"/* */{}",
    "single quotes": b"{'size':1}",
}


class TestBodies:
    pytestmark = pytest.mark.asyncio

    @pytest.mark.parametrize("name", BODIES)
    async def test_a_body_that_not_every_reader_understands_alike_is_refused(
        self, client: httpx.AsyncClient, name: str
    ) -> None:
        response = await client.post("/things", content=BODIES[name], headers={"content-type": "application/json"})
        assert response.status_code in {400, 422}
        assert response.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize(
        ("name", "reason", "fields"),
        [
            ("not JSON", "not valid JSON at line 1, column 2", []),
            ("NUL", "a string holds the character NUL", ["recipient.email"]),
            ("lone surrogate", "a string holds half a surrogate pair", ["recipient.email"]),
            ("duplicate member", "a member name appears twice in one object", []),
            ("NaN", "NaN is not JSON", []),
        ],
    )
    async def test_why_a_body_cannot_be_read_is_said(
        self, client: httpx.AsyncClient, name: str, reason: str, fields: list[str]
    ) -> None:
        response = await client.post("/things", content=BODIES[name], headers={"content-type": "application/json"})
        problem = response.json()
        assert (response.status_code, problem["type"]) == (400, f"{BASE_URL}/problems/malformed-request")
        assert problem["detail"].endswith(reason)
        assert [error["field"] for error in problem.get("errors", [])] == fields

    async def test_a_compressed_body_is_told_to_be_sent_as_it_is(self, client: httpx.AsyncClient) -> None:
        headers = {"content-type": "application/json", "content-encoding": "gzip"}
        response = await client.post("/things", content=gzip.compress(b"{}"), headers=headers)
        assert response.status_code == 400
        assert "Content-Encoding" in response.json()["detail"]

    @pytest.mark.parametrize("body", [b"null", b"[]", b"1", b'"text"', b"true"])
    async def test_json_of_another_kind_is_invalid(self, client: httpx.AsyncClient, body: bytes) -> None:
        response = await client.post("/things", content=body, headers={"content-type": "application/json"})
        assert response.status_code == 422

    @pytest.mark.parametrize(
        "kind",
        ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""],
    )
    async def test_a_body_that_does_not_say_it_is_json(self, client: httpx.AsyncClient, kind: str) -> None:
        response = await client.post(
            "/things", content=b'{"recipient":{"email":"a@b"}}', headers={"content-type": kind}
        )
        assert response.status_code == 415
        assert "Content-Type: application/json" in response.json()["detail"]

    async def test_a_body_that_declares_too_much_is_refused_unread(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/things", content=b"x" * (LIMIT + 1))
        assert (response.status_code, response.json()["type"]) == (413, f"{BASE_URL}/problems/content-too-large")

    async def test_a_body_in_chunks_is_stopped_at_the_limit(self, client: httpx.AsyncClient) -> None:
        sent = 0

        async def chunks() -> AsyncIterator[bytes]:
            nonlocal sent
            for _ in range(100):
                sent += 1000
                yield b" " * 1000

        response = await client.post("/things", content=chunks(), headers={"content-type": "application/json"})
        assert response.status_code == 413
        assert sent < 2 * LIMIT

    async def test_a_path_may_have_a_limit_of_its_own(self, client: httpx.AsyncClient) -> None:
        assert (await client.post("/raw", content=b"x" * 2 * LIMIT)).json() == {"bytes": 2 * LIMIT}
        assert (await client.post("/raw", content=b"x" * (2 * LIMIT + 1))).status_code == 413

    @pytest.mark.parametrize("path", ["/things?cursor=%00", "/things?a%00b=1", "/fau%00lts/x", "/faults/%00"])
    async def test_nul_in_an_address_is_refused(self, client: httpx.AsyncClient, path: str) -> None:
        response = await client.get(path)
        assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")

    @pytest.mark.parametrize("given_id", ["abc-1.2_3", "x" * 64])
    async def test_a_request_id_is_taken_over(self, client: httpx.AsyncClient, given_id: str) -> None:
        response = await client.get("/things", headers={"X-Request-ID": given_id})
        assert response.headers["x-request-id"] == given_id

    @pytest.mark.parametrize("given_id", ["", "x" * 65, "a b", "a\tb", "<script>", "é"])
    async def test_a_request_id_that_is_none_is_replaced(self, client: httpx.AsyncClient, given_id: str) -> None:
        response = await client.get("/things", headers=[(b"x-request-id", given_id.encode())])
        assert response.headers["x-request-id"] != given_id
        assert len(response.headers["x-request-id"]) == 36


class TestPagination:
    pytestmark = pytest.mark.asyncio

    async def test_following_the_link_reaches_everything_once(self, client: httpx.AsyncClient) -> None:
        url, items = "/things?limit=2", []
        while url:
            response = await client.get(url)
            items += response.json()["items"]
            url = response.links.get("next", {}).get("url", "")
        assert items == [0, 1, 2, 3, 4]

    @pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1.5", "9" * 400])
    async def test_a_limit_that_is_none(self, client: httpx.AsyncClient, limit: str) -> None:
        response = await client.get("/things", params={"limit": limit})
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "limit")

    @pytest.mark.parametrize(
        "cursor",
        ["x", "é", "====", "x" * 600, "W10x", "e30", "bnVsbA", "WzFd", "Wy0", "_" * 400, "W1tbW1tb", "IiI", "W10"],
    )
    async def test_a_cursor_that_is_not_ours(self, client: httpx.AsyncClient, cursor: str) -> None:
        response = await client.get("/things", params={"cursor": cursor})
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "cursor")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=1))
def test_a_cursor_gives_its_position_back(position: list[str]) -> None:
    assert decode_cursor(encode_cursor(position)) == tuple(position)


@given(st.text(max_size=200))
def test_any_cursor_is_a_position_or_invalid(cursor: str) -> None:
    try:
        position = decode_cursor(cursor)
    except Invalid:
        return
    assert all(isinstance(part, str) for part in position)


@given(st.binary(max_size=300))
def test_any_bytes_are_json_or_refused(data: bytes) -> None:
    try:
        strict_json.loads(data)
    except strict_json.JsonError:
        return


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_good_json_is_read_as_it_is(value: Any) -> None:
    assert strict_json.loads(json.dumps(value).encode()) == value


def test_every_error_has_a_category_and_a_code() -> None:
    def all_of(kind: type[ServiceError]) -> list[type[ServiceError]]:
        return [found for sub in kind.__subclasses__() for found in (sub, *all_of(sub))]

    assert all(kind.category and kind.code for kind in all_of(ServiceError))


@pytest.mark.asyncio
async def test_health(client: httpx.AsyncClient) -> None:
    live, ready, metrics = await asyncio.gather(*[client.get(p) for p in ("/livez", "/readyz", "/metrics")])
    assert (live.status_code, ready.json()) == (200, {"status": "ok", "failed": []})
    assert "http_requests_total" in metrics.text
    assert "/faults/{name}" in (await client.get("/faults/bug"), await client.get("/metrics"))[1].text


@pytest.mark.asyncio
async def test_not_ready_names_the_check() -> None:
    async def fails() -> None:
        raise OSError("away")

    settings = Settings(environment="development", public_base_url=BASE_URL)
    async with asgi_client(create_app("things", settings, ready={"database": fails})) as client:
        response = await client.get("/readyz")
    assert (response.status_code, response.json()["failed"]) == (503, ["database"])

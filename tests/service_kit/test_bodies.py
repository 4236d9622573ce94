"""Bodies are read strictly: one JSON value, of the declared type and length."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from service_kit import strict_json
from service_kit.testing import BASE_URL
from tests.service_kit.things import LIMIT, things_client


@pytest_asyncio.fixture(scope="session")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with things_client() as opened:
        yield opened


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
        for path in ("/things", "/raw"):
            response = await client.post(path, content=gzip.compress(b"{}"), headers=headers)
            assert (response.status_code, response.headers["accept-encoding"]) == (415, "identity")
            assert response.json()["type"] == f"{BASE_URL}/problems/unsupported-media-type"
            assert "Content-Encoding" in response.json()["detail"]

    @pytest.mark.parametrize("name", ["identity", "Identity", ""])
    async def test_one_that_is_sent_as_it_is_may_say_so(self, client: httpx.AsyncClient, name: str) -> None:
        response = await client.post("/raw", content=b"{}", headers={"content-encoding": name})
        assert (response.status_code, response.json()) == (200, {"bytes": 2})

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
        assert sent <= 2 * LIMIT

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

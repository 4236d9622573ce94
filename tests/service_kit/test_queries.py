"""Queries are read strictly, and cursors give their position back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from service_kit.errors import (
    Invalid,
)
from service_kit.pagination import decode_cursor, encode_cursor
from service_kit.testing import BASE_URL
from tests.service_kit.things import things_client


@pytest_asyncio.fixture(scope="session")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with things_client() as opened:
        yield opened


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

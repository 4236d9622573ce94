"""/problems: the list, one type, and how they are read again."""

from __future__ import annotations

import pytest

import gateway.main
from contracts.problems import PROBLEM_TYPES
from service_kit.testing import asgi_client

pytestmark = pytest.mark.asyncio
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_the_list_has_every_type_as_json_and_as_a_page() -> None:
    async with asgi_client(gateway.main.create_openapi_app()) as client:
        listed = await client.get("/problems?limit=200")
        first = await client.get("/problems?limit=3")
        second = await client.get(first.links["next"]["url"].removeprefix("https://laurel.example"))
        page = await client.get("/problems", headers=BROWSER)
    assert [item["code"] for item in listed.json()["items"]] == list(PROBLEM_TYPES)
    assert [item["code"] for item in (first.json()["items"] + second.json()["items"])] == list(PROBLEM_TYPES)[:6]
    assert all(f'href="/problems/{code}"' in page.text for code in PROBLEM_TYPES)


async def test_names_in_a_sentence_are_marked_as_code_and_escaped() -> None:
    async with asgi_client(gateway.main.create_openapi_app()) as client:
        page = await client.get("/problems/unauthorized", headers=BROWSER)
    assert "<code>Authorization: Bearer &lt;token&gt;</code>" in page.text
    assert "`" not in page.text


async def test_an_unknown_code_is_a_problem_itself() -> None:
    async with asgi_client(gateway.main.create_openapi_app()) as client:
        answer = await client.get("/problems/no-such-code")
    assert (answer.status_code, answer.json()["type"]) == (404, "https://laurel.example/problems/not-found")


async def test_who_has_it_already_gets_304() -> None:
    async with asgi_client(gateway.main.create_openapi_app()) as client:
        first = await client.get("/problems/not-found")
        again = await client.get("/problems/not-found", headers={"If-None-Match": first.headers["etag"]})
        page = await client.get("/problems/not-found", headers=BROWSER | {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert page.status_code == 200

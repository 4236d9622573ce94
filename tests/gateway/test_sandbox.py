"""/sandbox: what the file holds, as JSON, as a page, and one credential as it is; 404 where there is no file."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from gateway.http import sandbox
from service_kit.app import create_app
from service_kit.settings import HttpSettings, Settings
from service_kit.testing import asgi_client

pytestmark = pytest.mark.asyncio
BASE = "https://laurel.example"
CASES: list[dict[str, Any]] = [
    {"name": "valid", "verdict": "valid", "code": None, "how": "Issued.", "credential": {"id": "urn:x:1"}},
    {"name": "cut", "verdict": "invalid", "code": "json_malformed", "how": "Cut <off>.", "credential": '{"id": "urn'},
]


def app_over(file: Path | None) -> FastAPI:
    settings = Settings.model_construct(public_base_url=BASE, http=HttpSettings())
    return create_app("gateway", settings, routers=[sandbox.routes(BASE, file)])


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    file = tmp_path / "sandbox.json"
    file.write_text(json.dumps({"items": CASES}))
    async with asgi_client(app_over(file)) as http:
        yield http


async def test_the_cases_are_listed_by_name_in_pages_without_their_credentials(client: httpx.AsyncClient) -> None:
    whole = (await client.get("/sandbox")).json()
    assert [item["name"] for item in whole["items"]] == ["cut", "valid"]
    assert not any("credential" in item for item in whole["items"])
    first = await client.get("/sandbox?limit=1")
    rest = await client.get(first.links["next"]["url"].removeprefix(BASE))
    assert first.json()["items"] + rest.json()["items"] == whole["items"]
    assert rest.json()["next"] is None


async def test_a_browser_gets_a_page_with_links(client: httpx.AsyncClient) -> None:
    page = await client.get("/sandbox", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    assert 'href="/sandbox/cut"' in page.text
    assert "Cut &lt;off&gt;." in page.text


async def test_a_credential_is_served_as_it_is_even_if_it_is_no_json(client: httpx.AsyncClient) -> None:
    document, text = await client.get("/sandbox/valid"), await client.get("/sandbox/cut")
    assert (document.headers["content-type"], document.json()) == ("application/json", CASES[0]["credential"])
    assert (text.headers["content-type"], text.text) == ("text/plain; charset=utf-8", CASES[1]["credential"])
    again = await client.get("/sandbox/cut", headers={"If-None-Match": text.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_an_unknown_case_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/sandbox/nothing")).json()["detail"] == "there is no such case"


async def test_a_fleet_without_a_sandbox_says_so(tmp_path: Path) -> None:
    for file in (None, tmp_path / "none.json"):
        async with asgi_client(app_over(file)) as http:
            for path in ("/sandbox", "/sandbox/valid"):
                answer = await http.get(path)
                assert (answer.status_code, answer.json()["detail"]) == (404, "this fleet has no sandbox")

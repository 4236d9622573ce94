"""Large files are read, and stored, by a process of their own, with the answers that small ones get."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, NoReturn

import httpx
import pytest
import pytest_asyncio

from catalog import main_imports
from catalog.main import app as build_app
from catalog.main_imports import LargeImports
from service_kit.database import Database
from service_kit.settings import DatabaseSettings, Settings
from service_kit.testing import BASE_URL, TokenMint, asgi_client
from tests.catalog.samples import UNIVERSITY
from tests.catalog.skill_files import CASE

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

Import = Callable[[httpx.AsyncClient, str], Any]
COURSES = "code,title\nA 1,Art\nB 2,\n"


def not_here(*_: object, **__: object) -> NoReturn:
    raise AssertionError("read in the process that serves")


@pytest_asyncio.fixture
async def university(
    database: Database, catalog_settings: DatabaseSettings, mint: TokenMint, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A university at an application to which everything is large."""
    monkeypatch.setattr(main_imports, "LARGE", 0)
    monkeypatch.setattr(main_imports, "offload", not_here)
    settings = Settings(public_base_url=BASE_URL, environment="development")
    application = build_app(settings, database, mint.verifier(), apart=LargeImports(catalog_settings))
    async with asgi_client(application) as opened:
        opened.headers.update(mint.headers(UNIVERSITY, "catalog:write"))
        yield opened


async def test_a_course_list_is_stored_and_reported(university: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "text/csv", "Idempotency-Key": "one"}
    answer = await university.post("/courses/import", content=COURSES, headers=headers)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["received"], report["created"], report["rejected"]) == (2, 1, 1)
    assert (await university.post("/courses/import", content=COURSES, headers=headers)).json() == report
    tried = await university.post("/courses/import?dryRun=true", content="code,title\nC 3,Chess\n", headers=headers)
    assert tried.json()["created"] == 1
    found = await university.get("/courses?mine=true")
    assert [one["code"] for one in found.json()["items"]] == ["A 1"]


async def test_a_framework_is_stored_and_the_same_again_changes_nothing(university: httpx.AsyncClient) -> None:
    first = await university.post("/skill-frameworks", json=CASE)
    again = await university.post("/skill-frameworks", json=CASE)
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert first.headers["location"] == again.headers["location"]
    assert (await university.get(first.headers["location"])).json()["skills"] == first.json()["skills"]


@pytest.mark.parametrize(
    ("path", "content", "status", "said"),
    [
        ("/courses/import", b"name\nx\n", 422, "lacks the column code"),
        ("/skill-frameworks", b"{", 400, "the package is not JSON"),
    ],
)
async def test_what_cannot_be_read_is_refused_as_ever(
    university: httpx.AsyncClient, path: str, content: bytes, status: int, said: str
) -> None:
    answer = await university.post(path, content=content, headers={"Content-Type": "text/csv"})
    assert (answer.status_code, said in answer.text) == (status, True), answer.text

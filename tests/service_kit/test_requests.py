"""What every service does with a request before its own code sees it, and how it says no."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from service_kit.app import create_app
from service_kit.errors import (
    ServiceError,
)
from service_kit.settings import Settings
from service_kit.testing import BASE_URL, asgi_client
from tests.service_kit.things import things_client


@pytest_asyncio.fixture(scope="session")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with things_client() as opened:
        yield opened


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

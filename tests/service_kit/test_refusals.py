"""The addresses of a protocol that is not ours may say no in a form of their own, whatever it was that failed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import Request, Response
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError

from service_kit.app import create_app, router
from service_kit.errors import Limited, Unauthorized
from service_kit.logs import TrailUnwritten
from service_kit.problems import Refusal
from service_kit.settings import HttpSettings, Settings
from service_kit.task_group import task_group
from service_kit.testing import BASE_URL, asgi_client

pytestmark = pytest.mark.asyncio


class Refused(Exception):
    """PostgreSQL's own no."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


AWAY = InterfaceError("SELECT 1", None, Exception("connection is closed"))
GOODBYE = InternalError("SELECT 1", None, Exception("cannot switch to state 12; another operation (2) is in progress"))
FAULTS = {
    "limited": Limited("too many"),
    "token": Unauthorized("no token"),
    "closed": AWAY,
    "closing": GOODBYE,
    "no record": TrailUnwritten(28, "no space left on device"),
    **{state: DBAPIError("SELECT 1", None, Refused(state)) for state in ("53100", "53300", "58030", "25006", "28P01")},
}


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def foreign(refusal: Refusal) -> Response:
    fields = ",".join(error.field for error in refusal.errors)
    words = (refusal.method, str(refusal.status), refusal.code, fields)
    return Response(" ".join(words).strip(), refusal.status, headers=dict(refusal.headers), media_type="text/plain")


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    routes = router()

    @routes.get("/foreign/{thing}")
    @routes.get("/ours/{thing}")
    async def fail(thing: str, size: int = 0) -> str:
        raise FAULTS.get(thing, RuntimeError("a bug"))

    @routes.get("/late/database")
    async def wait_for_a_database() -> str:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            await asyncpg.connect(host="127.0.0.1", port=port, user="u", database="d", ssl=False, timeout=0.01)
        return "done"

    @routes.get("/away/{host}")
    async def connect(host: str) -> str:
        port = closed_port()
        async with task_group() as group:
            group.create_task(asyncpg.connect(host=host, port=port, user="u", database="d", ssl=False))
        return "done"

    @routes.get("/elsewhere/{host}")
    async def connect_elsewhere(host: str) -> str:
        await asyncio.open_connection(host, closed_port())
        return "done"

    @routes.get("/late/elsewhere")
    async def wait() -> str:
        async with asyncio.timeout(0):
            await asyncio.sleep(60)
        return "done"

    @routes.get("/together/{thing}")
    async def fail_together(thing: str) -> str:
        async def one() -> None:
            raise FAULTS[thing]

        async with task_group() as group, task_group() as inner:
            group.create_task(asyncio.sleep(60))
            inner.create_task(one())
        return "done"

    @routes.post("/foreign/{thing}")
    async def read(request: Request) -> str:
        await request.body()
        return "read"

    settings = Settings(environment="development", public_base_url=BASE_URL, http=HttpSettings(max_body_bytes=10))
    app = create_app("test", settings, routers=[routes], refusals={"/foreign/": foreign})
    async with asgi_client(app, described=False) as opened:
        yield opened


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/foreign/limited", "GET 429 limit-exceeded"),
        ("GET", "/foreign/token", "GET 401 unauthorized"),
        ("GET", "/foreign/bug", "GET 500 internal-error"),
        ("GET", "/foreign/limited?size=x", "GET 422 invalid-request size"),
        ("GET", "/foreign/a/b", "GET 404 not-found"),
        ("PUT", "/foreign/limited", "PUT 405 method-not-allowed"),
        ("POST", "/foreign/large", "POST 413 content-too-large"),
    ],
)
async def test_every_refusal_has_that_form(client: httpx.AsyncClient, method: str, path: str, said: str) -> None:
    answer = await client.request(method, path, content=b"x" * 11 if method == "POST" else b"")
    assert (answer.headers["content-type"], answer.text) == ("text/plain; charset=utf-8", said)
    assert answer.headers["x-request-id"]


async def test_the_headers_that_a_status_asks_for_are_kept(client: httpx.AsyncClient) -> None:
    assert (await client.get("/foreign/limited")).headers["retry-after"]
    assert (await client.get("/foreign/token")).headers["www-authenticate"].startswith("Bearer")


async def test_elsewhere_a_refusal_is_a_problem_document(client: httpx.AsyncClient) -> None:
    answer = await client.get("/ours/limited")
    assert (answer.status_code, answer.headers["content-type"]) == (429, "application/problem+json")


async def test_the_database_is_late_where_its_driver_waited(client: httpx.AsyncClient) -> None:
    answer = await client.get("/late/database")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert (await client.get("/late/elsewhere")).status_code == 500  # a fault of ours


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
async def test_what_cannot_be_connected_to_is_the_database_where_its_driver_tried(
    client: httpx.AsyncClient, host: str
) -> None:
    answer = await client.get(f"/away/{host}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "database" in answer.json()["detail"]
    assert (await client.get(f"/elsewhere/{host}")).status_code == 500  # a fault of ours


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
async def test_a_refusal_says_that_it_has_another_form(client: httpx.AsyncClient, accept: str) -> None:
    answer = await client.get("/ours/limited", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["vary"]) == (429, "Accept")
    assert ("html" in answer.headers["content-type"]) == (accept == "text/html")


@pytest.mark.parametrize("way", ["ours", "together"])
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in {"limited", "token"}])
async def test_what_is_away_is_told_as_that(client: httpx.AsyncClient, way: str, fault: str) -> None:
    answer = await client.get(f"/{way}/{fault}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.headers["content-type"] == "application/problem+json"

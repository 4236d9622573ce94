"""A process that is told to stop, and the proxy that has connections to it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi.responses import StreamingResponse

from service_kit.app import create_app, router
from service_kit.runtime import serve
from service_kit.settings import HttpSettings, Settings
from service_kit.testing import BASE_URL
from tools.ports import free_ports

pytestmark = pytest.mark.asyncio


async def test_who_stops_answers_on_and_says_which_answer_is_a_connections_last() -> None:
    begun, go_on, worked, closed = (asyncio.Event() for _ in range(4))
    routes = router()

    @routes.get("/long")
    async def long() -> str:
        begun.set()
        await go_on.wait()
        return "done"

    @routes.get("/short")
    async def short() -> str:
        return "done"

    async def work(stop: asyncio.Event) -> None:
        await stop.wait()
        worked.set()

    async def hear_of_revoked_access(stop: asyncio.Event) -> None:
        await stop.wait()
        closed.set()

    [port] = free_ports(1)
    http = HttpSettings(port=port, drain_s=1.0)
    settings = Settings(environment="development", public_base_url=BASE_URL, http=http)
    app = create_app("test", settings, routers=[routes])
    process = asyncio.create_task(serve(app, settings, [work], "test", [hear_of_revoked_access]))
    transport = httpx.AsyncHTTPTransport(retries=5)  # of connecting: it begins to listen
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", transport=transport) as client:
        before = await client.get("/short")
        assert "connection" not in before.headers
        under_way = asyncio.create_task(client.get("/long"))
        await begun.wait()

        os.kill(os.getpid(), signal.SIGTERM)
        await worked.wait()  # work behind the scenes ends at once
        last = await client.get("/short")  # on the connection of the first
        another = await client.get("/short")  # on a new one
        assert not closed.is_set(), "what answers depend on goes on until the last"
        go_on.set()
        assert [answer.json() for answer in (last, another, await under_way)] == ["done"] * 3
        assert [answer.headers["connection"] for answer in (last, another)] == ["close"] * 2
        await process
        assert closed.is_set()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_who_asks_for_the_head_of_what_never_ends_keeps_no_connection() -> None:
    """A proxy takes the answer for whole, and sends somebody else's request on the same connection."""
    let_go = asyncio.Event()
    routes = router()

    async def endless() -> AsyncIterator[str]:
        try:
            while True:
                yield "more"
                await asyncio.sleep(0.01)
        finally:
            let_go.set()

    @routes.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(endless(), media_type="text/event-stream")

    @routes.get("/short")
    async def short() -> str:
        return "done"

    [port] = free_ports(1)
    settings = Settings(environment="development", public_base_url=BASE_URL, http=HttpSettings(port=port, drain_s=0))
    app = create_app("test", settings, routers=[routes])
    process = asyncio.create_task(serve(app, settings, [], "test"))
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=5)) as client:
        await client.get(f"http://127.0.0.1:{port}/short")  # it listens
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(60):
        for method, path in (("HEAD", "/stream"), ("GET", "/short")):
            writer.write(f"{method} {path} HTTP/1.1\r\nHost: laurel\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
        assert await reader.readexactly(6) == b'"done"'
        await let_go.wait()
        writer.close()
        os.kill(os.getpid(), signal.SIGTERM)
        await process

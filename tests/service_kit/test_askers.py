"""On whose behalf the web is read: hosts that hang take the turns of those who named them, and nobody else's."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated

import httpx
import pytest
from aiohttp import web
from fastapi import Depends

from service_kit.app import create_app, router
from service_kit.askers import Turns, asked_by
from service_kit.auth import Caller, Scope
from service_kit.fetcher import FetchError, open_fetcher
from service_kit.settings import FetcherSettings, Settings
from service_kit.testing import BASE_URL, TokenMint, asgi_client
from tests.service_kit.test_fetcher import serving

pytestmark = pytest.mark.asyncio
Reads = Annotated[Caller, Depends(Scope("things:read"))]


async def answer(request: web.Request) -> web.Response:
    if request.path == "/hang":
        await asyncio.Event().wait()
    return web.Response(text="here")


async def test_hosts_that_hang_take_the_turns_of_who_named_them() -> None:
    brief = FetcherSettings(allow_private=True, total_s=2)
    async with serving(answer) as (_, origin), open_fetcher(brief, of_each_asker=2) as fetcher:
        with asked_by("somebody"):
            hanging = [asyncio.create_task(fetcher.get(f"{origin}/hang")) for _ in range(8)]
            late = asyncio.create_task(fetcher.get(f"{origin}/fine"))
        with asked_by("another"):
            assert (await fetcher.get(f"{origin}/fine")).body == b"here"
        assert (await fetcher.get(f"{origin}/fine")).body == b"here", "what nobody asked for waits for nobody"
        with pytest.raises(FetchError, match="cannot be read"):
            await late
        found = await asyncio.gather(*hanging, return_exceptions=True)
        assert all(isinstance(one, FetchError) for one in found), "waiting counts: all were given up"


async def test_turns_that_were_given_up_are_had_again() -> None:
    brief = FetcherSettings(allow_private=True, total_s=0.2)
    async with serving(answer) as (_, origin), open_fetcher(brief, of_each_asker=2) as fetcher:
        with asked_by("somebody"):
            for _ in range(3):
                await asyncio.gather(*(fetcher.get(f"{origin}/hang") for _ in range(4)), return_exceptions=True)
            found = None
            while found is None:  # this machine may be slow
                with suppress(FetchError):
                    found = await fetcher.get(f"{origin}/fine")
            assert found.body == b"here"


async def test_who_asks_is_whoever_the_token_says(mint: TokenMint) -> None:
    turns, go_on, begun = Turns(1), asyncio.Event(), 0
    routes = router()

    async def read() -> str:
        nonlocal begun
        async with turns.one():
            begun += 1
            await go_on.wait()
        return "read"

    @routes.get("/of-a-caller")
    async def of_a_caller(caller: Reads) -> str:
        return await read() + caller.org

    @routes.get("/of-strangers")
    async def of_strangers() -> str:
        return await read()

    settings = Settings(environment="development", public_base_url=BASE_URL)
    app = create_app("test", settings, routers=[routes], tokens=mint.verifier())
    people = [mint.token("one", "things:read", sub=who, grant_id="g") for who in ("ana", "ben")]
    clients = [mint.token(org, "things:read", sub="client") for org in ("one", "two")]
    async with asgi_client(app, described=False) as client:

        def ask(token: str | None) -> asyncio.Task[httpx.Response]:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return asyncio.create_task(client.get("/of-a-caller" if token else "/of-strangers", headers=headers))

        asked = [ask(token) for token in (*people, *clients, None) for _ in range(3)]
        async with asyncio.timeout(30):
            while begun < 5:
                await asyncio.sleep(0.01)
        for _ in range(50):
            await asyncio.sleep(0)
        assert begun == 5, "each had one turn: two people, two organizations, and strangers together"
        go_on.set()
        assert {found.status_code for found in await asyncio.gather(*asked)} == {200}

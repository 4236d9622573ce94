"""Large bodies by the hundred: as many are read as there is room for, and the others come again later."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import Request

from service_kit.app import create_app, router
from service_kit.body_room import SMALL
from service_kit.settings import HttpSettings, Settings
from service_kit.testing import BASE_URL, asgi_client

pytestmark = pytest.mark.asyncio
BODY = b"x" * 100_000
ROOM = 4 * len(BODY)


class Desk:
    """Reads bodies, and holds them until it is told to go on."""

    def __init__(self) -> None:
        self.held = 0
        self.full = asyncio.Event()
        self.go_on = asyncio.Event()

    async def read(self, request: Request) -> str:
        size = len(await request.body())
        self.held += size
        if self.held >= ROOM:
            self.full.set()
        await self.go_on.wait()
        return str(size)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest_asyncio.fixture
async def client(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    routes = router()
    routes.post("/desk")(desk.read)

    @routes.post("/json")
    async def read_json(body: list[str]) -> int:
        return len(body)

    http = HttpSettings(bodies_bytes=ROOM)
    settings = Settings(environment="development", public_base_url=BASE_URL, http=http)
    async with asgi_client(create_app("test", settings, routers=[routes]), described=False) as opened:
        yield opened


async def pieces(many: int) -> AsyncIterator[bytes]:
    for _ in range(many):
        yield b"x" * 1000


async def test_what_has_no_room_is_told_to_come_again_and_what_is_small_has_always(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    under_way = [asyncio.create_task(client.post("/desk", content=BODY)) for _ in range(20)]
    await desk.full.wait()
    small = [asyncio.create_task(client.post("/desk", content=body)) for body in (b"x" * SMALL, pieces(SMALL // 1000))]
    in_pieces = await client.post("/desk", content=pieces(SMALL // 1000 + 1))
    as_json = await client.post("/json", json=["x" * len(BODY)])
    assert [(answer.status_code, answer.headers["retry-after"]) for answer in (in_pieces, as_json)] == [(503, "2")] * 2
    desk.go_on.set()
    answers = await asyncio.gather(*under_way)
    assert Counter(answer.status_code for answer in answers) == {200: ROOM // len(BODY), 503: 16}
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 503)
    assert [(await answer).status_code for answer in small] == [200, 200]
    assert (await client.post("/desk", content=BODY)).status_code == 200, "the room is given back"


async def test_a_body_that_is_alone_has_room_however_large(client: httpx.AsyncClient, desk: Desk) -> None:
    desk.go_on.set()
    assert (await client.post("/desk", content=b"x" * 2 * ROOM)).json() == str(2 * ROOM)
    assert (await client.post("/desk", content=pieces(2 * ROOM // 1000))).json() == str(2 * ROOM)

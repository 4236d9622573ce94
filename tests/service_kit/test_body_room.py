"""Large bodies by the hundred: as many are read as there is room for, and the others come again later."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from service_kit.app import create_app, router
from service_kit.body_room import SMALL, BodyRoom, handed_on
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

    async def answer(self) -> AsyncIterator[str]:
        """As to one who reads slowly."""
        yield "begun"
        self.held += len(BODY)
        if self.held >= ROOM:
            self.full.set()
        await self.go_on.wait()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def desk_app(desk: Desk, body_limits: dict[str, int] | None = None) -> FastAPI:
    """Its room is what twice the largest body takes."""
    routes = router()
    routes.post("/desk")(desk.read)
    routes.post("/large")(desk.read)

    @routes.post("/json")
    async def read_json(body: list[str]) -> int:
        return len(body)

    @routes.post("/elsewhere")
    async def hand_on(request: Request) -> str:
        await request.body()
        handed_on()
        return await desk.read(request)

    @routes.post("/answered")
    async def answer(request: Request) -> StreamingResponse:
        await request.body()
        return StreamingResponse(desk.answer())

    http = HttpSettings(bodies_bytes=1, max_body_bytes=ROOM // 2)
    settings = Settings(environment="development", public_base_url=BASE_URL, http=http)
    return create_app("test", settings, routers=[routes], body_limits=body_limits)


@pytest_asyncio.fixture
async def client(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async with asgi_client(desk_app(desk), described=False) as opened:
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


async def test_the_largest_that_a_route_takes_leaves_room_for_another_of_its_kind(desk: Desk) -> None:
    largest = b"x" * 2 * ROOM
    async with asgi_client(desk_app(desk, {"/large": len(largest)}), described=False) as client:
        under_way = [asyncio.create_task(client.post("/large", content=largest)) for _ in range(3)]
        await desk.full.wait()
        desk.go_on.set()
        assert Counter(answer.status_code for answer in await asyncio.gather(*under_way)) == {200: 2, 503: 1}


@pytest.mark.parametrize("path", ["/elsewhere", "/answered"])
async def test_what_is_handed_on_or_being_answered_holds_no_room(
    client: httpx.AsyncClient, desk: Desk, path: str
) -> None:
    under_way = [asyncio.create_task(client.post(path, content=BODY)) for _ in range(ROOM // len(BODY))]
    await desk.full.wait()
    as_json = await client.post("/json", json=["x" * len(BODY)])
    desk.go_on.set()
    assert {answer.status_code for answer in [as_json, *await asyncio.gather(*under_way)]} == {200}


async def test_who_listens_on_after_the_body_takes_no_room_again() -> None:
    """An answer that is streamed asks for more, to hear whether anybody still reads it."""
    room = BodyRoom(2 * SMALL)
    with room.place() as place, room.place() as other:
        place.grow(2 * SMALL)
        place.give_back()
        place.grow(0)
        other.grow(2 * SMALL)

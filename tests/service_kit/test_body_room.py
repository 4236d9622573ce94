"""Large bodies by the hundred: as many are read as there is room for, and the others come again later."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
import pytest_asyncio
from fastapi import Depends, FastAPI, Request
from fastapi.responses import StreamingResponse

from service_kit.app import DirectRoute, create_app, router
from service_kit.auth import Caller, Scope
from service_kit.body_room import MOST_WAITED_FOR, SMALL, BodyRoom, handed_on
from service_kit.settings import HttpSettings, Settings
from service_kit.testing import BASE_URL, TokenMint, asgi_client

pytestmark = pytest.mark.asyncio
BODY = b"x" * 100_000
ROOM = 4 * len(BODY)
FOR_EVER = 1_000_000.0
MINT = TokenMint()
ONE, OTHER = (MINT.headers(org, "desk") for org in ("one", "other"))


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


def desk_app(
    desk: Desk, body_limits: dict[str, int] | None = None, patience_s: float = FOR_EVER, linger_s: float = FOR_EVER
) -> FastAPI:
    """Its room is what twice the largest body takes."""
    routes = router()

    async def members(caller: Annotated[Caller, Depends(Scope("desk"))], body: list[str]) -> StreamingResponse:
        return StreamingResponse(iter([caller.org, str(len(body))]))

    routes.post("/members")(members)
    routes.add_api_route("/members-direct", members, methods=["POST"], route_class_override=DirectRoute)

    @routes.post("/members-desk")
    async def read_members(caller: Annotated[Caller, Depends(Scope("desk"))], request: Request) -> str:
        return f"{caller.org} {await desk.read(request)}"

    routes.post("/desk")(desk.read)
    routes.post("/large")(desk.read)

    @routes.post("/json")
    async def read_json(body: list[str]) -> int:
        return len(body)

    @routes.post("/elsewhere", dependencies=[Depends(Scope("desk"))])
    async def hand_on(request: Request) -> str:
        await request.body()
        handed_on()
        return await desk.read(request)

    @routes.post("/answered", dependencies=[Depends(Scope("desk"))])
    async def answer(request: Request) -> StreamingResponse:
        await request.body()
        return StreamingResponse(desk.answer())

    http = HttpSettings(bodies_bytes=1, max_body_bytes=ROOM // 2, body_patience_s=patience_s, body_linger_s=linger_s)
    settings = Settings(environment="development", public_base_url=BASE_URL, http=http)
    return create_app("test", settings, routers=[routes], body_limits=body_limits, tokens=MINT.verifier())


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
    under_way = [
        asyncio.create_task(client.post("/members-desk", content=BODY, headers=whose))
        for whose in (ONE, OTHER)
        for _ in range(10)
    ]
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
    limits = dict.fromkeys(("/large", "/members-desk"), len(largest))
    async with asgi_client(desk_app(desk, limits), described=False) as client:
        under_way = [
            asyncio.create_task(client.post(path, content=largest, headers=whose))
            for path, whose in (("/large", {}), ("/members-desk", ONE), ("/members-desk", OTHER))
        ]
        await desk.full.wait()
        desk.go_on.set()
        assert Counter(answer.status_code for answer in await asyncio.gather(*under_way)) == {200: 2, 503: 1}


@pytest.mark.parametrize("path", ["/elsewhere", "/answered"])
async def test_what_is_handed_on_or_being_answered_holds_no_room(
    client: httpx.AsyncClient, desk: Desk, path: str
) -> None:
    under_way = [
        asyncio.create_task(client.post(path, content=BODY, headers=whose))
        for whose in (ONE, OTHER)
        for _ in range(ROOM // len(BODY) // 2)
    ]
    await desk.full.wait()
    as_json = await client.post("/json", json=["x" * len(BODY)])
    desk.go_on.set()
    assert {answer.status_code for answer in [as_json, *await asyncio.gather(*under_way)]} == {200}


class Slow:
    """An upload that stays unfinished until it is told to go on."""

    def __init__(self, size: int = 0, rest: bytes = b"") -> None:
        self.size = size
        self.rest = rest
        self.has_begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"x" * self.size
        self.has_begun.set()
        await self.go_on.wait()
        yield self.rest


async def test_slow_uploads_of_one_organization_leave_half_of_the_room_to_others(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    """Twenty of one client: two have room, and whatever they wait for, another's is read."""
    desk.go_on.set()
    slow = [Slow(len(BODY)) for _ in range(20)]
    under_way = [asyncio.create_task(client.post("/members-desk", content=one, headers=ONE)) for one in slow]
    for one in slow[2:]:
        one.go_on.set()
    refused = [await one for one in under_way[2:]]
    assert {(answer.status_code, answer.json()["detail"]) for answer in refused} == {
        (503, "too much of yours is being read at once; try again")
    }
    others = [await client.post("/members-desk", content=BODY, headers=OTHER) for _ in range(3)]
    assert [answer.text for answer in others] == [f'"other {len(BODY)}"'] * 3
    for one in slow:
        one.go_on.set()
    assert [(await one).status_code for one in under_way[:2]] == [200, 200]
    assert (await client.post("/members-desk", content=BODY, headers=ONE)).status_code == 200


async def test_strangers_are_as_one_organization(client: httpx.AsyncClient, desk: Desk) -> None:
    desk.go_on.set()
    slow = [Slow(len(BODY)) for _ in range(3)]
    under_way = [asyncio.create_task(client.post("/desk", content=one)) for one in slow]
    slow[2].go_on.set()
    assert (await under_way[2]).status_code == 503
    assert (await client.post("/members-desk", content=BODY, headers=ONE)).status_code == 200
    for one in slow:
        one.go_on.set()
    assert [(await one).status_code for one in under_way[:2]] == [200, 200]


NOT_ALLOWED = [({}, 401), (MINT.headers("one", "another"), 403), ({"Authorization": "Bearer x"}, 401)]


@pytest.mark.parametrize("path", ["/members", "/members-direct", "/members-desk"])
@pytest.mark.parametrize(("headers", "status"), NOT_ALLOWED)
async def test_what_may_not_be_sent_is_not_waited_for(
    desk: Desk, path: str, headers: dict[str, str], status: int
) -> None:
    sent = {"Content-Type": "application/json", "Content-Length": str(len(BODY)), **headers}
    async with asgi_client(desk_app(desk, linger_s=0), described=False) as client:
        answer = await client.post(path, content=Slow(10), headers=sent)
    assert answer.status_code == status
    assert answer.headers["www-authenticate"]


@pytest.mark.parametrize(("headers", "status"), NOT_ALLOWED)
async def test_what_may_not_be_sent_takes_no_room_and_is_let_come_to_its_end(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    """Many a client sends all before it looks for an answer."""
    slow = [Slow(len(BODY)) for _ in range(3)]
    under_way = [asyncio.create_task(client.post("/members", content=one, headers=headers)) for one in slow]
    for one in slow:
        await one.has_begun.wait()
    assert not any(one.done() for one in under_way)
    for one in slow:
        one.go_on.set()
    assert [(await one).status_code for one in under_way] == [status] * 3


@pytest.mark.parametrize("length", [{}, {"Content-Length": str(ROOM)}])
async def test_so_is_what_is_too_large(client: httpx.AsyncClient, length: dict[str, str]) -> None:
    body = Slow(ROOM // 2, rest=bytes(ROOM // 2))
    refused = asyncio.create_task(client.post("/desk", content=body, headers=length))
    await body.has_begun.wait()
    body.go_on.set()
    assert (await refused).status_code == 413


@pytest.mark.parametrize("size", [0, 10, len(BODY)])
@pytest.mark.parametrize("path", ["/members", "/members-direct", "/members-desk"])
async def test_a_body_that_does_not_come_is_not_waited_for(desk: Desk, path: str, size: int) -> None:
    sent = {"Content-Type": "application/json", "Content-Length": str(2 * len(BODY)), **ONE}
    async with asgi_client(desk_app(desk, patience_s=0), described=False) as client:
        answer = await client.post(path, content=Slow(size), headers=sent)
    assert (answer.status_code, answer.json()["type"]) == (408, f"{BASE_URL}/problems/request-timeout")
    assert answer.headers["connection"] == "close"


async def test_of_one_asker_so_many_slow_bodies_are_waited_for(desk: Desk) -> None:
    """However little comes of each: they hold connections."""
    desk.go_on.set()
    async with asgi_client(desk_app(desk, linger_s=0), described=False) as client:
        slow = [Slow(10) for _ in range(MOST_WAITED_FOR + 3)]
        under_way = [asyncio.create_task(client.post("/members-desk", content=one, headers=ONE)) for one in slow]
        refused = [await one for one in under_way[MOST_WAITED_FOR:]]
        assert {(answer.status_code, answer.json()["detail"]) for answer in refused} == {
            (503, "too many bodies of yours are waited for at once; try again")
        }
        assert (await client.post("/members-desk", content=b"at once", headers=ONE)).status_code == 200
        others = Slow(10)
        other = asyncio.create_task(client.post("/members-desk", content=others, headers=OTHER))
        for one in (others, *slow):
            await one.has_begun.wait()
            one.go_on.set()
        assert {(await one).status_code for one in (other, *under_way[:MOST_WAITED_FOR])} == {200}
        again = Slow(10)
        another = asyncio.create_task(client.post("/members-desk", content=again, headers=ONE))
        again.go_on.set()
        assert (await another).status_code == 200, "who came is waited for no longer"


async def test_who_listens_on_after_the_body_takes_no_room_again() -> None:
    """An answer that is streamed asks for more, to hear whether anybody still reads it."""
    room = BodyRoom(4 * SMALL)
    with room.place() as place, room.place() as other:
        place.grow(2 * SMALL)
        place.give_back()
        place.grow(0)
        other.grow(2 * SMALL)

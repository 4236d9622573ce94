"""More unfinished bodies from one address than the edge has requests under way with a room, which is one of the kit."""

from __future__ import annotations

import contextlib
import resource
import select
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, cast

import pytest
import uvicorn
from fastapi import Depends, Request

from gateway.edge import Room, Target
from service_kit.app import create_app, router
from service_kit.auth import Caller, Scope
from service_kit.body_room import MOST_WAITED_FOR
from service_kit.settings import HttpSettings, Settings
from service_kit.testing import TokenMint
from tests.gateway.edge.fleet import BASE_URL, Edge, RoomServer, Tokens, certificate, eventually, local_settings

MANY = 1_200  # the edge has 1,024 under way
FOR_EVER = 1_000_000.0


class KitRoom:
    """In a thread, on a port of its own."""

    def __init__(self) -> None:
        routes = router()

        @routes.post("/credentials")
        async def post(caller: Annotated[Caller, Depends(Scope("x"))], body: list[str]) -> str:
            return caller.org

        @routes.post("/offers")
        async def open_to_all(request: Request) -> str:
            return str(len(await request.body()))

        @routes.get("/credentials")
        async def get() -> str:
            return "here"

        settings = Settings(
            environment="development", public_base_url=BASE_URL, http=HttpSettings(body_patience_s=FOR_EVER)
        )
        app = create_app("kit", settings, routers=[routes], tokens=TokenMint().verifier())
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, timeout_keep_alive=65))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        eventually(lambda: self._server.started)
        self.port = int(self._server.servers[0].sockets[0].getsockname()[1])

    def close(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(30)


@pytest.fixture
def kit_edge(tokens: Tokens, tmp_path: Path) -> Iterator[Edge]:
    """An edge with the kit's room in the issuer's place."""
    with contextlib.ExitStack() as stack:
        rooms = {room: RoomServer(room, tokens.jwks) for room in Room}
        kit = KitRoom()
        stack.callback(kit.close)
        for one in rooms.values():
            stack.callback(one.close)
        files = certificate(tmp_path)
        ports = {**rooms, Room.ISSUER: cast("RoomServer", kit)}
        edge = Edge(tmp_path, Target.LOCAL, local_settings(ports, files, None), rooms, files.chain)
        stack.callback(edge.stop)
        edge.start()
        edge.wait_for_rooms()
        yield edge


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(8 * MANY, hard)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def unfinished(edge: Edge, path: str) -> Iterator[list[socket.socket]]:
    """A byte of each body, and then nothing."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n["
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_connection(("127.0.0.1", edge.port))) for _ in range(MANY)]
        for one in sockets:
            one.sendall(head.encode())
        yield sockets


def answered(sockets: list[socket.socket]) -> Counter[bytes]:
    poll = select.poll()
    for one in sockets:
        poll.register(one, select.POLLIN)
    ready = {number for number, _ in poll.poll(0)}
    return Counter(one.recv(12, socket.MSG_PEEK)[9:] for one in sockets if one.fileno() in ready)


@pytest.mark.usefixtures("many_files")
def test_who_may_not_send_is_gone_at_the_first_silence(kit_edge: Edge) -> None:
    """Though the room would wait for ever for a body that may be sent."""
    with unfinished(kit_edge, "/credentials") as sockets:
        eventually(lambda: answered(sockets).total() == MANY)
        assert answered(sockets)[b"401"] > 0
        eventually(lambda: kit_edge.ask("GET", "/credentials").status == 200)


@pytest.mark.usefixtures("many_files")
def test_who_may_is_waited_for_beside_so_many_others(kit_edge: Edge) -> None:
    with unfinished(kit_edge, "/offers") as sockets:
        eventually(lambda: answered(sockets).total() == MANY - MOST_WAITED_FOR)
        assert answered(sockets).keys() == {b"503"}
        eventually(lambda: kit_edge.ask("GET", "/credentials").status == 200)
        assert kit_edge.ask("POST", "/offers", body=b"at once").status == 200

"""One Envoy for the tests of this directory; a test that spoils it starts its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.edge import Limits, Room, Target
from tests.gateway.edge.fleet import Edge, RoomServer, Tokens, certificate, local_settings

StartEdge = Callable[[Limits | None], Edge]


@pytest.fixture(scope="session")
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture(scope="session")
def start_edge(tokens: Tokens, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartEdge]:
    """Starts an edge with rooms of its own; all are stopped in the end."""
    with contextlib.ExitStack() as stack:

        def start(limits: Limits | None = None) -> Edge:
            edge = make_edge(stack, tokens.jwks, tmp_path_factory.mktemp("edge"), limits)
            edge.start()
            edge.wait_for_rooms()
            return edge

        yield start


def make_edge(
    stack: contextlib.ExitStack, jwks: dict[str, Any] | None, directory: Path, limits: Limits | None = None
) -> Edge:
    """One that has not begun, with rooms of its own."""
    rooms = {room: RoomServer(room, jwks) for room in Room}
    for server in rooms.values():
        stack.callback(server.close)
    files = certificate(directory)
    edge = Edge(directory, Target.LOCAL, local_settings(rooms, files, limits), rooms, files.chain)
    stack.callback(edge.stop)
    return edge


@pytest.fixture(scope="session")
def edge(start_edge: StartEdge) -> Edge:
    return start_edge(None)

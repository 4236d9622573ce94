"""/healthz of the edge: the fleet as a whole."""

from __future__ import annotations

import pytest

from gateway.edge import Room
from tests.gateway.edge.conftest import StartEdge
from tests.gateway.edge.fleet import Edge, eventually


@pytest.fixture(scope="module")
def ailing(start_edge: StartEdge) -> Edge:
    return start_edge(None)


def test_healthz_needs_no_token_and_no_room_to_answer(edge: Edge) -> None:
    asked = {room: server.asked for room, server in edge.rooms.items()}

    assert edge.ask("GET", "/healthz").status == 200
    assert {room: server.asked for room, server in edge.rooms.items()} == asked


@pytest.mark.parametrize("room", list(Room))
def test_healthz_is_503_while_one_room_is_not_ready(ailing: Edge, room: Room) -> None:
    ailing.rooms[room].ready = False
    eventually(lambda: ailing.ask("GET", "/healthz").status == 503)
    assert ailing.ask("GET", "/healthz").headers["Content-Type"] == "application/problem+json"

    ailing.rooms[room].ready = True
    eventually(lambda: ailing.ask("GET", "/healthz").status == 200)


def test_other_rooms_keep_answering_while_one_is_away(ailing: Edge) -> None:
    ailing.rooms[Room.CATALOG].ready = False
    eventually(lambda: ailing.ask("GET", "/healthz").status == 503)

    assert ailing.ask("GET", "/records/1").status == 200
    ailing.rooms[Room.CATALOG].ready = True
    eventually(lambda: ailing.ask("GET", "/healthz").status == 200)

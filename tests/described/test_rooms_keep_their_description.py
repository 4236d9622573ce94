"""Generated requests, good and bad, to every operation of every room: no 5xx, and nothing that is not described.

Schemathesis makes them from the descriptions, the same ones in every run; some lead to things that are there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.edge.routes import Room
from service_kit.testing import MakeDatabase
from tests.arch.test_routes_are_guarded import app_of
from tests.described.rooms import Served, served

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMAS = {room: schemathesis.openapi.from_dict(app_of(room).openapi()) for room in Room}
EXAMPLES = int(os.environ.get("LAUREL_EXAMPLES", "10"))
FEW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schemathesis.serializer("application/x-ndjson")
def _lines(_: Any, value: Any) -> bytes:
    """Values as lines, and a text as it is."""
    rows = value if isinstance(value, list) else [value]
    return value.encode() if isinstance(value, str) else b"\n".join(json.dumps(row).encode() for row in rows)


class Rooms:
    """Rooms, started when first asked for."""

    def __init__(self, make_database: MakeDatabase, stack: ExitStack) -> None:
        self._make_database, self._stack = make_database, stack
        self._open: dict[Room, Served] = {}

    def __getitem__(self, room: Room) -> Served:
        if room not in self._open:
            self._open[room] = self._stack.enter_context(served(room, self._make_database(str(room))))
        return self._open[room]


@pytest.fixture(scope="session")
def rooms(make_database: MakeDatabase) -> Iterator[Rooms]:
    with ExitStack() as stack:
        yield Rooms(make_database, stack)


def check(case: schemathesis.Case[Any], room: Served) -> None:
    """Send it, with things that are there in about half of the requests."""
    values = dict(case.path_parameters or {})
    if sum(str(values).encode()) % 2 and values.keys() <= room.known.keys():
        case.path_parameters = {name: room.known[name] for name in values}
    case.call_and_validate(base_url=room.url, headers=room.headers, checks=CHECKS)


@SCHEMAS[Room.GATEWAY].parametrize()
@FEW
def test_gateway(case: schemathesis.Case[Any], rooms: Rooms) -> None:
    check(case, rooms[Room.GATEWAY])


@SCHEMAS[Room.CATALOG].parametrize()
@FEW
def test_catalog(case: schemathesis.Case[Any], rooms: Rooms) -> None:
    check(case, rooms[Room.CATALOG])


@SCHEMAS[Room.ISSUER].parametrize()
@FEW
def test_issuer(case: schemathesis.Case[Any], rooms: Rooms) -> None:
    check(case, rooms[Room.ISSUER])


@SCHEMAS[Room.REGISTRY].parametrize()
@FEW
def test_registry(case: schemathesis.Case[Any], rooms: Rooms) -> None:
    check(case, rooms[Room.REGISTRY])


@SCHEMAS[Room.VERIFIER].parametrize()
@FEW
def test_verifier(case: schemathesis.Case[Any], rooms: Rooms) -> None:
    check(case, rooms[Room.VERIFIER])

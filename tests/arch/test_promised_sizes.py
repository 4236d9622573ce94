"""What a description says that a body may have, its room takes, and no more. The edge lets all through."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from starlette.types import Message, Scope

from gateway.edge.routes import Room
from tests.arch.test_routes_are_guarded import app_of, described

PROMISED = re.compile(r"at most (\d+) MiB")
TOO_LARGE = 413
MIB = 1024 * 1024
FORM = 64 * 1024  # what a form may add to its file


def promises() -> Iterator[tuple[Room, str, str, int]]:
    for room in Room:
        for (method, path), operation in described(app_of(room)).items():
            body = operation.get("requestBody")
            said = PROMISED.search(str(body.get("description", ""))) if isinstance(body, Mapping) else None
            if said:
                yield room, method, path, int(said[1]) * MIB


async def status_of(room: Room, method: str, path: str, length: int) -> int:
    """The answer to a request that says how much it brings, and brings nothing."""
    answers: list[Message] = []
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"laurel.example"), (b"content-length", str(length).encode())],
        "server": ("laurel.example", 80),
        "client": ("192.0.2.1", 1),
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        answers.append(message)

    await app_of(room)(scope, receive, send)
    status: Any = answers[0]["status"]
    return int(status)


def test_some_promise_more_than_is_usual() -> None:
    assert {"/batches", "/batches/revoke", "/courses/import"} <= {path for _, _, path, _ in promises()}


@pytest.mark.asyncio
async def test_a_room_takes_what_it_says() -> None:
    for room, method, path, size in promises():
        assert await status_of(room, method, path, size) != TOO_LARGE, path
        assert await status_of(room, method, path, size + FORM + 1) == TOO_LARGE, path

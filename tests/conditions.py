"""What every route that takes If-Match must do with it, tried at a table of cases (ADR 68)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

WRITERS = 4


Send = Callable[[str, str, Any, Mapping[str, str]], Awaitable[httpx.Response]]
"""Asks the service as the owner of the thing: method, path, body, headers."""
Body = Callable[[int], Any]


def nothing(number: int) -> None:
    """No body."""
    del number


@dataclass(frozen=True)
class Case:
    """A route that takes If-Match: what it is sent, by number, and by which other route a thing changes meanwhile."""

    body: Body = nothing
    meanwhile: tuple[str, Body] | None = None


def read_path(operation: str, things: Mapping[str, str]) -> str:
    """Where the thing is read: a verb behind it (POST) names what is done to it."""
    method, _, template = operation.partition(" ")
    if method == "POST":
        template = template.rpartition("/")[0]
    return template.format(**things)


async def holds(send: Send, operation: str, case: Case, things: Mapping[str, str]) -> None:
    """Read, change meanwhile, be refused, read again, and be one of many who try: one wins."""
    method, _, template = operation.partition(" ")
    path, where = template.format(**things), read_path(operation, things)
    seen = await _unchanged(send, where)
    other, body = case.meanwhile or (operation, case.body)
    other_method, _, other_template = other.partition(" ")
    changed = await send(other_method, other_template.format(**things), body(1), {"If-Match": seen})
    assert changed.is_success, changed.text
    present = await _unchanged(send, where)
    assert _state(present) != _state(seen)
    assert _state(changed.headers["etag"]) == _state(present)

    stale = await send(method, path, case.body(2), {"If-Match": seen})
    assert (stale.status_code, _state(stale.headers["etag"])) == (412, _state(present)), stale.text
    assert stale.json()["type"].endswith("/problems/precondition-failed")
    weak = await send(method, path, case.body(2), {"If-Match": f"W/{present}"})
    malformed = await send(method, path, case.body(2), {"If-Match": present.strip('"')})
    assert (weak.status_code, malformed.status_code) == (412, 400)
    assert await _unchanged(send, where) == present

    racing = {"If-Match": f'"another", {present}'}
    answers = await asyncio.gather(*(send(method, path, case.body(2), racing) for _ in range(WRITERS)))
    winners = [answer for answer in answers if answer.is_success]
    assert len(winners) == 1, [answer.text for answer in answers]
    gone = method == "DELETE"
    assert {answer.status_code for answer in answers} - {winners[0].status_code} <= ({404, 412} if gone else {412})
    if not gone:
        assert _state(winners[0].headers["etag"]) == _state(await _unchanged(send, where)) != _state(present)


async def _unchanged(send: Send, where: str) -> str:
    """The thing's entity tag; whoever has it is told that nothing is new."""
    read = await send("GET", where, None, {})
    assert read.status_code == 200, read.text
    tag = read.headers["etag"]
    again = await send("GET", where, None, {"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    return tag


def _state(tag: str) -> str:
    return tag.strip('"').partition(".")[0]

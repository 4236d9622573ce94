"""What every route that takes an Idempotency-Key must do with it, tried at a table of examples (ADR 54)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

Things = Mapping[str, str]
Body = Callable[[Things], Any]
Send = Callable[[str, Any, str], Awaitable[httpx.Response]]
"""Posts a body to a path under a key."""
Count = Callable[[str], Awaitable[int]]
"""How many rows a table has."""
AT_ONCE = 3
KEY = "first-call-7"


@dataclass(frozen=True)
class Example:
    """A request that makes a row of `table`, another one, and a stranger's, unless that is not theirs to ask.

    `query` is what follows the path, of the owner and of the stranger; another query is another request.
    """

    table: str
    body: Body
    other: Body
    stranger: Body | None = None
    status: int = 201
    query: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Callers:
    """The owner of the things and a stranger of another tenant, each at the same service."""

    owner: Send
    stranger: Send
    count: Count


async def holds(callers: Callers, operation: str, example: Example, things: Things) -> None:
    """Several at once and one more later make one; another body is refused; a stranger's key is another key."""
    bare = operation.partition(" ")[2].format(**things)
    ours, theirs = (query.format(**things) for query in example.query)
    path = bare + ours
    before = await callers.count(example.table)
    body = example.body(things)
    answers = list(await asyncio.gather(*(callers.owner(path, body, KEY) for _ in range(AT_ONCE))))
    answers.append(await callers.owner(path, body, KEY))
    assert {answer.status_code for answer in answers} == {example.status}, [answer.text for answer in answers]
    first = answers[0]
    assert all(answer.json() == first.json() for answer in answers)
    assert len({answer.headers.get("location") for answer in answers}) == 1
    assert await callers.count(example.table) == before + 1

    others = [await callers.owner(path, example.other(things), KEY)]
    if theirs != ours:
        others.append(await callers.owner(bare + theirs, body, KEY))
    for other in others:
        assert (other.status_code, problem(other)) == (409, "idempotency-key-reused"), other.text
    assert await callers.count(example.table) == before + 1

    if example.stranger is None:
        refused = await callers.stranger(path, body, KEY)
        assert refused.status_code == 404, refused.text
        assert await callers.count(example.table) == before + 1
        return
    own = await callers.stranger(bare + theirs, example.stranger(things), KEY)
    assert own.status_code == example.status, own.text
    assert own.json() != first.json()
    assert await callers.count(example.table) == before + 2


def problem(answer: httpx.Response) -> str:
    """The code of a problem document."""
    return str(answer.json()["type"]).rpartition("/")[2]

"""Look-ups that share a query: fewer queries under load, and never an answer older than the question."""

from __future__ import annotations

import asyncio

import pytest

from registry.adapters.together import Together

pytestmark = pytest.mark.asyncio


class Source:
    """A database that answers when it is let, with what it holds at that moment."""

    def __init__(self, **rows: int) -> None:
        self.rows = rows
        self.asked: list[list[str]] = []
        self.gate = asyncio.Event()
        self.failure: Exception | None = None

    async def fetch(self, keys: list[str]) -> dict[str, int]:
        self.asked.append(keys)
        held = dict(self.rows)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return {key: held[key] for key in keys if key in held}


async def turn() -> None:
    """Let every other task run as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_those_who_wait_are_answered_by_one_query() -> None:
    source = Source(a=1, b=2)
    together = Together(source.fetch)
    first = asyncio.create_task(together.get("a"))
    await turn()
    others = [asyncio.create_task(together.get(key)) for key in ("a", "b", "b", "c")]
    await turn()
    source.gate.set()

    assert await first == 1
    assert await asyncio.gather(*others) == [1, 2, 2, None]
    assert source.asked == [["a"], ["a", "b", "c"]]


async def test_who_asks_after_a_query_began_sees_what_changed_since() -> None:
    source = Source(a=1)
    together = Together(source.fetch)
    before = asyncio.create_task(together.get("a"))
    await turn()
    source.rows["a"] = 2
    after = asyncio.create_task(together.get("a"))
    await turn()
    source.gate.set()

    assert (await before, await after) == (1, 2)


async def test_a_failure_is_told_to_its_round_and_forgotten() -> None:
    source = Source(a=1)
    source.failure = ConnectionError("away")
    source.gate.set()
    together = Together(source.fetch)

    answers = await asyncio.gather(together.get("a"), together.get("a"), return_exceptions=True)
    source.failure = None

    assert [type(answer) for answer in answers] == [ConnectionError, ConnectionError]
    assert await together.get("a") == 1


async def test_a_caller_who_gives_up_leaves_the_others_their_answer() -> None:
    source = Source(a=1)
    together = Together(source.fetch)
    leaving = asyncio.create_task(together.get("a"))
    staying = asyncio.create_task(together.get("a"))
    await turn()
    leaving.cancel()
    await turn()
    source.gate.set()

    assert await staying == 1
    assert leaving.cancelled()

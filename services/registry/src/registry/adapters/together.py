"""One query for all who ask at the same time. Nothing is kept: whoever asks after a query began waits for the next."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

V = TypeVar("V")

Fetch = Callable[[list[str]], Awaitable[Mapping[str, V]]]


@dataclass
class Round(Generic[V]):
    """Those who are answered by one query."""

    keys: set[str] = field(default_factory=set)
    found: Mapping[str, V] | None = None
    failure: Exception | None = None


class Together(Generic[V]):
    """Look-ups by key that share queries under load, and are as fresh as if each had its own."""

    def __init__(self, fetch: Fetch[V]) -> None:
        self._fetch = fetch
        self._next: Round[V] = Round()
        self._turn = asyncio.Lock()

    async def get(self, key: str) -> V | None:
        """What the database says now. The first of a round to get its turn asks for all of them."""
        mine = self._next
        mine.keys.add(key)
        async with self._turn:
            if mine.found is None and mine.failure is None:
                await self._ask(mine)
        if mine.failure is not None:
            raise mine.failure
        return mine.found.get(key) if mine.found else None

    async def _ask(self, asked: Round[V]) -> None:
        """A cancelled asker leaves its round unanswered, and the next in line asks again."""
        self._next = Round()
        try:
            asked.found = await self._fetch(sorted(asked.keys))
        except Exception as error:  # everybody in the round is told the same
            asked.failure = error

"""Work of the same kind that comes at the same time, done at once: under load a statement serves many requests.

An idle service does each piece alone and at once, so nobody waits for company.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
I = TypeVar("I")  # noqa: E741 - an item


class Shared(Generic[K, V]):
    """A read that several callers share when they ask for the same. It begins after each of them has asked.

    So everybody sees what was there when they asked, or something newer: it is no cache.
    """

    def __init__(self, read: Callable[[K], Awaitable[V]]) -> None:
        self._read = read
        self._waiting: dict[K, list[asyncio.Future[V]]] = {}
        self._running: dict[K, asyncio.Task[None]] = {}

    async def __call__(self, key: K) -> V:
        """The value of this key; what the read raises."""
        future: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        if key not in self._running:
            self._running[key] = asyncio.create_task(self._run(key))
        return await future

    async def _run(self, key: K) -> None:
        """Read as long as somebody has asked meanwhile."""
        try:
            while waiting := self._waiting.pop(key, None):
                await self._read_for(waiting, key)
        finally:
            del self._running[key]

    async def _read_for(self, waiting: Sequence[asyncio.Future[V]], key: K) -> None:
        found: V | Exception
        try:
            found = await self._read(key)
        except Exception as error:  # whatever it is, it is told to whoever waits for it
            found = error
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
        for future in waiting:
            _tell(future, found)


class Together(Generic[I, V]):
    """Collects what comes while the last lot is under way, and does it as the next one.

    `work` gives a value or an exception for each item, in order. If it fails for several, each is tried alone, so that
    one item cannot spoil the others; what was done must have been undone then, as a transaction does.
    """

    def __init__(self, work: Callable[[Sequence[I]], Awaitable[Sequence[V | Exception]]], most: int = 64) -> None:
        self._work = work
        self._most = most
        self._waiting: list[tuple[I, asyncio.Future[V]]] = []
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, item: I) -> V:
        """What became of this item; raises its exception."""
        future: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                lot, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._do(lot)
        finally:
            self._running = None

    async def _do(self, lot: Sequence[tuple[I, asyncio.Future[V]]]) -> None:
        try:
            results = await self._work([item for item, _ in lot])
        except Exception as error:  # whatever it is, it is told to whoever waits for it
            if len(lot) > 1:
                await asyncio.gather(*(self._do([one]) for one in lot))
            else:
                _tell(lot[0][1], error)
            return
        except BaseException:
            for _, future in lot:
                future.cancel()
            raise
        for (_, future), result in zip(lot, results, strict=True):
            _tell(future, result)


def _tell(future: "asyncio.Future[V]", result: V | Exception) -> None:
    if future.done():  # nobody waits any more
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)

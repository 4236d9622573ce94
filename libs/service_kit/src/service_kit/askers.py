"""On whose behalf others' hosts are called, and bodies are held: what hangs or is slow takes only its asker's share."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from weakref import WeakValueDictionary

STRANGERS = "strangers"
"""All those together who have not said who they are."""
_ASKER: ContextVar[str | None] = ContextVar("asker", default=None)


@contextmanager
def asked_by(asker: str) -> Iterator[None]:
    """What is done in here, and by tasks that are begun in here, is done for them."""
    told = _ASKER.set(asker)
    try:
        yield
    finally:
        _ASKER.reset(told)


def is_asked_by(asker: str) -> None:
    """From now on the request under way is theirs."""
    _ASKER.set(asker)


def asker() -> str:
    """On whose behalf it is."""
    return _ASKER.get() or STRANGERS


class Turns:
    """So many for each asker. Work of nobody's request needs none."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Waits until there is one."""
        asker = _ASKER.get()
        if asker is None:
            yield
            return
        turns = self._of.get(asker) or self._of.setdefault(asker, asyncio.Semaphore(self._most))
        async with turns:
            yield

"""What runs while its owner works on: one job behind it, one answer ahead of it."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")


class Behind:
    """Runs jobs one after the other, each behind its owner's back. They end before the block does.

    A job that fails is told by the next call, or at the end; when the block fails, the job under way is cancelled.
    """

    def __init__(self) -> None:
        self._job: asyncio.Task[None] | None = None

    async def __call__(self, job: Coroutine[Any, Any, None]) -> None:
        """Start this one as soon as the one before has ended."""
        try:
            await self._ended()
        except BaseException:
            job.close()
            raise
        self._job = asyncio.create_task(job)

    async def _ended(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            await job

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self._ended()
        elif self._job is not None:
            self._job.cancel()
            await asyncio.wait([self._job])


class Ahead(Generic[T]):
    """Finds out what its owner will need next. The look that is under way ends before the block does.

    What it raises is told to whoever takes it; untaken, it is let go with what was found.
    """

    def __init__(self) -> None:
        self._look: asyncio.Task[T] | None = None

    def begin(self, look: Coroutine[Any, Any, T]) -> None:
        """Start the next look. The one before has been taken."""
        self._look = asyncio.create_task(look)

    async def take(self) -> T | None:
        """What was found; None when there is no look."""
        look, self._look = self._look, None
        return None if look is None else await look

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._look is not None:
            await asyncio.wait([self._look])
            if not self._look.cancelled():
                self._look.exception()

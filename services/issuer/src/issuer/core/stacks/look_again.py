"""Verifies again what learners keep and stacks count, or are about to: nobody tells of a stranger's revocation.

It is done where the web may be read. Whoever evaluates asks for a look, and is told by what is due then.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

from issuer.core.backpack.looks import Looks
from issuer.core.progress.ports import KeptText, Look
from service_kit.clock import Clock

AT_ONCE = 20
TIME_S = 8.0
LEASE = timedelta(seconds=60)


class WantedLookWork(Protocol):
    """One transaction over what is to be looked at."""

    async def claim(self, most: int, *, now: datetime, until: datetime) -> Sequence[KeptText]:
        """Some of one person's that are wanted. Until then nobody else looks at them."""

    async def settle(self, looks: Sequence[Look], now: datetime) -> None:
        """Keep what was found, and have what it matters to evaluated. What there was no time for is as it was."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self) -> None: ...


WantedLookWorks = Callable[[], WantedLookWork]


class LookAgain:
    """Looks at the next that are wanted."""

    def __init__(self, *, works: WantedLookWorks, looks: Looks, clock: Clock) -> None:
        self._works = works
        self._looks = looks
        self._clock = clock

    async def __call__(self) -> int:
        """Do one piece. Returns how many were wanted; 0 when there are none, or others have them."""
        now = self._clock()
        async with self._works() as work:
            wanted = await work.claim(AT_ONCE, now=now, until=now + LEASE)
            await work.commit()
        if wanted:
            found = await self._looks(wanted, asyncio.get_running_loop().time() + TIME_S)
            async with self._works() as work:
                await work.settle(found, self._clock())
                await work.commit()
        return len(wanted)

"""A background task that does pieces of work as they become due: every process helps."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from service_kit.errors import Unavailable
from service_kit.logs import get_logger
from service_kit.pause import pause

log = get_logger(__name__)

IDLE_S = 0.5
RETRY_S = 1.0


class Worker:
    """Runs `work` again and again, without a pause while there is any."""

    def __init__(self, work: Callable[[], Awaitable[int]]) -> None:
        self._work = work
        self._name = getattr(work, "__name__", type(work).__name__)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; the piece under way is ended first. A lost database or key store is waited for."""
        while not stop.is_set():
            try:
                settled = await self._work()
            except (SQLAlchemyError, OSError, TimeoutError, Unavailable) as error:
                log.warning("worker_unavailable", work=self._name, error=repr(error))
                await pause(stop, RETRY_S)
            else:
                await pause(stop, 0 if settled else IDLE_S)

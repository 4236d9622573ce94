"""The background task that works on batches: every process helps."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from service_kit.errors import Unavailable
from service_kit.logs import get_logger

log = get_logger(__name__)

IDLE_S = 0.5
RETRY_S = 1.0


class BatchWorker:
    """Runs `work` again and again, without a pause while there is any."""

    def __init__(self, work: Callable[[], Awaitable[int]]) -> None:
        self._work = work

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; the piece under way is ended first. A lost database or key store is waited for."""
        while not stop.is_set():
            try:
                settled = await self._work()
            except (SQLAlchemyError, OSError, TimeoutError, Unavailable) as error:
                log.warning("batch_worker_unavailable", error=repr(error))
                await _wait(stop, RETRY_S)
            else:
                await _wait(stop, 0 if settled else IDLE_S)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return

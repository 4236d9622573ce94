"""Judging in processes of its own: the event loop stays free, and a computation that hangs can be killed."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from service_kit.apart import end, ends_with_its_parent
from service_kit.errors import Unavailable
from service_kit.logs import get_logger
from verifier.adapters.contexts import know_contexts
from verifier.core.judgement import warm_up

log = get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

LONGEST_S = 5.0
START_S = 60.0
WAITING_PER_PROCESS = 64
TOO_MANY = "too many verifications at once; try again"
LONGEST_WAIT_S = 3.0  # a verification waits twice or three times, and the edge no longer than fifteen seconds


class Processes:
    """A small pool. A function that takes too long costs its process its life, not the service."""

    def __init__(
        self,
        count: int,
        *,
        longest_s: float = LONGEST_S,
        longest_wait_s: float = LONGEST_WAIT_S,
        contexts_file: Path | None = None,
    ) -> None:
        self._count = count
        self._longest_s = longest_s
        self._longest_wait_s = longest_wait_s
        self._contexts_file = contexts_file
        self._pool = self._new_pool()
        self._started: asyncio.Task[None] | None = None
        self._turns = asyncio.Semaphore(2 * count)  # one at work, one at hand
        self._waiting = 0

    async def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a module-level function. Raises Unavailable when too many wait, or it waits or takes too long."""
        if self._waiting >= WAITING_PER_PROCESS * self._count:
            raise Unavailable(TOO_MANY)
        self._waiting += 1
        try:
            await self._turn()
            try:
                return await self._run(partial(function, *args, **kwargs))
            finally:
                self._turns.release()
        finally:
            self._waiting -= 1

    async def _turn(self) -> None:
        """Who would wait longer comes again later: whoever asked for it has gone meanwhile."""
        await self.start()
        try:
            async with asyncio.timeout(self._longest_wait_s):
                await self._turns.acquire()
        except TimeoutError as error:
            raise Unavailable(TOO_MANY) from error

    async def _run(self, call: Callable[[], T]) -> T:
        await self.start()
        pool = self._pool
        try:
            async with asyncio.timeout(self._longest_s):
                return await asyncio.get_running_loop().run_in_executor(pool, call)
        except (TimeoutError, BrokenProcessPool) as error:
            log.warning("computation_lost", error=repr(error))
            self._replace(pool)
            raise Unavailable("the verification could not be computed; try again") from error

    async def start(self) -> None:
        """Wait until every process is there. A busy machine takes seconds, which no request is charged."""
        if self._started is None or self._started.cancelled():
            self._started = asyncio.create_task(self._start(self._pool))
        await asyncio.shield(self._started)

    async def _start(self, pool: ProcessPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(START_S):
                await asyncio.gather(*(loop.run_in_executor(pool, os.getpid) for _ in range(2 * self._count)))
        except (TimeoutError, BrokenProcessPool) as error:
            log.warning("processes_not_started", error=repr(error))
            self._replace(pool)
            raise Unavailable("the verification could not be computed; try again") from error

    def close(self) -> None:
        """End all processes, whatever they are doing."""
        end(self._pool)

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        if self._pool is broken:
            self._pool = self._new_pool()
            self._started = None
            end(broken)

    def _new_pool(self) -> ProcessPoolExecutor:
        # Not forked: a fork of a process with threads may inherit a held lock.
        return ProcessPoolExecutor(self._count, multiprocessing.get_context("spawn"), _prepare, (self._contexts_file,))


def _prepare(contexts_file: Path | None) -> None:
    """In the new process: end when the parent does, and be ready to judge."""
    ends_with_its_parent()
    know_contexts(contexts_file)
    warm_up()


@asynccontextmanager
async def open_processes(count: int, contexts_file: Path | None = None) -> AsyncIterator[Processes]:
    """Processes that are at hand, and gone at the end. They know the contexts of a manifest too."""
    processes = Processes(count, contexts_file=contexts_file)
    try:
        await processes.start()
        yield processes
    finally:
        processes.close()

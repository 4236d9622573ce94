"""Work of seconds in a process of its own, begun for it and gone with it. Whoever asks only waits.

In a thread it would share the interpreter's lock with the event loop, and its garbage would be collected on everybody's
time. A pool that stands by (as the verifier's) costs memory all day for what happens once in a while.
"""

import asyncio
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta
from functools import partial
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service_kit.body_room import handed_on
from service_kit.clock import machine_time, utc_now
from service_kit.errors import ServiceError, Unavailable
from service_kit.logs import configure_logs, get_logger
from service_kit.problems import AWAY, of_database
from service_kit.settings import LogSettings

log = get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

LONGEST_S = 110.0  # less than the edge waits for an answer
WAITING = 4


class Apart:
    """One such process at a time. What it takes and gives is pickled, so that a result should be small."""

    def __init__(
        self,
        *,
        logs: LogSettings | None = None,
        service: str = "apart",
        longest_s: float = LONGEST_S,
        waiting: int = WAITING,
    ) -> None:
        self._logs = logs or LogSettings()
        self._service = service
        self._longest_s = longest_s
        self._most = waiting
        self._waiting: set[str] = set()
        self._turn = asyncio.Lock()

    async def __call__(self, org_id: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a module-level function. Errors of ours come back as they were.

        Raises Unavailable when too many wait, or one of the same organization, when it takes too long, and when the
        function's database is away.
        """
        try:
            async with asyncio.timeout(self._longest_s):
                await self._take_turn(org_id)
                try:
                    handed_on()  # only one at a time holds what no longer counts
                    return await self._run(partial(function, *args, **kwargs))
                finally:
                    self._turn.release()
        except (TimeoutError, BrokenProcessPool) as error:
            log.warning("work_apart_lost", error=repr(error))
            raise Unavailable("this could not be done in time; send less at once, or try again") from error

    async def _take_turn(self, org_id: str) -> None:
        if org_id in self._waiting:
            raise Unavailable("something else of yours waits for this; try again when it is done")
        if len(self._waiting) >= self._most:
            raise Unavailable("too much of this at once; try again")
        self._waiting.add(org_id)
        try:
            await self._turn.acquire()
        finally:
            self._waiting.remove(org_id)

    async def _run(self, call: Callable[[], T]) -> T:
        # Not forked: a fork of a process with threads may inherit a held lock.
        given = (utc_now() - machine_time(), self._logs, self._service)
        pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _prepare, given)
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, partial(_told, call))
        finally:
            await asyncio.to_thread(end, pool)


def end(pool: ProcessPoolExecutor) -> None:
    """End its processes, whatever they are doing."""
    processes = list((pool._processes or {}).values())  # there is no public way to end one that hangs
    for process in processes:
        process.kill()
    pool.shutdown(wait=True, cancel_futures=True)


def _prepare(off: timedelta, logs: LogSettings, service: str) -> None:
    """In the new process: it logs as, and goes by the time of, whoever began it (ADR 131)."""
    ends_with_its_parent()
    configure_logs(logs, service)
    utc_now.set(machine_time() + off)


def ends_with_its_parent() -> None:
    """In a new process: leave Ctrl-C to the parent, and end when it does, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def _follow(parent: int) -> None:
    multiprocessing.connection.wait([parent])
    os._exit(1)


def _told(call: Callable[[], T]) -> T:
    """What the function gives. Errors are made such that they can be sent home: those of drivers cannot."""
    try:
        return call()
    except ServiceError:
        raise
    except (PoolTimeout, OSError) as error:  # it speaks to its database alone
        raise Unavailable(AWAY) from error
    except DBAPIError as error:
        raise of_database(error) or _fault(error) from None
    except Exception as error:  # a fault of ours, of any kind: most of them cannot be pickled
        raise _fault(error) from None


def _fault(error: Exception) -> RuntimeError:
    return RuntimeError("".join(traceback.format_exception(error)))

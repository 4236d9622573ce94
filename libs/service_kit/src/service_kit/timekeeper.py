"""Whose time a process goes by: its machine's, unless that differs from its database's, which a room's processes share.

A clock that is set wrong, and right again, would end or prolong whatever has a time: leases, tokens, sessions.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from service_kit.clock import OwnClock, machine_time, utc_now
from service_kit.database import Database
from service_kit.direct import fetch_outside
from service_kit.logs import get_logger
from service_kit.metrics import CLOCK_OFF
from service_kit.pause import pause

log = get_logger(__name__)

EVERY_S = 10.0
BEARABLE = timedelta(seconds=2)
RIGHT_AGAIN = timedelta(seconds=1)  # less, or the time would go back and forth at the border
SLOW = timedelta(seconds=1)  # an answer that took longer tells of larger differences only
AWAY = (SQLAlchemyError, OSError, TimeoutError)


class Timekeeper:
    """Sets the process's clock now and then. In between it goes by what has passed, whatever the machine's shows."""

    def __init__(
        self,
        database: Database,
        clock: OwnClock = utc_now,
        machine: Callable[[], datetime] = machine_time,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._machine = machine
        self._elapsed = elapsed
        self._is_wrong = False

    async def begin(self) -> None:
        """The first look. A database that is away is no reason not to begin: then by what the machine shows now."""
        self._clock.set(self._machine())
        with suppress(*AWAY):
            await self.look()

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again, until `stop`."""
        while not stop.is_set():
            await pause(stop, EVERY_S)
            try:
                await self.look()
            except AWAY as error:
                log.warning("timekeeper_database_unavailable", error=type(error).__name__)

    async def look(self) -> None:
        """Compare and set. By the machine's clock as long as it is bearable: it is corrected little by little."""
        began = self._elapsed()
        [(moment,)] = await fetch_outside(self._database, "SELECT clock_timestamp()")
        took = timedelta(seconds=self._elapsed() - began)
        shown, told = self._machine(), moment + took / 2
        off = shown - told
        if took > SLOW and abs(off) <= took:
            return
        CLOCK_OFF.set(off.total_seconds())
        self._is_wrong = abs(off) > (RIGHT_AGAIN if self._is_wrong else BEARABLE)
        if self._is_wrong:
            log.error("clock_is_wrong", seconds=round(off.total_seconds(), 1))
        self._clock.set(told if self._is_wrong else shown)

"""The background tasks that empty what waits in the database for somebody outside, beside the relay of events."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from gateway.core.send_mail import Outcome
from service_kit.errors import Unavailable
from service_kit.logs import get_logger
from service_kit.pause import pause

log = get_logger(__name__)

IDLE_S = 0.5
RETRY_S = 2.0


class Tried(Protocol):
    """What became of one that was due."""

    @property
    def outcome(self) -> Outcome: ...
    @property
    def logged(self) -> Mapping[str, object]: ...


class Sending:
    """Until it is asked to stop. What is away is waited for. `what` names the log's lines.

    `at_once`: how many are sent at the same time, so that one that takes long holds nobody else up.
    """

    def __init__(self, send: Callable[[], Awaitable[Tried | None]], what: str = "mail", *, at_once: int = 1) -> None:
        self._send = send
        self._what = what
        self._at_once = at_once

    async def run(self, stop: asyncio.Event) -> None:
        """What is under way when the process ends is sent again by another."""
        async with asyncio.TaskGroup() as group:
            for place in range(self._at_once):
                group.create_task(self._keep_sending(stop, place * IDLE_S))

    async def _keep_sending(self, stop: asyncio.Event, first_pause_s: float) -> None:
        """They look in turn: together as often as one alone would."""
        await pause(stop, first_pause_s)
        while not stop.is_set():
            try:
                await self._turn(stop)
            except (SQLAlchemyError, OSError, TimeoutError, Unavailable) as error:
                log.warning(f"{self._what}_waits", error=type(error).__name__)
                await pause(stop, RETRY_S)

    async def _turn(self, stop: asyncio.Event) -> None:
        tried = await self._send()
        if tried is None:
            await pause(stop, IDLE_S * self._at_once)
            return
        say = log.info if tried.outcome is Outcome.SENT else log.warning
        say(self._what, **tried.logged)

"""A request's body as it comes: so much of it, no slower than it must, and only where there is room."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from service_kit.body_room import SMALL, Place
from service_kit.errors import Unavailable

PROMPT = 32 * 1024
"""Bytes a second of who sends what there is: nobody need wait for a body like that."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a body must come."""

    patience_s: float
    bytes_per_s: int
    free: int = SMALL
    """So much of it may come as slowly as it likes."""

    def until(self, begun: float, come: int, now: float) -> float:
        """When more must be here: neither a pause nor the whole may be longer behind than we are patient."""
        paced = now if come < self.free else begun + come / self.bytes_per_s
        return min(now, paced) + self.patience_s


class BodyTooLarge(HTTPException):
    """More bytes arrived than the limit allows. An HTTPException, as FastAPI calls any other error in a body a 400."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body is larger than {limit} bytes")


class BodyTooSlow(HTTPException):
    """It does not come as fast as it must."""

    def __init__(self) -> None:
        super().__init__(408, "the body came too slowly", {"Connection": "close"})


class BoundedBody:
    """A `receive` that stops at a limit, for bodies that do not declare their length, or where there is no room.

    It also stops where it does not come at its pace; and one that is slow, though not too slow, is waited for beside so
    many others of who sends it.
    """

    def __init__(self, receive: Receive, limit: int, place: Place, pace: Pace, linger_s: float) -> None:
        """After `linger_s` of silence a body is slow, and one that is refused let come no further."""
        self._receive = receive
        self._place = place
        self._limit = limit
        self._pace = pace
        self._prompt = Pace(linger_s, PROMPT, free=0)
        self._come = 0
        self._begun: float | None = None
        self._is_over = self._is_crowded = False

    async def __call__(self) -> Message:
        if self._is_over:
            return await self._receive()
        message = await self._in_time()
        size = len(message.get("body", b""))
        self._is_over = not message.get("more_body", False)
        if self._is_over:
            self._place.came()
        self._come += size
        if self._come > self._limit:
            raise BodyTooLarge(self._limit)
        self._place.grow(size)
        return message

    async def _in_time(self) -> Message:
        loop = asyncio.get_running_loop()
        now = loop.time()
        begun = self._begun = now if self._begun is None else self._begun
        end = self._pace.until(begun, self._come, now)
        slow_at = min(end, self._prompt.until(begun, self._come, now))
        try:
            async with asyncio.timeout(None) as deadline:  # one timer for most: what is prompt needs no end
                slow = loop.call_at(slow_at, self._wait, deadline, end)
                try:
                    return await self._receive()
                finally:
                    slow.cancel()
        except TimeoutError as error:
            self._is_over = True
            if self._is_crowded:
                raise Unavailable("too many bodies of yours are waited for at once; try again") from error
            raise BodyTooSlow from error

    def _wait(self, deadline: asyncio.Timeout, end: float) -> None:
        self._is_crowded = not self._place.wait()
        deadline.reschedule(asyncio.get_running_loop().time() if self._is_crowded else end)

    async def drop_rest(self) -> None:
        """Before an answer, of what is left: many a client sends all before it looks for one, and would find its
        connection broken. As long as it goes on sending, while we are patient, and no more in all than twice what might
        have been read.
        """
        loop = asyncio.get_running_loop()
        begun, dropped, most = loop.time(), 0, 2 * self._limit - self._come
        end = begun + self._pace.patience_s
        with suppress(TimeoutError):
            while not self._is_over and dropped < most:
                async with asyncio.timeout_at(min(end, self._prompt.until(begun, dropped, loop.time()))):
                    message = await self._receive()
                dropped += len(message.get("body", b""))
                self._is_over = not message.get("more_body", False)

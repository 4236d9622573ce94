"""Room for the bodies of requests under way: a process holds so many bytes of them at once, whoever sends how many."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from service_kit.askers import STRANGERS, asker
from service_kit.errors import Unavailable

SMALL = 64 * 1024  # the edge lets through a thousand requests at once: of these, as much as any room


class BodyRoom:
    """Counts what has come: who only promises much takes nobody's room. One asker has half of it at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._share = most // 2
        self._taken: Counter[str] = Counter()
        self._together = 0

    @contextmanager
    def place(self) -> Iterator["Place"]:
        """For one body, given back at the end if not before."""
        place = Place(self)
        told = _PLACE.set(place)
        try:
            yield place
        finally:
            _PLACE.reset(told)
            place.give_back()

    def take(self, whose: str, size: int) -> None:
        """So much more of it. Raises Unavailable."""
        if self._taken[whose] + size > self._share:
            raise Unavailable("too much of yours is being read at once; try again")
        if self._together + size > self._most:
            raise Unavailable("too much is being read at once; try again")
        self._taken[whose] += size
        self._together += size

    def give_back(self, whose: str, size: int) -> None:
        """There is room for so much more."""
        self._together -= size
        self._taken[whose] -= size
        if not self._taken[whose]:
            del self._taken[whose]


class Place:
    """What one body takes of the room."""

    def __init__(self, room: BodyRoom) -> None:
        self._room = room
        self._whose = STRANGERS
        self._come = self.size = 0

    def grow(self, size: int) -> None:
        """So much more has come. Raises Unavailable."""
        self._come += size
        if self._come > SMALL:
            self._whose = self._whose if self.size else asker()
            self._room.take(self._whose, self._come - self.size)
            self.size = self._come

    def give_back(self) -> None:
        """It has been read and is done with, or others count it from now on."""
        self._room.give_back(self._whose, self.size)
        self._come = self.size = 0


_PLACE: ContextVar[Place | None] = ContextVar("body_place", default=None)


def handed_on() -> None:
    """Said by what takes the body of the request under way elsewhere, and has bounds of its own for how many."""
    place = _PLACE.get()
    if place is not None:
        place.give_back()


class BodyTooLarge(HTTPException):
    """More bytes arrived than the limit allows. An HTTPException, as FastAPI calls any other error in a body a 400."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body is larger than {limit} bytes")


class BodyTooSlow(HTTPException):
    """It does not come as fast as it must."""

    def __init__(self) -> None:
        super().__init__(408, "the body came too slowly", {"Connection": "close"})


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a body must come."""

    patience_s: float
    bytes_per_s: int

    def until(self, begun: float, come: int, now: float) -> float:
        """When more must be here: neither a pause nor the whole may be longer behind than we are patient."""
        return min(now, begun + come / self.bytes_per_s) + self.patience_s


class BoundedBody:
    """A `receive` that stops at a limit, for bodies that do not declare their length, or where there is no room.

    It also stops where it does not come at a pace.
    """

    def __init__(self, receive: Receive, limit: int, place: Place, pace: Pace) -> None:
        self._receive = receive
        self._place = place
        self._limit = limit
        self._pace = pace
        self._come = 0
        self._begun: float | None = None
        self._is_over = False

    async def __call__(self) -> Message:
        if self._is_over:
            return await self._receive()
        message = await self._in_time()
        size = len(message.get("body", b""))
        self._is_over = not message.get("more_body", False)
        self._come += size
        if self._come > self._limit:
            raise BodyTooLarge(self._limit)
        self._place.grow(size)
        return message

    async def _in_time(self) -> Message:
        now = asyncio.get_running_loop().time()
        self._begun = now if self._begun is None else self._begun
        try:
            async with asyncio.timeout_at(self._pace.until(self._begun, self._come, now)):
                return await self._receive()
        except TimeoutError as error:
            self._is_over = True
            raise BodyTooSlow from error

    async def drop_rest(self) -> None:
        """Before an answer, of what is left: many a client sends all before it looks for one, and would find its
        connection broken. For so long as we are patient, and no more in all than twice what might have been read.
        """
        left = 2 * self._limit - self._come
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.patience_s):
                while not self._is_over and left > 0:
                    message = await self._receive()
                    left -= len(message.get("body", b""))
                    self._is_over = not message.get("more_body", False)

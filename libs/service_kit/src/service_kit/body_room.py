"""Room for the bodies of requests under way: a process holds so many bytes of them at once, whoever sends how many."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from service_kit.askers import STRANGERS, asker
from service_kit.errors import Unavailable

SMALL = 64 * 1024  # the edge lets through a thousand requests at once: of these, as much as any room

MOST_WAITED_FOR = 128  # of one asker: an eighth of the requests that an edge has under way with a room


class BodyRoom:
    """Counts what has come: who only promises much takes nobody's room. One asker has half of it at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._share = most // 2
        self._taken: Counter[str] = Counter()
        self._together = 0
        self._waited_for: Counter[str] = Counter()

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
            place.came()

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

    def wait_for(self, whose: str) -> bool:
        """Whether one more that is slow can be waited for."""
        if self._waited_for[whose] >= MOST_WAITED_FOR:
            return False
        self._waited_for[whose] += 1
        return True

    def came(self, whose: str) -> None:
        """One of those came, or is given up."""
        self._waited_for[whose] -= 1
        if not self._waited_for[whose]:
            del self._waited_for[whose]


class Place:
    """What one body takes of the room."""

    def __init__(self, room: BodyRoom) -> None:
        self._room = room
        self._whose = STRANGERS
        self._come = self.size = 0
        self._waits_of: str | None = None

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

    def wait(self) -> bool:
        """It is slow, and waited for until it came. False where as many of the same asker are as may be."""
        if self._waits_of is None and self._room.wait_for(asker()):
            self._waits_of = asker()
        return self._waits_of is not None

    def came(self) -> None:
        """It is waited for no longer."""
        if self._waits_of is not None:
            self._room.came(self._waits_of)
            self._waits_of = None


_PLACE: ContextVar[Place | None] = ContextVar("body_place", default=None)


def handed_on() -> None:
    """Said by what takes the body of the request under way elsewhere, and has bounds of its own for how many."""
    place = _PLACE.get()
    if place is not None:
        place.give_back()

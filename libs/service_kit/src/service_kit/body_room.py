"""Room for the bodies of requests under way: a process holds so many bytes of them at once, whoever sends how many."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from service_kit.errors import Unavailable

SMALL = 64 * 1024  # the edge lets through a thousand requests at once: of these, as much as any room


class BodyRoom:
    """Counts what has come: who only promises much takes nobody's room."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

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

    def take(self, size: int) -> None:
        """So much more of it. Raises Unavailable."""
        if self._taken + size > self._most:
            raise Unavailable("too much is being read at once; try again")
        self._taken += size

    def give_back(self, size: int) -> None:
        """There is room for so much more."""
        self._taken -= size


class Place:
    """What one body takes of the room."""

    def __init__(self, room: BodyRoom) -> None:
        self._room = room
        self._come = self.size = 0

    def grow(self, size: int) -> None:
        """So much more has come. Raises Unavailable."""
        self._come += size
        if self._come > SMALL:
            self._room.take(self._come - self.size)
            self.size = self._come

    def give_back(self) -> None:
        """It has been read and is done with, or others count it from now on."""
        self._room.give_back(self.size)
        self._come = self.size = 0


_PLACE: ContextVar[Place | None] = ContextVar("body_place", default=None)


def handed_on() -> None:
    """Said by what takes the body of the request under way elsewhere, and has bounds of its own for how many."""
    place = _PLACE.get()
    if place is not None:
        place.give_back()

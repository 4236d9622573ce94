"""Room for the bodies of requests under way: a process holds so many bytes of them at once, whoever sends how many."""

from collections.abc import Iterator
from contextlib import contextmanager

from service_kit.errors import Unavailable

SMALL = 64 * 1024  # the edge lets through a thousand requests at once: of these, as much as any room


class BodyRoom:
    """Counts what has come: who only promises much, or sends it slowly, takes nobody's room."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    @contextmanager
    def place(self) -> Iterator["Place"]:
        """For one body, given back at the end."""
        place = Place(self)
        try:
            yield place
        finally:
            self._taken -= place.size

    def take(self, size: int, held: int) -> None:
        """More for a body that holds so much already; one that is alone has room, however large. Raises Unavailable."""
        if self._taken > held and self._taken + size > self._most:
            raise Unavailable("too much is being read at once; try again")
        self._taken += size


class Place:
    """What one body takes of the room."""

    def __init__(self, room: BodyRoom) -> None:
        self._room = room
        self._come = self.size = 0

    def grow(self, size: int) -> None:
        """So much more has come. Raises Unavailable."""
        self._come += size
        if self._come > SMALL:
            self._room.take(self._come - self.size, self.size)
            self.size = self._come

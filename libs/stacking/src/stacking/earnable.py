"""The shortest way to complete a pathway that can be earned, where of the achievements of a group one counts."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from heapq import heappop, heappush

from stacking.evidence import Held
from stacking.groups import Groups
from stacking.measure import Measure
from stacking.missing import Way, Work, shortest
from stacking.rules import Rules

TRIES = 20
Placed = Sequence[Sequence[int]]


def way_on(
    rules: Rules,
    held: Sequence[Held],
    placed: Placed,
    state: Measure,
    *,
    tries: float = TRIES,
    work: Work | None = None,
) -> tuple[Way | None, bool]:
    """The shortest that breaks no limit, and whether it is.

    What cannot be earned together because of a group is tried with one credential less, in each of its places: every
    way that can be earned has less in one of them.
    """
    if not rules.pathway.one_of:
        return shortest(rules, state, placed, work=work)
    groups = Groups(rules, held, placed)
    ways = _Ways(partial(shortest, rules, state, placed, work=work), tries)
    ways.add(groups.room)
    is_least = all(rules.places[place].maximum == 1 for place in groups.room)
    while (way := ways.next()) is not None:
        conflict, is_sure = groups.conflict(way.places)
        if not conflict:
            return way, is_least and ways.is_all
        is_least = is_least and is_sure
        for place, number in conflict.items():
            ways.add({**ways.room, place: number - 1})
    return None, is_least and ways.is_all


class _Ways:
    """Ways on where only so much can be earned, shortest first. `room` is that of the last one."""

    def __init__(self, shortest_in: Callable[[Mapping[int, int]], tuple[Way | None, bool]], tries: float) -> None:
        self._tries = tries
        self._shortest = shortest_in
        self._waiting: list[tuple[int, int, Way, Mapping[int, int]]] = []
        self._seen: set[frozenset[tuple[int, int]]] = set()
        self.room: Mapping[int, int] = {}
        self.is_all = True

    def add(self, room: Mapping[int, int]) -> None:
        """The way where so much can be earned, unless too many were tried."""
        name = frozenset(room.items())
        if name in self._seen:
            return
        if len(self._seen) >= self._tries:
            self.is_all = False
            return
        self._seen.add(name)
        way, is_all = self._shortest(room)
        self.is_all = self.is_all and is_all
        if way is not None:
            heappush(self._waiting, (way.length, len(self._seen), way, room))

    def next(self) -> Way | None:
        """None when there are no more."""
        if not self._waiting:
            return None
        _, _, way, self.room = heappop(self._waiting)
        return way

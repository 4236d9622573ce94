"""What is missing where a pathway is not complete, counted from the choice of places that leaves least to be done."""

from collections.abc import Mapping, Sequence
from functools import partial
from heapq import heappop, heappush
from typing import NamedTuple

from stacking.assignment import Assignment, Offer, Search, everywhere
from stacking.bounds import short_by
from stacking.groups import Groups
from stacking.limits import Limits
from stacking.measure import Measure, measure
from stacking.missing import Way, shortest
from stacking.rules import Rules

BUDGET = 6_000
"""Nodes that are looked at, in all steps of the search together."""
TRIES = 40
Placed = Sequence[Sequence[int]]


class Closest(NamedTuple):
    """An assignment, and the way on from it. `is_shortest`: there is none shorter, however what is held counts."""

    assignment: Assignment
    way: Way | None
    is_shortest: bool


def closest(rules: Rules, offered: Offer, found: Assignment) -> Closest:
    """From an assignment that does not complete the pathway, where no other one does, as far as was searched."""
    near = _closest(rules, offered, found)
    if near.way is None:
        return near._replace(way=_afresh(rules, offered, found.placed))
    return near if near.assignment is found else _filled(rules, offered, near, near.way)


def _closest(rules: Rules, offered: Offer, found: Assignment) -> Closest:
    way, is_least = way_on(rules, offered, found.placed, found.measure)
    if not found.is_exact:
        return Closest(found, way, is_shortest=False)
    if is_least and sum(map(len, found.placed)) == sum(map(len, offered.places)):
        return Closest(found, way, is_shortest=way is not None)
    length = found.short_by
    if way is None or way.length > length:
        length = max(length, short_by(rules, offered.places, found.placed))
        everything = everywhere(rules, offered.held, offered.places)
        least, is_all = shortest(rules, measure(rules, offered.held, everything), everything)
        if least is None or not is_all:
            return Closest(found, way, is_shortest=False)
        length = max(length, least.length)
    if way is not None and way.length <= length:
        return Closest(found, way, is_shortest=True)
    return _closer(rules, offered, Closest(found, way, is_shortest=False), length)


def _closer(rules: Rules, offered: Offer, known: Closest, least: int) -> Closest:
    """One length after the other, from the least that may be."""
    most = known.way.length if known.way else least + len(rules.places)
    limits, left, sure = Limits(rules, offered.held), BUDGET // len(rules.nodes), True
    for length in range(least, most):
        search = _Within(rules, offered, limits, length, left)
        found = search.run()
        sure = sure and search.is_sure
        if found is not None:
            return Closest(found, search.way, is_shortest=sure)
        left = search.left
        if left <= 0:
            return known
    return known._replace(is_shortest=sure and known.way is not None)


def _filled(rules: Rules, offered: Offer, near: Closest, known: Way) -> Closest:
    """With what the search left out, though there is room for it, unless that is in the way."""
    placed = Limits(rules, offered.held).filled(near.assignment.placed, offered.places)
    state = measure(rules, offered.held, placed)
    way, _ = way_on(rules, offered, placed, state)
    if way is None or way.length > known.length:
        return near
    return near._replace(assignment=Assignment(placed, state), way=way)


def _afresh(rules: Rules, offered: Offer, placed: Placed) -> Way | None:
    """Without what is in the way because one of its group counts: something else of the group may be earned."""
    grouped = frozenset[str]().union(*rules.pathway.one_of)
    kept = [[index for index in which if offered.held[index].achievement not in grouped] for which in placed]
    way, _ = way_on(rules, offered, kept, measure(rules, offered.held, kept))
    return way


class _Within(Search):
    """For an assignment from which the way on is no longer than that."""

    def __init__(self, rules: Rules, offered: Offer, limits: Limits, length: int, left: int) -> None:
        super().__init__(rules, offered, limits, left)
        self.way: Way | None = None
        self.is_sure = True
        self._length = length

    def could_be(self, placed: Placed, state: Measure) -> bool:
        way, _ = shortest(self._rules, state, placed)
        return way is not None and way.length <= self._length

    def is_enough(self, placed: Placed, state: Measure) -> bool:
        self.way, is_least = way_on(self._rules, self._offered, placed, state)
        is_enough = self.way is not None and self.way.length <= self._length
        self.is_sure = self.is_sure and (is_enough or is_least)
        return is_enough


def way_on(rules: Rules, offered: Offer, placed: Placed, state: Measure) -> tuple[Way | None, bool]:
    """The shortest that breaks no limit, and whether it is.

    What cannot be earned together because of a group is tried with one credential less, in each of its places: every
    way that can be earned has less in one of them.
    """
    if not rules.pathway.one_of:
        return shortest(rules, state, placed)
    groups = Groups(rules, offered.held, placed)
    ways = _Ways(rules, state, placed)
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

    def __init__(self, rules: Rules, state: Measure, placed: Placed) -> None:
        self._shortest = partial(shortest, rules, state, placed)
        self._waiting: list[tuple[int, int, Way, Mapping[int, int]]] = []
        self._seen: set[frozenset[tuple[int, int]]] = set()
        self.room: Mapping[int, int] = {}
        self.is_all = True

    def add(self, room: Mapping[int, int]) -> None:
        """The way where so much can be earned, unless too many were tried."""
        name = frozenset(room.items())
        if name in self._seen:
            return
        if len(self._seen) >= TRIES:
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

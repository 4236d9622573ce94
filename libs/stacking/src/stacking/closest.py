"""What is missing where a pathway is not complete, counted from the choice of places that leaves least to be done."""

from collections.abc import Sequence
from typing import NamedTuple

from stacking.assignment import Assignment, Offer, Search, affordable, everywhere
from stacking.bounds import short_by
from stacking.earnable import way_on
from stacking.limits import Limits
from stacking.measure import Measure, measure
from stacking.missing import Way, shortest
from stacking.packing import Packing, Undecided, by_place
from stacking.rules import Rules

BUDGET, MOST_PACKED = 6_000, 480_000
"""Nodes that are looked at in all steps of the search together, and what is in those of packing."""
Placed = Sequence[Sequence[int]]
NOTHING = Assignment((), Measure((), (), ()))


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
    way, is_least = way_on(rules, offered.held, found.placed, found.measure)
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
    limits, sure, packing = Limits(rules, offered.held), True, Packing(MOST_PACKED)
    left = affordable(rules, offered, BUDGET // len(rules.nodes))
    for length in range(least, most):
        near = _packed(rules, offered, length, packing)
        if near is None:
            continue
        if near.way is not None and near.way.length <= length:
            return near._replace(is_shortest=sure)
        if left <= 0:
            return known
        search = _Within(rules, offered, limits, length, left)
        found = search.run()
        sure = sure and search.is_sure
        if found is not None:
            return Closest(found, search.way, is_shortest=sure)
        left = search.left
        sure = sure and left > 0
    return known._replace(is_shortest=sure and known.way is not None)


def _packed(rules: Rules, offered: Offer, length: int, packing: Packing) -> Closest | None:
    """From a choice that so many credentials more complete, wherever they count. None where there is no such choice.

    The way on from it may be longer, where a group or what stands for its parts is in the way, or where none was found.
    """
    try:
        where = packing.complete(rules, offered.held, offered.places, length)
    except Undecided:
        return Closest(NOTHING, None, is_shortest=False)
    if where is None:
        return None
    placed = by_place(rules, where[: len(offered.held)])
    state = measure(rules, offered.held, placed)
    way, _ = way_on(rules, offered.held, placed, state)
    return Closest(Assignment(placed, state), way, is_shortest=False)


def _filled(rules: Rules, offered: Offer, near: Closest, known: Way) -> Closest:
    """With what the search left out, though there is room for it, unless that is in the way."""
    placed = Limits(rules, offered.held).filled(near.assignment.placed, offered.places)
    state = measure(rules, offered.held, placed)
    way, _ = way_on(rules, offered.held, placed, state)
    if way is None or way.length > known.length:
        return near
    return near._replace(assignment=Assignment(placed, state), way=way)


def _afresh(rules: Rules, offered: Offer, placed: Placed) -> Way | None:
    """Without what is in the way because one of its group counts: something else of the group may be earned."""
    grouped = frozenset[str]().union(*rules.pathway.one_of)
    kept = [[index for index in which if offered.held[index].achievement not in grouped] for which in placed]
    way, _ = way_on(rules, offered.held, kept, measure(rules, offered.held, kept))
    return way


class _Within(Search):
    """For an assignment from which the way on is no longer than that."""

    def __init__(self, rules: Rules, offered: Offer, limits: Limits, length: int, left: int) -> None:
        super().__init__(rules, offered, limits, left)
        self.way: Way | None = None
        self.is_sure = True
        self._length = length

    def could_be(self, placed: Placed, state: Measure) -> bool:
        way, is_least = shortest(self._rules, state, placed)
        is_near = way is not None and way.length <= self._length
        self.is_sure = self.is_sure and (is_near or is_least)
        return is_near

    def is_enough(self, placed: Placed, state: Measure) -> bool:
        self.way, is_least = way_on(self._rules, self._offered.held, placed, state)
        is_enough = self.way is not None and self.way.length <= self._length
        self.is_sure = self.is_sure and (is_enough or is_least)
        return is_enough

"""What no choice of places can do better: how many credentials are short of what every way to the end needs."""

from collections.abc import Sequence
from decimal import Decimal
from heapq import nlargest

from stacking.evidence import NO_CREDITS, Held
from stacking.flows import DEEPEST
from stacking.matching import Places
from stacking.measure import counted
from stacking.rules import Group, Owed, Rules


def credits_short_by(rules: Rules, held: Sequence[Held], fits: Sequence[Places]) -> int:
    """So many more credentials it takes at least for the credits that are owed: each counts once, where it is best."""
    return max((_short_by(owed, _most(rules, owed, held, fits)) for owed in rules.owed), default=0)


def _most(rules: Rules, owed: Owed, held: Sequence[Held], fits: Sequence[Places]) -> Decimal:
    worths = [
        max(counted(rules.places[place], held[index]) for place in inside)
        for index, places in enumerate(fits)
        if (inside := owed.places.intersection(places))
    ]
    return sum(worths if len(worths) <= owed.room else nlargest(owed.room, worths), NO_CREDITS)


def _short_by(owed: Owed, most: Decimal) -> int:
    if most >= owed.credits:
        return 0
    lacking = owed.credits - most
    return 1 if not owed.each else int(lacking // owed.each) + bool(lacking % owed.each)


def short_by(rules: Rules, fits: Sequence[Places], placed: Sequence[Sequence[int]]) -> int:
    """So many more credentials it takes at least. `fits`: where each could count; `placed`: a choice to begin with."""
    if not rules.needed:
        return 0
    flow = _Flow(rules, fits, placed)
    short = sum(flow.lack(group) for group in rules.needed)
    return short if flow.is_exact else 0


class _Flow:
    """Credentials to the conditions that need them, by augmenting paths: as many as there can be at once.

    A place that is needed by itself takes as many as it needs; of a condition's others each takes one, and the
    condition so many of them as it needs. Whatever completes the pathway does at least that.
    """

    def __init__(self, rules: Rules, fits: Sequence[Places], placed: Sequence[Sequence[int]]) -> None:
        self._group: dict[int, Group] = {}
        self._room: dict[int, int] = {}
        self._wanting: dict[int, int] = {}
        for group in rules.needed:
            for place in group.places:
                self._group[place], self._wanting[place] = group, 0
                self._room[place] = rules.places[place].minimum if len(group.places) == 1 else 1
        self._free = 0
        for index, places in enumerate(fits):
            for place in places:
                if place in self._group:
                    self._wanting[place] |= 1 << index
                    self._free |= 1 << index
        self._placed = placed
        self._at = [-1] * len(fits)
        self._tried = 0
        self._depth = 0
        self.is_exact = True

    def lack(self, group: Group) -> int:
        """How many it does not get. What led nowhere once leads nowhere later either."""
        needed = self._room[group.places[0]] if len(group.places) == 1 else group.number
        found = self._begin(group, needed)
        while found < needed:
            nowhere = self._tried
            if not self._augment(group):
                return needed - found
            self._tried = nowhere
            found += 1
        return 0

    def _begin(self, group: Group, needed: int) -> int:
        """With the choice that is there, as far as what comes before has not taken it."""
        found = 0
        for place in group.places:
            for index in self._placed[place]:
                if found < needed and self._room[place] and self._free >> index & 1:
                    self._free ^= 1 << index
                    self._put(index, place)
                    found += 1
        return found

    def _augment(self, group: Group) -> bool:
        """One more for it: a free one, or one whose condition finds another."""
        for place in group.places:
            if self._room[place] and (free := self._wanting[place] & self._free):
                lowest = free & -free
                self._free ^= lowest
                self._put(lowest.bit_length() - 1, place)
                return True
        return any(self._room[place] and self._take_over(place) for place in group.places)

    def _take_over(self, place: int) -> bool:
        while left := self._wanting[place] & ~self._tried:
            lowest = left & -left
            self._tried |= lowest
            index = lowest.bit_length() - 1
            other = self._at[index]
            self._room[other] += 1
            self._put(index, place)
            if self._augment_deeper(self._group[other]):
                return True
            self._room[place] += 1
            self._put(index, other)
        return False

    def _augment_deeper(self, group: Group) -> bool:
        if self._depth >= DEEPEST:
            self.is_exact = False
            return False
        self._depth += 1
        is_found = self._augment(group)
        self._depth -= 1
        return is_found

    def _put(self, index: int, place: int) -> None:
        self._at[index] = place
        self._room[place] -= 1

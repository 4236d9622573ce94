"""What credentials cannot do together: a flow of them to what is needed, and one of their credits. Each counts once."""

from collections.abc import Mapping, Sequence

from stacking.choices import Choices, indexes, number_of
from stacking.demands import Demand
from stacking.missing import Work

DEEPEST = 100
"""Credentials that move for one: calls nest five times as deep, and others are below them."""


class Counting:
    """Credentials to places, by augmenting paths. Those that stand for each other are one.

    `where` has what meets the demands, by bit, and its place. `is_enough` is False only where no choice meets them.
    """

    def __init__(self, choices: Choices, wanting: Sequence[int], demands: Sequence[Demand]) -> None:
        self.where: dict[int, int] = {}
        self._work = choices.work
        self._of: dict[int, Demand] = {}
        self._room: dict[int, int] = {}
        self._wanting: dict[int, int] = {}
        for demand in demands:
            for place in demand.places:
                self._of[place], self._room[place] = demand, demand.each
                self._wanting[place] = _wholes(choices, wanting[place])
        self._taken = self._tried = self._depth = 0
        self._is_cut_short = False
        self.is_enough = all(self._meet(demand) for demand in demands) or self._is_cut_short

    def _meet(self, demand: Demand) -> bool:
        for _ in range(demand.number):
            self._tried = 0
            if not self._augment(demand):
                return False
        return True

    def _augment(self, demand: Demand) -> bool:
        self._work.spend(len(demand.places))
        for place in demand.places:
            if self._room[place] and (free := self._wanting[place] & ~self._taken):
                lowest = free & -free
                self._taken |= lowest
                self._put(lowest, place)
                return True
        return any(self._room[place] and self._take_over(place) for place in demand.places)

    def _take_over(self, place: int) -> bool:
        while left := self._wanting[place] & ~self._tried:
            lowest = left & -left
            self._work.spend(1)
            self._tried |= lowest
            before = self.where[lowest]
            self._room[before] += 1
            self._put(lowest, place)
            if self._deeper(self._of[before]):
                return True
            self._room[place] += 1
            self._put(lowest, before)
        return False

    def _deeper(self, demand: Demand) -> bool:
        if self._depth >= DEEPEST:
            self._is_cut_short = True
            return False
        self._depth += 1
        is_found = self._augment(demand)
        self._depth -= 1
        return is_found

    def _put(self, bit: int, place: int) -> None:
        self.where[bit] = place
        self._room[place] -= 1


def _wholes(choices: Choices, wanting: int) -> int:
    found = 0
    choices.work.spend(wanting.bit_count())
    for index in indexes(wanting):
        found |= 1 << choices.whole[index]
    return found


def credits_suffice(choices: Choices, places: Sequence[int], owed: Sequence[int]) -> bool:
    """Whether each node that is owed credits could have them, and those that have no place in common all of them.

    False only where no choice does: a credential's credits are split here. `places`: by credential where it may count.
    """
    worths: list[Mapping[int, int]] = []
    for at in owed:
        most = _most(choices, places, choices.below[at])
        if sum(most.values()) < (choices.asked[at] or 0):
            return False
        worths.append(most)
    apart = [number for number, at in enumerate(owed) if _is_innermost(choices, owed, at)]
    if len(apart) < 2:
        return True
    return _Credits([worths[number] for number in apart], choices.work).meet(
        [choices.asked[owed[number]] or 0 for number in apart]
    )


def _most(choices: Choices, places: Sequence[int], inside: int) -> dict[int, int]:
    """The most that each brings there."""
    found: dict[int, int] = {}
    choices.work.spend(len(places) + number_of(places, inside))
    for index, where in enumerate(places):
        if where & inside:
            whole, best = choices.whole[index], choices.best(index, where & inside)
            found[whole] = max(best, found.get(whole, 0))
    return found


def _is_innermost(choices: Choices, owed: Sequence[int], at: int) -> bool:
    """Of those with the same places, the one that asks for most, the first of several."""
    mine, asked = choices.below[at], choices.asked[at] or 0
    for other in owed:
        theirs, more = choices.below[other], choices.asked[other] or 0
        if theirs & mine == theirs and (theirs != mine or (more, -other) > (asked, -at)):
            return False
    return True


class _Credits:
    """From credentials to the nodes that are owed them, by shortest augmenting paths. `worths`: by node, the most."""

    def __init__(self, worths: Sequence[Mapping[int, int]], work: Work) -> None:
        self._worths = worths
        self._work = work
        self._left: dict[int, int] = {}
        for worth in worths:
            for whole, most in worth.items():
                self._left[whole] = max(most, self._left.get(whole, 0))
        self._given: list[dict[int, int]] = [{} for _ in worths]

    def meet(self, asked: Sequence[int]) -> bool:
        """Whether all are met."""
        for node, needed in enumerate(asked):
            found = 0
            while found < needed:
                moved = self._augment(node, needed - found)
                if not moved:
                    return False
                found += moved
        return True

    def _augment(self, start: int, lacking: int) -> int:
        """Credits that come to the node along one path; 0 when none does."""
        came: dict[int, int] = {}  # a credential, and the node that it would give to
        over: dict[int, int | None] = {start: None}  # a node, and the credential that it would give up
        for node in (waiting := [start]):
            self._work.spend(len(self._worths[node]))
            for whole, most in self._worths[node].items():
                if whole in came or self._given[node].get(whole, 0) >= most:
                    continue
                came[whole] = node
                if self._left[whole]:
                    return self._move(whole, came, over, lacking)
                self._work.spend(len(self._given))
                for other, given in enumerate(self._given):
                    if given.get(whole, 0) and other not in over:
                        over[other] = whole
                        waiting.append(other)
        return 0

    def _move(self, end: int, came: Mapping[int, int], over: Mapping[int, int | None], most: int) -> int:
        path: list[tuple[int, int, int]] = []  # node, credential, and how it changes
        amount, whole = min(most, self._left[end]), end
        while True:
            node = came[whole]
            path.append((node, whole, 1))
            amount = min(amount, self._worths[node][whole] - self._given[node].get(whole, 0))
            before = over[node]
            if before is None:
                break
            # The node gives up what it has of this one, which goes where that came from.
            path.append((node, before, -1))
            amount = min(amount, self._given[node][before])
            whole = before
        self._left[end] -= amount
        for node, whole, sign in path:
            self._given[node][whole] = self._given[node].get(whole, 0) + sign * amount
        return amount

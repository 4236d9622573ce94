"""Where each credential counts. One credential counts once; where it fits several places, the choice that completes
the pathway is found.

Three steps, cheapest first. A flow that grows by augmenting paths gives each condition what it needs. If that does not
complete the pathway, bounds say whether any choice could: a flow to what every way to the end needs, and a relaxation
in which every credential counts everywhere. Only if it could, a packing decides, within a budget.
"""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from stacking.bounds import credits_short_by, short_by
from stacking.constraints import Refusal
from stacking.evidence import Held, Setting
from stacking.limits import Limits
from stacking.matching import Places, match
from stacking.measure import Measure, measure
from stacking.packing import Packing, Undecided, Where, by_place
from stacking.rules import Rules

BUDGET, MOST_LOOKED = 4_000, 1_000_000
"""Steps of the search, and what is looked at in all of them: places of credentials, and nodes."""
UNDECIDED: Where = ()
_ID, _AWARDED, _CREDITS = attrgetter("id"), attrgetter("awarded"), attrgetter("credits")


class Offer(NamedTuple):
    """The credentials in order of preference, where each could count, and why not elsewhere."""

    held: Sequence[Held]
    places: Sequence[Places]
    refusals: Sequence[tuple[int, int, Refusal]]
    """Index of the credential, of the place, and the reason."""


class Assignment(NamedTuple):
    """By place, the indexes of the credentials that count there. `is_exact` is False when the budget ran out.

    `short_by`: as many more are needed at least, wherever they count. `is_packed`: it took a packing to find it.
    """

    placed: Sequence[Sequence[int]]
    measure: Measure
    is_exact: bool = True
    short_by: int = 0
    is_packed: bool = False


def offer(rules: Rules, held: Sequence[Held], setting: Setting) -> Offer:
    """Sort the credentials and see where each fits. Repeated ids are taken once."""
    ordered = _by_preference({one.id: one for one in held}.values())
    fits: list[Places] = []
    refusals: list[tuple[int, int, Refusal]] = []
    for index, one in enumerate(ordered):
        places = rules.places_for(one.achievement)
        for place in places:
            for constraint in rules.places[place].constraints:
                refusal = constraint.refuse(one, setting)
                if refusal:
                    refusals.append((index, place, refusal))
                    places = tuple([other for other in places if other != place])
                    break
        fits.append(places)
    return Offer(ordered, fits, refusals)


def _by_preference(held: Iterable[Held]) -> list[Held]:
    """Those that count nowhere else first, then more credits, then earlier ones; the id decides the rest.

    Sorted by the least of these first: comparing one value at a time is several times as fast as tuples of them.
    """
    ordered = sorted(held, key=_ID)
    ordered.sort(key=_AWARDED)
    ordered.sort(key=_CREDITS, reverse=True)
    if any(one.counted_in for one in ordered):
        ordered.sort(key=lambda one: bool(one.counted_in))
    return ordered


def assign(rules: Rules, offered: Offer, budget: int = BUDGET) -> Assignment:
    """The best assignment there is: one that completes the pathway if any does."""
    limits = Limits(rules, offered.held)
    matched = limits.cut(match(rules, offered.held, offered.places), offered.places)
    state = measure(rules, offered.held, matched)
    if state.is_complete or sum(map(len, matched)) == sum(map(len, offered.places)):
        return Assignment(matched, state)  # complete, or everything counts wherever it fits
    short = max(0, rules.needs - sum(map(bool, offered.places))) or short_by(rules, offered.places, matched)
    short = short or credits_short_by(rules, offered.held, offered.places)
    if short or not measure(rules, offered.held, everywhere(rules, offered.held, offered.places)).is_complete:
        return Assignment(matched, state, short_by=short)
    try:
        packed = Packing().complete(rules, offered.held, offered.places)
    except Undecided:
        packed = UNDECIDED
    if packed is None:
        return Assignment(matched, state, short_by=1)
    # What this finds goes before what a packing does: records of the first evaluator say where each counts.
    search = Search(rules, offered, limits, affordable(rules, offered, budget))
    completed = search.run()
    if completed is None and packed is UNDECIDED:
        return Assignment(matched, state, is_exact=search.left > 0)
    placed = completed.placed if completed else by_place(rules, packed)
    everything = limits.filled(placed, offered.places)
    return Assignment(everything, measure(rules, offered.held, everything), is_packed=completed is None)


def affordable(rules: Rules, offered: Offer, budget: int) -> int:
    """So many steps of a search, or fewer where each has very much to look at."""
    return min(budget, MOST_LOOKED // (len(rules.nodes) + sum(map(len, offered.places))))


def everywhere(rules: Rules, held: Sequence[Held], places: Sequence[Places]) -> list[list[int]]:
    """Every credential in all its places; where there are more than a place takes, those with most credits."""
    placed: list[list[int]] = [[] for _ in rules.places]
    for index, fits in enumerate(places):
        for place in fits:
            placed[place].append(index)
    for place, component in enumerate(rules.places):
        if len(placed[place]) > component.maximum:
            placed[place] = sorted(placed[place], key=lambda index: -held[index].credits)[: component.maximum]
    return placed


class Search:
    """Depth first over the credentials that leave a choice; a branch is left when not even the relaxation is enough.

    `left` is how many more steps may be taken; with none left, whatever was not found may still be there.
    """

    def __init__(self, rules: Rules, offered: Offer, limits: Limits, left: int = BUDGET) -> None:
        self.left = left
        self._rules = rules
        self._offered = offered
        self._limits = limits
        self._open = [i for i, fits in enumerate(offered.places) if fits and (len(fits) > 1 or limits.bind(i))]
        self._chosen: list[Places] = list(offered.places)

    def run(self) -> Assignment | None:
        """The first that is enough. With a list of the choices that are open: there may be more than calls can nest."""
        ways: list[Iterator[Places]] = []
        while self.left > 0:
            self.left -= 1
            found, leads_on = self._look(len(ways))
            if found:
                return found
            if leads_on:
                fits = self._offered.places[self._open[len(ways)]]
                ways.append(iter((*((place,) for place in fits), ())))
            if not self._next(ways):
                return None
        return None

    def _next(self, ways: list[Iterator[Places]]) -> bool:
        """Choose otherwise, for the last one that can be; False when there is none."""
        while ways:
            index = self._open[len(ways) - 1]
            choice = next(ways[-1], None)
            if choice is not None:
                self._chosen[index] = choice
                return True
            self._chosen[index] = self._offered.places[index]
            ways.pop()
        return False

    def could_be(self, placed: Sequence[Sequence[int]], state: Measure) -> bool:
        """Whether something below this relaxation may be enough."""
        return state.is_complete

    def is_enough(self, placed: Sequence[Sequence[int]], state: Measure) -> bool:
        """Whether this is, of which no limit is broken."""
        return True

    def _look(self, depth: int) -> tuple[Assignment | None, bool]:
        """Where so many are chosen: what is found, or whether to choose for one more."""
        placed = everywhere(self._rules, self._offered.held, self._chosen)
        state = measure(self._rules, self._offered.held, placed)
        if not self.could_be(placed, state) or not self._decided_hold(depth):
            return None, False
        if depth < len(self._open):
            return None, True
        is_found = self._limits.hold(placed) and self.is_enough(placed, state)
        return (Assignment(placed, state) if is_found else None), False

    def _decided_hold(self, depth: int) -> bool:
        if not self._limits.any:
            return True
        decided: list[Places] = [()] * len(self._chosen)
        for index in self._open[:depth]:
            decided[index] = self._chosen[index]
        return self._limits.hold(everywhere(self._rules, self._offered.held, decided))

"""Where each credential counts. One credential counts once; where it fits several places, the choice that completes
the pathway is found.

Three steps, cheapest first. A flow that grows by augmenting paths gives each condition what it needs. If that does not
complete the pathway, a relaxation in which every credential counts everywhere says whether any choice could. Only if
it could, the choices are searched, within a budget.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from stacking.constraints import Refusal
from stacking.evidence import Held, Setting
from stacking.limits import Limits
from stacking.matching import Places, match
from stacking.measure import Measure, measure
from stacking.rules import Rules

BUDGET = 4_000
_ID, _AWARDED, _CREDITS = attrgetter("id"), attrgetter("awarded"), attrgetter("credits")


@dataclass(frozen=True, slots=True)
class Offer:
    """The credentials in order of preference, where each could count, and why not elsewhere."""

    held: Sequence[Held]
    places: Sequence[Places]
    refusals: Sequence[tuple[int, int, Refusal]]
    """Index of the credential, of the place, and the reason."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """By place, the indexes of the credentials that count there. `is_exact` is False when the budget ran out."""

    placed: Sequence[Sequence[int]]
    measure: Measure
    is_exact: bool = True


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


def assign(rules: Rules, offered: Offer) -> Assignment:
    """The best assignment there is: one that completes the pathway if any does."""
    limits = Limits(rules, offered.held)
    matched = limits.cut(match(rules, offered.held, offered.places), offered.places)
    found = Assignment(matched, measure(rules, offered.held, matched))
    if found.measure.is_complete or not _could_complete(rules, offered, matched):
        return found
    return _Search(rules, offered, limits).run() or Assignment(matched, found.measure, is_exact=False)


def _could_complete(rules: Rules, offered: Offer, matched: Sequence[Sequence[int]]) -> bool:
    """Whether another choice than this one, which does not, might complete the pathway."""
    if sum(map(len, matched)) == sum(map(len, offered.places)):
        return False  # everything counts wherever it fits already
    return measure(rules, offered.held, _everywhere(rules, offered.held, offered.places)).is_complete


def _everywhere(rules: Rules, held: Sequence[Held], places: Sequence[Places]) -> list[list[int]]:
    """Every credential in all its places; where there are more than a place takes, those with most credits."""
    placed: list[list[int]] = [[] for _ in rules.places]
    for index, fits in enumerate(places):
        for place in fits:
            placed[place].append(index)
    for place, component in enumerate(rules.places):
        if len(placed[place]) > component.maximum:
            placed[place] = sorted(placed[place], key=lambda index: -held[index].credits)[: component.maximum]
    return placed


class _Search:
    """Depth first over the credentials that leave a choice; a branch is left when not even the relaxation completes."""

    def __init__(self, rules: Rules, offered: Offer, limits: Limits) -> None:
        self._rules = rules
        self._offered = offered
        self._limits = limits
        self._left = BUDGET
        self._open = [i for i, fits in enumerate(offered.places) if fits and (len(fits) > 1 or limits.bind(i))]
        self._chosen: list[Places] = list(offered.places)

    def run(self) -> Assignment | None:
        """An assignment that completes the pathway; one that does not if none does; None when the budget ran out."""
        found = self._from(0)
        if found:
            return found
        if self._left <= 0:
            return None
        matched = self._limits.cut(match(self._rules, self._offered.held, self._offered.places), self._offered.places)
        return Assignment(matched, measure(self._rules, self._offered.held, matched))

    def _from(self, depth: int) -> Assignment | None:
        self._left -= 1
        if self._left <= 0:
            return None
        placed = _everywhere(self._rules, self._offered.held, self._chosen)
        state = measure(self._rules, self._offered.held, placed)
        if not state.is_complete or not self._decided_hold(depth):
            return None
        if depth == len(self._open):
            return Assignment(placed, state) if self._limits.hold(placed) else None
        index = self._open[depth]
        fits = self._offered.places[index]
        for choice in (*((place,) for place in fits), ()):
            self._chosen[index] = choice
            found = self._from(depth + 1)
            if found:
                return found
        self._chosen[index] = fits
        return None

    def _decided_hold(self, depth: int) -> bool:
        if not self._limits.any:
            return True
        decided: list[Places] = [()] * len(self._chosen)
        for index in self._open[:depth]:
            decided[index] = self._chosen[index]
        return self._limits.hold(_everywhere(self._rules, self._offered.held, decided))

"""Where each credential counts. One credential counts once; where it fits several places, the choice that completes
the pathway is found.

Three steps, cheapest first. A matching by augmenting paths fills as many places as can be filled. If that does not
complete the pathway, a relaxation in which every credential counts everywhere says whether any choice could. Only if
it could, the choices are searched, within a budget.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stacking.constraints import Refusal
from stacking.evidence import NO_CREDITS, Held, Setting
from stacking.model import Component
from stacking.rules import Measure, Rules, measure

BUDGET = 4_000
Places = tuple[int, ...]


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
    ordered = sorted({one.id: one for one in held}.values(), key=_preference)
    places: list[Places] = []
    refusals: list[tuple[int, int, Refusal]] = []
    for index, one in enumerate(ordered):
        fits = rules.places_for(one.achievement)
        for place in fits:
            refusal = _refusal(rules.places[place], one, setting) if rules.places[place].constraints else None
            if refusal:
                refusals.append((index, place, refusal))
                fits = tuple(other for other in fits if other != place)
        places.append(fits)
    return Offer(ordered, places, refusals)


def _preference(held: Held) -> tuple[bool, Decimal, date, str]:
    """Those that count nowhere else first, then more credits, then earlier ones; the id decides the rest."""
    return bool(held.counted_in), -held.credits, held.awarded, held.id


def _refusal(component: Component, held: Held, setting: Setting) -> Refusal | None:
    for constraint in component.constraints:
        refusal = constraint.refuse(held, setting)
        if refusal:
            return refusal
    return None


def assign(rules: Rules, offered: Offer) -> Assignment:
    """The best assignment there is: one that completes the pathway if any does."""
    limits = _Limits(rules, offered.held)
    matched = limits.cut(_match(rules, offered))
    found = Assignment(matched, _measure(rules, offered, matched))
    if (
        found.measure.is_complete
        or not _measure(rules, offered, _everywhere(rules, offered.held, offered.places)).is_complete
    ):
        return found
    return _Search(rules, offered, limits).run() or Assignment(matched, found.measure, is_exact=False)


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


def _measure(rules: Rules, offered: Offer, placed: Sequence[Sequence[int]]) -> Measure:
    totals = []
    for component, indexes in zip(rules.places, placed, strict=True):
        total = NO_CREDITS
        for index in indexes:
            total += counted(component, offered.held[index])
        totals.append(total)
    return measure(rules, [len(indexes) for indexes in placed], totals)


def counted(component: Component, held: Held) -> Decimal:
    """The credits that a credential counts there."""
    return held.credits if component.credits is None else component.credits


def _match(rules: Rules, offered: Offer) -> list[list[int]]:
    """Fill places in tree order, first each up to its minimum, then up to its maximum. Moves make room."""
    matching = _Matching(rules, offered.places)
    for place, component in enumerate(rules.places):
        matching.fill(place, min(component.minimum, component.maximum))
    for place, component in enumerate(rules.places):
        if component.maximum > component.minimum:
            matching.fill(place, component.maximum)
    return [sorted(indexes) for indexes in matching.placed]


class _Matching:
    """A bipartite matching of credentials and places that grows by augmenting paths (Kuhn)."""

    def __init__(self, rules: Rules, fits: Sequence[Places]) -> None:
        self._fits = fits
        self._wanting: list[list[int]] = [[] for _ in rules.places]
        for index, places in enumerate(fits):
            for place in places:
                self._wanting[place].append(index)
        self.placed: list[list[int]] = [[] for _ in rules.places]
        self._at: dict[int, int] = {}

    def fill(self, place: int, goal: int) -> None:
        """Up to so many credentials for the place, as far as they can be had."""
        goal = min(goal, len(self._wanting[place]))
        while len(self.placed[place]) < goal and self._augment(place, set()):
            continue

    def _augment(self, place: int, tried: set[int]) -> bool:
        """Give the place one more credential: a free one, or one whose own place finds another."""
        for index in self._wanting[place]:
            if index not in self._at:
                self._put(index, place)
                return True
        for index in self._wanting[place]:
            other = self._at[index]
            if index in tried or other == place:
                continue
            tried.add(index)
            self._put(index, place)
            if self._augment(other, tried):
                return True
            self._put(index, other)
        return False

    def _put(self, index: int, place: int) -> None:
        if index in self._at:
            self.placed[self._at[index]].remove(index)
        self._at[index] = place
        self.placed[place].append(index)


class _Limits:
    """Limits over several credentials: at most one of a group, at most so many credits shared with another pathway."""

    def __init__(self, rules: Rules, held: Sequence[Held]) -> None:
        self._places = rules.places
        self._held = held
        self._groups = rules.pathway.one_of
        self._sharing = [one for one in rules.pathway.sharing if any(one.pathway in h.counted_in for h in held)]
        self.any = bool(self._sharing) or bool(self._groups)

    def bind(self, index: int) -> bool:
        """Whether a limit speaks of this credential."""
        one = self._held[index]
        shared = any(limit.pathway in one.counted_in for limit in self._sharing)
        return shared or any(one.achievement in group for group in self._groups)

    def cut(self, placed: list[list[int]]) -> list[list[int]]:
        """The same without those that break a limit. Earlier places keep theirs."""
        if not self.any:
            return placed
        kept: list[list[int]] = [[] for _ in placed]
        for place, indexes in enumerate(placed):
            for index in indexes:
                kept[place].append(index)
                if not self.hold(kept):
                    kept[place].pop()
        return kept

    def hold(self, placed: Sequence[Sequence[int]]) -> bool:
        """Whether no limit is broken."""
        counting = [(place, self._held[index]) for place, indexes in enumerate(placed) for index in indexes]
        for group in self._groups:
            if sum(one.achievement in group for _, one in counting) > 1:
                return False
        for limit in self._sharing:
            shared = (counted(self._places[at], one) for at, one in counting if limit.pathway in one.counted_in)
            if sum(shared, NO_CREDITS) > limit.credits:
                return False
        return True


class _Search:
    """Depth first over the credentials that leave a choice; a branch is left when not even the relaxation completes."""

    def __init__(self, rules: Rules, offered: Offer, limits: _Limits) -> None:
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
        matched = self._limits.cut(_match(self._rules, self._offered))
        return Assignment(matched, _measure(self._rules, self._offered, matched))

    def _from(self, depth: int) -> Assignment | None:
        self._left -= 1
        if self._left <= 0:
            return None
        placed = _everywhere(self._rules, self._offered.held, self._chosen)
        state = _measure(self._rules, self._offered, placed)
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

"""Where each credential counts. One credential counts once; where it fits several places, the choice that completes
the pathway is found.

Three steps, cheapest first. A flow that grows by augmenting paths gives each condition what it needs. If that does not
complete the pathway, a relaxation in which every credential counts everywhere says whether any choice could. Only if
it could, the choices are searched, within a budget.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stacking.constraints import Refusal
from stacking.evidence import NO_CREDITS, Held, Setting
from stacking.limits import Limits, counted
from stacking.model import Component
from stacking.rules import Group, Measure, Rules, measure

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
    limits = Limits(rules, offered.held)
    matched = limits.cut(_match(rules, offered), offered.places)
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


def _match(rules: Rules, offered: Offer) -> list[list[int]]:
    """First what each condition needs, then whatever else finds a place."""
    if all(len(fits) < 2 for fits in offered.places):
        return _as_offered(rules, offered)
    matching = _Matching(rules, offered)
    for group in rules.groups:
        matching.meet(group)
    for place, component in enumerate(rules.places):
        matching.fill(place, component.maximum)
    return [sorted(indexes) for indexes in matching.placed]


def _as_offered(rules: Rules, offered: Offer) -> list[list[int]]:
    """Where no credential has a choice: each where it fits, the preferred ones while there is room."""
    placed: list[list[int]] = [[] for _ in rules.places]
    for index, fits in enumerate(offered.places):
        for place in fits:
            if len(placed[place]) < rules.places[place].maximum:
                placed[place].append(index)
    return placed


class _Matching:
    """A flow of credentials into places and of places into conditions, that grows by augmenting paths.

    A credential moves to make room when its place finds another one, or when another place of the same condition does.
    """

    def __init__(self, rules: Rules, offered: Offer) -> None:
        self._places = rules.places
        self._held = offered.held
        self._beside: dict[int, Group] = {place: group for group in rules.groups for place in group.places}
        self._wanting: list[list[int]] = [[] for _ in rules.places]
        for index, places in enumerate(offered.places):
            for place in places:
                self._wanting[place].append(index)
        self.placed: list[list[int]] = [[] for _ in rules.places]
        self._at: dict[int, int] = {}
        self._usable = sum(bool(fits) for fits in offered.places)

    def meet(self, group: Group) -> None:
        """As many of its places, and as many credits in them, as it needs, as far as they can be had."""
        reached = 0
        for place in group.places:
            if reached >= group.number:
                break
            component = self._places[place]
            reached += self.fill(place, component.minimum) or self._empty(place)
        if group.credits is not None:
            for place in group.places:
                while self._credits(group) < group.credits and self.fill(place, len(self.placed[place]) + 1):
                    continue

    def fill(self, place: int, goal: int) -> bool:
        """Up to so many credentials for the place. Whether that is how many there are."""
        within = min(goal, self._places[place].maximum)
        while len(self.placed[place]) < within and len(self._at) < self._usable and self._augment(place, set()):
            continue
        return len(self.placed[place]) >= goal

    def _empty(self, place: int) -> bool:
        """Too few for its minimum: they may be of use elsewhere."""
        for index in self.placed[place]:
            del self._at[index]
        self.placed[place].clear()
        return False

    def _credits(self, group: Group) -> Decimal:
        found = (counted(self._places[at], self._held[index]) for at in group.places for index in self.placed[at])
        return sum(found, NO_CREDITS)

    def _augment(self, place: int, tried: set[int]) -> bool:
        """Give the place one more credential: a free one, or one that can be spared where it is."""
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
            if self._augment(other, tried) or self._augment_beside(other, tried):
                return True
            self._put(index, other)
        return False

    def _augment_beside(self, place: int, tried: set[int]) -> bool:
        """Another place of the same condition instead of this one."""
        group = self._beside.get(place)
        if group is None or self.placed[place] or self._places[place].minimum > 1:
            return False
        return any(
            self._augment(other, tried)
            for other in group.places
            if other != place and not self.placed[other] and self._places[other].minimum == 1
        )

    def _put(self, index: int, place: int) -> None:
        if index in self._at:
            self.placed[self._at[index]].remove(index)
        self._at[index] = place
        self.placed[place].append(index)


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
        matched = self._limits.cut(_match(self._rules, self._offered), self._offered.places)
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

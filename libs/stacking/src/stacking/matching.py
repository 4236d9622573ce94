"""Credentials into places by augmenting paths. A set of credentials is the bits of a number, the preferred lowest."""

from collections.abc import Sequence
from decimal import Decimal

from stacking.evidence import NO_CREDITS, Held
from stacking.measure import counted
from stacking.rules import Group, Rules

Places = tuple[int, ...]
DEEPEST = 200
"""Credentials that move for one: calls nest three times as deep."""


def match(rules: Rules, held: Sequence[Held], fits: Sequence[Places]) -> list[list[int]]:
    """First what each condition needs, then whatever else finds a place. `fits`: where each credential could count."""
    if max(map(len, fits), default=0) < 2:
        return _as_offered(rules, fits)
    matching = _Matching(rules, held, fits)
    for group in rules.groups:
        matching.meet(group)
    matching.fill_all()
    return matching.as_lists()


def _as_offered(rules: Rules, fits: Sequence[Places]) -> list[list[int]]:
    """Where no credential has a choice: each where it fits, the preferred ones while there is room."""
    placed: list[list[int]] = [[] for _ in rules.places]
    for index, places in enumerate(fits):
        for place in places:
            if len(placed[place]) < rules.places[place].maximum:
                placed[place].append(index)
    return placed


class _Matching:
    """A flow of credentials into places and of places into conditions, that grows by augmenting paths.

    A credential moves to make room when its place finds another one, or when another place of the same condition does.
    """

    def __init__(self, rules: Rules, held: Sequence[Held], fits: Sequence[Places]) -> None:
        self._places = rules.places
        self._beside = rules.beside
        self._held = held
        self._wanting = [0] * len(rules.places)
        self._free = 0
        bit = 1
        for places in fits:
            for place in places:
                self._wanting[place] |= bit
            if places:
                self._free |= bit
            bit <<= 1
        self._placed = [0] * len(rules.places)
        self._at = [-1] * len(fits)
        self._tried = 0
        self._depth = 0

    def meet(self, group: Group) -> None:
        """As many of its places, and as many credits in them, as it needs, as far as they can be had."""
        reached = 0
        for place in group.places:
            if reached >= group.number:
                break
            reached += self.fill(place, self._places[place].minimum) or self._empty(place)
        if group.credits is not None:
            self._gather(group, group.credits)

    def fill(self, place: int, goal: int) -> bool:
        """Up to so many credentials for the place. Whether that is how many there are."""
        while self._free and self._placed[place].bit_count() < min(goal, self._places[place].maximum):
            self._tried = 0
            if not self._augment(place):
                break
        return self._placed[place].bit_count() >= goal

    def fill_all(self) -> None:
        """Every place with what is left."""
        for place, component in enumerate(self._places):
            if not self._free:
                return
            self.fill(place, component.maximum)

    def as_lists(self) -> list[list[int]]:
        """By place, the credentials that count there, the preferred ones first."""
        placed: list[list[int]] = [[] for _ in self._places]
        for index, place in enumerate(self._at):
            if self._placed[place] >> index & 1:
                placed[place].append(index)
        return placed

    def _empty(self, place: int) -> bool:
        """Too few for its minimum: they may be of use elsewhere."""
        self._free |= self._placed[place]
        self._placed[place] = 0
        return False

    def _gather(self, group: Group, needed: Decimal) -> None:
        for place in group.places:
            while self._free:
                if self._credits(group) >= needed:
                    return
                if not self.fill(place, self._placed[place].bit_count() + 1):
                    break

    def _credits(self, group: Group) -> Decimal:
        total = NO_CREDITS
        for place in group.places:
            counting = self._placed[place]
            while counting:
                lowest = counting & -counting
                counting ^= lowest
                total += counted(self._places[place], self._held[lowest.bit_length() - 1])
        return total

    def _augment(self, place: int) -> bool:
        """Give the place one more credential: a free one, or one that can be spared where it is."""
        free = self._wanting[place] & self._free
        if free:
            lowest = free & -free
            self._free ^= lowest
            self._placed[place] |= lowest
            self._at[lowest.bit_length() - 1] = place
            return True
        left = self._wanting[place]
        while left := left & ~self._tried & ~self._placed[place]:
            lowest = left & -left
            left ^= lowest
            self._tried |= lowest
            other = self._at[lowest.bit_length() - 1]
            self._move(lowest, other, place)
            self._depth += 1
            has_room = self._depth < DEEPEST and (self._augment(other) or self._augment_beside(other))
            self._depth -= 1
            if has_room:
                return True
            self._move(lowest, place, other)
        return False

    def _augment_beside(self, place: int) -> bool:
        """Another place of the same condition instead of this one."""
        group = self._beside.get(place)
        if group is None or self._placed[place] or self._places[place].minimum > 1:
            return False
        return any(
            self._augment(other)
            for other in group.places
            if other != place and not self._placed[other] and self._places[other].minimum == 1
        )

    def _move(self, bit: int, place: int, other: int) -> None:
        self._placed[place] ^= bit
        self._placed[other] |= bit
        self._at[bit.bit_length() - 1] = other

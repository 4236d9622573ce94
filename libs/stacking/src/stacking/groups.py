"""Of the achievements of a group one counts: what that leaves to be earned beside what counts already."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from stacking.evidence import Held
from stacking.rules import Rules

MOST_SETS = 256
"""Sets of groups that are used up, of so many credentials chosen in all ways. More are not told apart."""
MOST_WORK = 200_000
"""Sets that are put together. After that nothing is told apart."""


class Groups:
    """A set of groups is the bits of a number. `room` has the places where no more, or only so many, can be earned."""

    def __init__(self, rules: Rules, held: Sequence[Held], placed: Sequence[Sequence[int]]) -> None:
        self._places = rules.places
        self._of: dict[str, int] = {}
        for bit, group in enumerate(rules.pathway.one_of):
            for achievement in group:
                self._of[achievement] = self._of.get(achievement, 0) | 1 << bit
        self._used = [
            (at, used)
            for at, which in enumerate(placed)
            for index in which
            if (used := self._of.get(held[index].achievement, 0))
        ]
        self._choices: dict[int, frozenset[int]] = {}
        self._left = MOST_WORK
        self.room: Mapping[int, int] = {at: 0 for at in range(len(self._places)) if not self._choices_in(at)}

    def conflict(self, places: Iterable[int]) -> tuple[Mapping[int, int], bool]:
        """Some of these, by place, that cannot be earned together; none when all can. And whether that is sure."""
        bound = [place for place in places if 0 not in self._choices_in(place)]
        count, _ = self._together(bound)
        if count == len(bound):
            return {}, True
        needed = bound[: count + 1]
        for place in needed[:-1]:
            fewer = list(needed)
            fewer.remove(place)
            if self._left > 0 and self._together(fewer)[0] < len(fewer):
                needed = fewer
        return Counter(needed), self._together(needed)[1]

    def _together(self, places: Sequence[int]) -> tuple[int, bool]:
        """How many of them, from the first, can be earned together."""
        later = self._later(places)
        used, is_sure = {0}, True
        for count, place in enumerate(places):
            choices = self._choices_in(place)
            self._left -= len(used) * len(choices)
            if self._left < 0:
                return count, False
            used = {(one | more) & later[count] for one in used for more in choices if not one & more}
            if not used:
                return count, is_sure
            if len(used) > MOST_SETS:
                used, is_sure = set(sorted(used, key=lambda one: (one.bit_count(), one))[:MOST_SETS]), False
        return len(places), is_sure

    def _later(self, places: Sequence[int]) -> list[int]:
        """For each of them, the groups that matter to those after it."""
        found, matters = [0] * len(places), 0
        for count in range(len(places) - 1, -1, -1):
            found[count] = matters
            for one in self._choices_in(places[count]):
                matters |= one
        return found

    def _choices_in(self, place: int) -> frozenset[int]:
        """The groups that each achievement would use up, where what counts leaves it; 0 where it is in none."""
        if place not in self._choices:
            one = self._places[place]
            # Where one counts, the next one takes its place.
            taken = 0
            for at, used in self._used:
                taken |= used if at != place or one.maximum > 1 else 0
            found = {self._of.get(achievement, 0) for achievement in one.accepts} if one.accepts else {0}
            self._choices[place] = frozenset(used for used in found if not used & taken)
        return self._choices[place]

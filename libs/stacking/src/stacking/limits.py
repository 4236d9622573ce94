"""What limits several credentials together, wherever they count."""

from collections.abc import Sequence

from stacking.evidence import NO_CREDITS, Held
from stacking.measure import counted
from stacking.rules import Rules


def of_one_source(held: Sequence[Held]) -> list[frozenset[int]]:
    """The indexes of those that are one achievement: awarded for the same credential, or that credential itself."""
    if not any(one.source for one in held):
        return []
    by_source: dict[str, set[int]] = {}
    for index, one in enumerate(held):
        for name in {one.id, one.source or one.id}:
            by_source.setdefault(name, set()).add(index)
    return [frozenset(indexes) for indexes in by_source.values() if len(indexes) > 1]


class Limits:
    """At most one of a group, one of those with one source, and so many credits shared with another pathway."""

    def __init__(self, rules: Rules, held: Sequence[Held]) -> None:
        self._places = rules.places
        self._held = held
        self._groups = rules.pathway.one_of
        self._sharing = [one for one in rules.pathway.sharing if any(one.pathway in h.counted_in for h in held)]
        self._sources = of_one_source(held)
        self.any = bool(self._sharing) or bool(self._groups) or bool(self._sources)

    def bind(self, index: int) -> bool:
        """Whether a limit speaks of this credential."""
        one = self._held[index]
        shared = any(limit.pathway in one.counted_in for limit in self._sharing)
        same = any(index in indexes for indexes in self._sources)
        return shared or same or any(one.achievement in group for group in self._groups)

    def cut(self, placed: list[list[int]], fits: Sequence[Sequence[int]]) -> list[list[int]]:
        """The same without those that break a limit. Earlier places keep theirs; others fill the room, by `fits`."""
        if not self.any or self.hold(placed):
            return placed
        kept: list[list[int]] = [[] for _ in placed]
        for place, indexes in enumerate(placed):
            for index in indexes:
                kept[place].append(index)
                if not self.hold(kept):
                    kept[place].pop()
        return self.filled(kept, fits)

    def filled(self, placed: Sequence[Sequence[int]], fits: Sequence[Sequence[int]]) -> list[list[int]]:
        """With whatever else finds room by `fits` and breaks no limit."""
        found = [list(indexes) for indexes in placed]
        self._fill(found, fits)
        return found

    def _fill(self, placed: list[list[int]], fits: Sequence[Sequence[int]]) -> None:
        counting = {index for indexes in placed for index in indexes}
        for index, places in enumerate(fits):
            for place in places if index not in counting else ():
                if len(placed[place]) >= self._places[place].maximum:
                    continue
                placed[place].append(index)
                if self.hold(placed):
                    break
                placed[place].pop()

    def hold(self, placed: Sequence[Sequence[int]]) -> bool:
        """Whether no limit is broken."""
        if self._sources:
            where = {index for indexes in placed for index in indexes}
            if any(len(indexes & where) > 1 for indexes in self._sources):
                return False
        counting = [(place, self._held[index]) for place, indexes in enumerate(placed) for index in indexes]
        for group in self._groups:
            if sum(one.achievement in group for _, one in counting) > 1:
                return False
        for limit in self._sharing:
            shared = (counted(self._places[at], one) for at, one in counting if limit.pathway in one.counted_in)
            if sum(shared, NO_CREDITS) > limit.credits:
                return False
        return True

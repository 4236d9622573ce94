"""What limits several credentials together, wherever they count."""

from collections.abc import Sequence
from decimal import Decimal

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
        self._named: dict[int, tuple[Sequence[int], Sequence[int]]] = {}
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
        tally = _Tally(self)
        kept = [[index for index in indexes if tally.takes(index, place)] for place, indexes in enumerate(placed)]
        return self.filled(kept, fits)

    def filled(self, placed: Sequence[Sequence[int]], fits: Sequence[Sequence[int]]) -> list[list[int]]:
        """With whatever else finds room by `fits` and breaks no limit."""
        found = [list(indexes) for indexes in placed]
        self._fill(found, fits)
        return found

    def _fill(self, placed: list[list[int]], fits: Sequence[Sequence[int]]) -> None:
        tally = _Tally(self)
        if not tally.takes_all(placed):
            return
        counting = {index for indexes in placed for index in indexes}
        for index, places in enumerate(fits):
            for place in places if index not in counting else ():
                if len(placed[place]) < self._places[place].maximum and tally.takes(index, place):
                    placed[place].append(index)
                    break

    def hold(self, placed: Sequence[Sequence[int]]) -> bool:
        """Whether no limit is broken."""
        return not self.any or _Tally(self).takes_all(placed)

    def named(self, index: int) -> tuple[Sequence[int], Sequence[int]]:
        """The groups and the sources, by number, of which this credential is one."""
        if index not in self._named:
            achievement = self._held[index].achievement
            groups = [at for at, group in enumerate(self._groups) if achievement in group]
            self._named[index] = groups, [at for at, indexes in enumerate(self._sources) if index in indexes]
        return self._named[index]

    def shares(self, index: int, place: int) -> list[tuple[int, Decimal, Decimal]]:
        """The numbers of the limits of credits that it is under there, what it brings, and how much may be."""
        one = self._held[index]
        under = [(at, limit) for at, limit in enumerate(self._sharing) if limit.pathway in one.counted_in]
        return [(at, counted(self._places[place], one), limit.credits) for at, limit in under]


class _Tally:
    """What counts so far, by limit: one credential more is a look at its own limits, and not at all that count."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._groups: set[int] = set()
        self._sources: dict[int, int] = {}
        self._shared: dict[int, Decimal] = {}

    def takes(self, index: int, place: int) -> bool:
        """Whether it breaks no limit there; then it counts."""
        groups, sources = self._limits.named(index)
        if not self._groups.isdisjoint(groups) or any(self._sources.get(at, index) != index for at in sources):
            return False
        shares = self._limits.shares(index, place)
        if any(self._shared.get(at, NO_CREDITS) + more > most for at, more, most in shares):
            return False
        self._groups.update(groups)
        self._sources.update(dict.fromkeys(sources, index))
        for at, more, _ in shares:
            self._shared[at] = self._shared.get(at, NO_CREDITS) + more
        return True

    def takes_all(self, placed: Sequence[Sequence[int]]) -> bool:
        """Whether none of them breaks any."""
        return all(self.takes(index, place) for place, indexes in enumerate(placed) for index in indexes)

"""What is missing: a shortest way to complete a pathway, from what counts already."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from stacking.evidence import NO_CREDITS
from stacking.measure import Measure
from stacking.rules import Node, Rules

ANY = Decimal("Infinity")
"""Where a credential decides what it is worth."""
MANY_MORE, MANY_SUMS = 12, 64
ALL_ROOM: Mapping[int, int] = {}
_Sums = dict[tuple[int, int], tuple[Decimal, tuple[int, ...]]]
"""By how many credentials more, and how many parts are reached (no more than are needed): credits, and places."""


class Way(NamedTuple):
    """What a node comes to with so many credentials more. `places` has the place of each of them."""

    length: int
    is_met: bool
    credits: Decimal
    places: tuple[int, ...] = ()


NO_WAY = Way(0, False, NO_CREDITS)


class OutOfWork(Exception):
    """More would have to be looked at than may be."""


class Work:
    """How much may still be looked at: nodes, and sums of credits put together, of which so many are kept apart."""

    def __init__(self, left: float = float("inf"), most_sums: int = MANY_SUMS) -> None:
        self._left = left
        self.most_sums = most_sums

    def spend(self, much: int) -> None:
        """Raises OutOfWork when there is no more."""
        self._left -= much
        if self._left < 0:
            raise OutOfWork


def shortest(
    rules: Rules,
    state: Measure,
    placed: Sequence[Sequence[int]],
    room: Mapping[int, int] = ALL_ROOM,
    work: Work | None = None,
) -> tuple[Way | None, bool]:
    """The fewest credentials that complete it, together with what counts and where it counts. None when nothing does.

    A component that has parts is reached by its parts, if it can be and the rest can too. In the places of `room` no
    more than so many can be earned. With it, whether all ways were looked at: where credits can be put together in very
    many, not all are. Raises OutOfWork.
    """
    for stand_ins in (False, True):
        ways = _Ways(rules, state, placed, room, work or Work(), stand_ins=stand_ins)
        way = _met(ways.to(len(rules.nodes) - 1, credits_matter=False))
        if way is not None:
            break
    return way, ways.is_all


def _met(ways: Iterable[Way]) -> Way | None:
    return next((way for way in ways if way.is_met), None)


class _Ways:
    """By node, the ways on from what counts: shortest first, each better than all that are shorter."""

    def __init__(
        self,
        rules: Rules,
        state: Measure,
        placed: Sequence[Sequence[int]],
        room: Mapping[int, int],
        work: Work,
        *,
        stand_ins: bool,
    ) -> None:
        self.is_all = True
        self._rules = rules
        self._state = state
        self._placed = placed
        self._room = room
        self._work = work
        self._stand_ins = stand_ins

    def to(self, at: int, *, credits_matter: bool) -> list[Way]:
        """`credits_matter`: something above asks for more of them."""
        self._work.spend(1)
        node, state = self._rules.nodes[at], self._state
        now = Way(0, state.reached[at], state.credits[at])
        if now.is_met and not credits_matter:
            return [now]
        if not node.children:
            return [now, *self._credentials(node, now, credits_matter=credits_matter)]
        if not credits_matter and at in self._rules.alike and (way := self._alike(node, at)):
            return [now, way]
        if not credits_matter and (node.credits is None or state.credits[at] >= node.credits):
            ways = [now, *self._parts(node, at, now)]
        else:
            sums = self._sums(node, is_every=credits_matter)
            ways = _told(node, now, sums) if credits_matter else [now, *_first(node, sums)]
        if node.place is not None and (self._stand_ins or not _met(ways)):
            ways = _better([*ways, *self._credentials(node, now, credits_matter=credits_matter)])
        return ways

    def _credentials(self, node: Node, now: Way, *, credits_matter: bool) -> list[Way]:
        """So many more. Where a credential decides, one may be worth anything, and take the place of another."""
        if node.place is None or not self._room.get(node.place, 1):
            return []
        component, count = self._rules.places[node.place], len(self._placed[node.place])
        room, each = component.maximum - count, component.credits
        room = min(room, self._room.get(node.place, room))
        lacking = component.minimum - count
        if each is None and lacking <= 1:
            return [Way(1, True, ANY, (node.place,))]
        numbers = {1, lacking}
        if each is not None and credits_matter:
            numbers |= {*range(1, min(room, MANY_MORE) + 1), room}
            self.is_all = self.is_all and room <= MANY_MORE
        return [
            Way(
                more,
                more >= lacking,
                ANY if each is None else max(now.credits, each * (count + more)),
                (node.place,) * more,
            )
            for more in sorted(numbers)
            if 0 < more <= room
        ]

    def _alike(self, node: Node, at: int) -> Way | None:
        """Where each part takes one credential: the first of them, or those worth most where credits are short.

        None where that is not enough, or one that takes the place of another may do better.
        """
        open_places, may_replace = [], False
        for child in node.children:
            place = self._rules.nodes[child].place
            if place is None or not self._room.get(place, 1):
                continue
            if not self._state.reached[child]:
                open_places.append(place)
            elif self._worth(place) == ANY:
                may_replace = True
        lacking = max(0, node.number - self._state.counts[at])
        short = NO_CREDITS if node.credits is None else node.credits - self._state.credits[at]
        chosen = self._worth_most(open_places, lacking, short) if short > 0 else open_places[:lacking]
        if len(chosen) < lacking or not chosen or (may_replace and len(chosen) > max(lacking, 1)):
            return None
        return Way(len(chosen), True, ANY, tuple(chosen))

    def _worth_most(self, places: list[int], least: int, short: Decimal) -> list[int]:
        """As few as bring the credits that are short. What the pathway says they are worth goes before the rest."""
        ranked = sorted(places, key=self._worth, reverse=True)
        for length in range(max(least, 1), len(ranked) + 1):
            known = [place for place in ranked if self._worth(place) != ANY][:length]
            for chosen in (known, ranked[:length]):
                if len(chosen) == length and sum(map(self._worth, chosen)) >= short:
                    return sorted(chosen)
        return []

    def _worth(self, place: int) -> Decimal:
        each = self._rules.places[place].credits
        return ANY if each is None else each

    def _parts(self, node: Node, at: int, now: Way) -> list[Way]:
        """Where only their number counts: those that are the least way off."""
        ways: list[Way] = []
        for child in node.children:
            if not self._state.reached[child] and (way := _met(self.to(child, credits_matter=False))):
                ways.append(way)  # noqa: PERF401 - in a comprehension calls would nest deeper
        ways.sort(key=lambda way: way.length)
        chosen = ways[: node.number - self._state.counts[at]]
        if self._state.counts[at] + len(chosen) < node.number:
            return []
        places = tuple([place for way in chosen for place in way.places])
        return [Way(len(places), True, now.credits, places)]

    def _sums(self, node: Node, *, is_every: bool) -> _Sums:
        """Each length and number of parts with the most credits that it can have; if not `is_every`, up to the shortest
        that meets the condition.
        """
        number, total = 0, NO_CREDITS
        open_parts: list[list[Way]] = []
        for child in node.children:
            ways = self.to(child, credits_matter=True)
            if len(ways) > 1:
                open_parts.append(ways)
            else:
                number, total = number + ways[0].is_met, total + ways[0].credits
        sums: _Sums = {(0, min(node.number, number)): (total, ())}
        for ways in open_parts:
            self._work.spend(len(sums) * len(ways))
            sums = self._thinned(_added(sums, ways, node, is_every=is_every))
        return sums

    def _thinned(self, sums: _Sums) -> _Sums:
        """The shortest of very many, and the one that comes to most."""
        if len(sums) <= self._work.most_sums:
            return sums
        self.is_all = False
        kept = sorted(sums)[: self._work.most_sums]
        return {key: sums[key] for key in (*kept, max(sums, key=lambda key: (key[1], sums[key][0])))}


def _told(node: Node, now: Way, sums: _Sums) -> list[Way]:
    """As ways. What a credential reached or brings already stays."""
    by_credential, least = (False, NO_CREDITS) if node.place is None else (now.is_met, now.credits)
    return _better(
        Way(length, by_credential or _is_met(node, number, total), max(total, least), places)
        for (length, number), (total, places) in sums.items()
    )


def _first(node: Node, sums: _Sums) -> list[Way]:
    """The shortest that meets the condition, if one does."""
    for (length, number), (total, places) in sorted(sums.items()):
        if _is_met(node, number, total):
            return [Way(length, True, total, places)]
    return []


def _is_met(node: Node, number: int, total: Decimal) -> bool:
    return number >= node.number and (node.credits is None or total >= node.credits)


def _added(sums: _Sums, ways: Sequence[Way], node: Node, *, is_every: bool) -> _Sums:
    """With one part more."""
    most = ANY if is_every or node.credits is None else node.credits
    first = None if is_every else next((key[0] for key in sorted(sums) if _is_met(node, key[1], sums[key][0])), None)
    grown: _Sums = {}
    for (length, number), (so_far, places) in sorted(sums.items(), reverse=True):
        for way in ways:
            if first is not None and length + way.length > first:
                break
            key, total = (length + way.length, min(node.number, number + way.is_met)), so_far + way.credits
            known = grown.get(key)
            if known is None or _is_more(total, known[0], most):
                grown[key] = total, places + way.places
    return grown


def _is_more(total: Decimal, than: Decimal, most: Decimal) -> bool:
    """What the pathway says goes before what a credential may decide, where both are enough."""
    one, other = min(total, most), min(than, most)
    return one > other or (one == other and than == ANY > total)


def _better(ways: Iterable[Way]) -> list[Way]:
    found: list[Way] = []
    for way in sorted(ways, key=lambda way: (way.length, not way.is_met, -way.credits)):
        if not any(one.is_met >= way.is_met and one.credits >= way.credits for one in found):
            found.append(way)
    return found

"""The choices that credentials leave, in whole numbers and bits: what a search over them looks at again and again."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from stacking.evidence import Held
from stacking.limits import of_one_source
from stacking.matching import Places
from stacking.missing import Work
from stacking.rules import Node, Rules


class Shared(NamedTuple):
    """Of these credentials, as bits, no more than so many credits count."""

    limit: int
    who: int


class Choices:
    """What may count where. Places and credentials are bits of numbers, credits whole numbers of a common unit.

    `more` credentials are added that fit everywhere, break no limit, and are worth whatever is asked for where a
    credential decides. `fits` are places by credential, `worth` credits by credential and place, `below` the places
    under each node, `asked` its credits, `is_single` the nodes that one credential reaches and nothing else does.
    `peers` are those of which at most one counts beside each, `sets` the limits that say so, `kin` those that are the
    same in all of this. `whole`: the first of those that stand for each other, of which one counts. `work` is what may
    still be looked at: whoever looks at credentials, places or nodes takes as many from it.
    """

    def __init__(
        self, rules: Rules, held: Sequence[Held], fits: Sequence[Places], more: int = 0, work: Work | None = None
    ) -> None:
        self.rules = rules
        self.work = work or Work()
        self.size = len(held) + more
        self.work.spend(self.size * (len(rules.places) + len(rules.pathway.one_of)))
        self._unit = _unit(rules, held)
        self.asked = [None if node.credits is None else self._whole(node.credits) for node in rules.nodes]
        self._most = sum(one or 0 for one in self.asked) + 1
        self.worth = self._worths(rules, held, more)
        everywhere = (1 << len(rules.places)) - 1
        self.fits = [bits(places) for places in fits] + [everywhere] * more
        self.below = _below(rules.nodes)
        self.is_single = [
            not node.children and node.place is not None and rules.places[node.place].minimum == 1
            for node in rules.nodes
        ]
        self.sets = _sets(rules, held, fits)
        self.shared = [
            Shared(self._whole(limit.credits), who)
            for limit in rules.pathway.sharing
            if (who := bits(i for i, one in enumerate(held) if limit.pathway in one.counted_in and fits[i]))
        ]
        self.peers = [0] * self.size
        for one in self.sets:
            for index in indexes(one):
                self.peers[index] |= one & ~(1 << index)
        self.whole = self._wholes()
        self.members: list[list[int]] = [[] for _ in range(self.size)]
        for index, whole in enumerate(self.whole):
            self.members[whole].append(index)
        self.kin = self._kin(len(held))

    def best(self, index: int, places: int) -> int:
        """The most that the credential is worth in one of these."""
        worth = self.worth[index]
        return max([worth[place] for place in indexes(places)], default=0)

    def _whole(self, credits_: Decimal) -> int:
        return int(credits_ * self._unit) if credits_.is_finite() else self._most

    def _worths(self, rules: Rules, held: Sequence[Held], more: int) -> list[list[int]]:
        each = [None if one.credits is None else self._whole(one.credits) for one in rules.places]
        own = [self._whole(one.credits) for one in held] + [self._most] * more
        return [[one if fixed is None else fixed for fixed in each] for one in own]

    def _wholes(self) -> list[int]:
        """By sets that have nothing in common, large ones first: each is one thing for a flow."""
        found, seen = list(range(self.size)), 0
        for one in sorted(self.sets, key=lambda one: (-one.bit_count(), one)):
            inside = list(indexes(one & ~seen))
            for index in inside if len(inside) > 1 else ():
                found[index] = inside[0]
                seen |= 1 << index
        return found

    def _kin(self, own: int) -> list[int]:
        same: dict[object, int] = {}
        names: list[object] = []
        for index in range(self.size):
            limits = [one >> index & 1 for one in (*self.sets, *(shared.who for shared in self.shared))]
            worth = [self.worth[index][place] for place in indexes(self.fits[index])]
            names.append((self.fits[index], tuple(worth), tuple(limits), index >= own))
            same[names[-1]] = same.get(names[-1], 0) | 1 << index
        return [same[name] for name in names]


def number_of(places: Iterable[int], inside: int = -1) -> int:
    """How many places they are together: how much there is to look at."""
    return sum([(one & inside).bit_count() for one in places])


def bits(of: Iterable[int]) -> int:
    """A set of small numbers as one."""
    found = 0
    for one in of:
        found |= 1 << one
    return found


def indexes(of: int) -> list[int]:
    """Which bits are set, lowest first."""
    found = []
    while of:
        lowest = of & -of
        of ^= lowest
        found.append(lowest.bit_length() - 1)
    return found


def _unit(rules: Rules, held: Sequence[Held]) -> int:
    """By which all credits are whole numbers."""
    told = [
        *(one.credits for one in held),
        *(one.credits for one in rules.places if one.credits is not None),
        *(one.credits for one in rules.nodes if one.credits is not None),
        *(one.credits for one in rules.pathway.sharing),
    ]
    exponents = [one.as_tuple().exponent for one in told if one.is_finite()]
    return 10 ** max([-one for one in exponents if isinstance(one, int)], default=0) if exponents else 1


def _below(nodes: Sequence[Node]) -> list[int]:
    found: list[int] = []
    for node in nodes:
        own = 0 if node.place is None else 1 << node.place
        for child in node.children:
            own |= found[child]
        found.append(own)
    return found


def _sets(rules: Rules, held: Sequence[Held], fits: Sequence[Places]) -> list[int]:
    """Those of which at most one counts, but for what another of them says already."""
    groups = [bits(i for i, one in enumerate(held) if one.achievement in group) for group in rules.pathway.one_of]
    fitting = bits(index for index, places in enumerate(fits) if places)
    found = {one & fitting for one in (*groups, *map(bits, of_one_source(held)))}
    found = {one for one in found if one.bit_count() > 1}
    return sorted(one for one in found if not any(one != other and one & other == one for other in found))

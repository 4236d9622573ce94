"""How far each component and condition is, once it is known which credentials count where."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from stacking.evidence import NO_CREDITS, Held
from stacking.model import Component
from stacking.rules import Rules


class Measure(NamedTuple):
    """How far each node is: reached or not, how many of its children are, and the credits in it."""

    reached: Sequence[bool]
    counts: Sequence[int]
    credits: Sequence[Decimal]

    @property
    def is_complete(self) -> bool:
        """Whether the destination is reached."""
        return self.reached[-1]


def counted(component: Component, held: Held) -> Decimal:
    """The credits that a credential counts there."""
    return held.credits if component.credits is None else component.credits


def measure(rules: Rules, held: Sequence[Held], placed: Sequence[Sequence[int]]) -> Measure:
    """Evaluate the tree over the credentials that count in each place. `placed` has their indexes."""
    size = len(rules.nodes)
    reached, counts, sums = [False] * size, [0] * size, [NO_CREDITS] * size
    for component, at, indexes in zip(rules.places, rules.node_of, placed, strict=True):
        if indexes or not component.minimum:
            reached[at] = len(indexes) >= component.minimum
            each, total = component.credits, NO_CREDITS
            for index in indexes:
                total += held[index].credits if each is None else each
            if total > NO_CREDITS:
                sums[at] = total
    for at in rules.inner:
        node = rules.nodes[at]
        number, total = 0, NO_CREDITS
        for child in node.children:
            number += reached[child]
            total += sums[child]
        is_met = number >= node.number and (node.credits is None or total >= node.credits)
        # A component that credentials can reach too has its own already.
        reached[at] = reached[at] or is_met
        counts[at] = number
        if node.place is None or total >= sums[at]:
            sums[at] = total
    return Measure(reached, counts, sums)

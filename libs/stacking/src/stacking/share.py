"""How far a learner is on a pathway, as one number: for people, and for nothing that is decided."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from stacking.evaluation import Evaluation
from stacking.rules import Node, Rules, Step

ALL, NONE = Decimal(1), Decimal(0)


def percent(rules: Rules, found: Evaluation) -> int:
    """Of what the destination needs, 0 to 100, rounded down: 100 where every condition is met, and nowhere else.

    A condition is as far as the parts that are furthest, so many of them as it needs; where it asks for credits too,
    as far as the lesser of both.
    """
    shares: list[Decimal] = []
    for node, step in zip(rules.nodes, found.steps, strict=True):
        shares.append(_share(node, step, shares))
    return min(int((shares[-1] * 100).to_integral_value(ROUND_DOWN)), 100 if found.steps[-1].is_met else 99)


def _share(node: Node, step: Step, shares: Sequence[Decimal]) -> Decimal:
    if step.is_met:
        return ALL
    parts = sorted((shares[child] for child in node.children), reverse=True)
    if node.place is not None:
        # Reached by a credential or by what it stands for, whichever is nearer.
        by_credential = NONE if node.children else Decimal(step.reached) / node.minimum
        return max([by_credential, *parts])
    asked = []
    if node.number:
        asked.append(sum(parts[: node.number], NONE) / node.number)
    if node.credits:
        asked.append(min(ALL, step.credits / node.credits))
    return min(asked, default=NONE)

"""The evaluation of a learner's credentials against a pathway, with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from stacking.assignment import Assignment, Offer, assign, offer
from stacking.constraints import Refusal
from stacking.evidence import Held, Setting
from stacking.limits import of_one_source
from stacking.rules import Node, Rules, Step


class Placed(NamedTuple):
    """A credential that counts, where, and for how many credits."""

    credential: str
    component: str
    credits: Decimal


class Left(NamedTuple):
    """A credential that does not count, and why.

    Codes: `not-in-pathway`, `counted-enough` (others fill its places), `same-source` (what it recognises, or was
    recognised for, counts), `limit` (one of a group, or shared credits), or a constraint's code with the component that
    has it.
    """

    credential: str
    code: str
    component: str | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was decided and why. `missing` is a shortest way to complete the pathway: components still to be reached.

    `barred_by`: credentials whose holder may not complete it. `is_exact` is False when there were more choices than
    could be searched, and none of those searched completes it: not complete then means not shown to be.
    """

    is_complete: bool
    placed: tuple[Placed, ...]
    left: tuple[Left, ...]
    steps: tuple[Step, ...]
    missing: tuple[str, ...]
    barred_by: tuple[str, ...] = ()
    is_exact: bool = True


def evaluate(rules: Rules, held: Sequence[Held], setting: Setting) -> Evaluation:
    """The order of `held` never matters. One more credential never loses a completed pathway, unless `not_for` does."""
    offered = offer(rules, held, setting)
    not_for = rules.pathway.not_for
    barred = tuple(one.id for one in offered.held if one.achievement in not_for) if not_for else ()
    found = assign(rules, offered)
    is_complete = found.measure.is_complete and not barred
    return Evaluation(
        is_complete=is_complete,
        placed=_placed(rules, offered, found),
        left=_left(rules, offered, found),
        steps=_steps(rules, found),
        missing=() if found.measure.is_complete else tuple(_Shortest(rules, found).way()),
        barred_by=barred,
        is_exact=found.is_exact,
    )


def _placed(rules: Rules, offered: Offer, found: Assignment) -> tuple[Placed, ...]:
    placed = []
    for component, indexes in zip(rules.places, found.placed, strict=True):
        for index in indexes:
            one, each = offered.held[index], component.credits
            placed.append(Placed(one.id, component.id, one.credits if each is None else each))
    return tuple(placed)


def _left(rules: Rules, offered: Offer, found: Assignment) -> tuple[Left, ...]:
    counting = {index for indexes in found.placed for index in indexes}
    if len(counting) == len(offered.held):
        return ()
    same = {index for indexes in of_one_source(offered.held) if indexes & counting for index in indexes}
    refused = {index: (place, refusal) for index, place, refusal in reversed(offered.refusals)}
    left = []
    for index, one in enumerate(offered.held):
        if index in counting:
            continue
        if offered.places[index]:
            has_room = any(len(found.placed[at]) < rules.places[at].maximum for at in offered.places[index])
            code = "same-source" if index in same else "limit" if has_room else "counted-enough"
            left.append(Left(one.id, code))
        elif index in refused:
            place, refusal = refused[index]
            left.append(Left(one.id, refusal.code, rules.places[place].id, refusal))
        else:
            left.append(Left(one.id, "not-in-pathway"))
    return tuple(left)


def _steps(rules: Rules, found: Assignment) -> tuple[Step, ...]:
    reached, counts, sums = found.measure.reached, found.measure.counts, found.measure.credits
    steps = list(rules.steps)
    for at, indexes in zip(rules.node_of, found.placed, strict=True):
        if indexes:
            node = rules.nodes[at]
            steps[at] = Step(node.name, reached[at], len(indexes), node.minimum, sums[at], None)
    for at in rules.inner:
        node = rules.nodes[at]
        steps[at] = Step(node.name, reached[at], counts[at], node.number, sums[at], node.credits)
    return tuple(steps)


class _Shortest:
    """The fewest components that are still to be reached. Where credits are short, those that are worth most first."""

    def __init__(self, rules: Rules, found: Assignment) -> None:
        self._rules = rules
        self._state = found.measure

    def way(self) -> list[str]:
        return list(dict.fromkeys(self._to(len(self._rules.nodes) - 1)))

    def _to(self, at: int) -> list[str]:
        node = self._rules.nodes[at]
        if self._state.reached[at]:
            return []
        if not node.children:
            return [node.name]
        open_ways = [(self._to(child), child) for child in node.children if not self._state.reached[child]]
        open_ways.sort(key=lambda way: len(way[0]))
        short = max(0, node.number - self._state.counts[at])
        chosen = open_ways[:short]
        return [name for way, _ in chosen for name in way] + self._credits(node, at, chosen, open_ways)

    def _credits(
        self, node: Node, at: int, chosen: Sequence[tuple[list[str], int]], ways: Sequence[tuple[list[str], int]]
    ) -> list[str]:
        """What is needed besides for the credits, as far as the pathway says what a component is worth."""
        if node.credits is None:
            return []
        short = node.credits - self._state.credits[at] - sum((self._worth(child) for _, child in chosen), Decimal(0))
        more: list[str] = []
        for way, child in sorted(ways[len(chosen) :], key=lambda way: -self._worth(way[1])):
            if short <= 0:
                break
            more += way
            short -= self._worth(child)
        return more

    def _worth(self, at: int) -> Decimal:
        node = self._rules.nodes[at]
        if node.place is not None:
            return self._rules.places[node.place].credits or Decimal(0)
        return sum((self._worth(child) for child in node.children), Decimal(0))

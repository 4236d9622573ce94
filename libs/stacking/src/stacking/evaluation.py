"""The evaluation of a learner's credentials against a pathway, with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from stacking.assignment import Assignment, Offer, assign, offer
from stacking.closest import closest
from stacking.constraints import Refusal
from stacking.evidence import Held, Setting
from stacking.limits import of_one_source
from stacking.missing import NO_WAY
from stacking.rules import Rules, Step


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
    """What was decided and why.

    `missing` is a way to complete the pathway: components that need credentials yet. Each is to be reached, and where
    `steps` show that credits are short, with as many as are. `is_shortest`: no way takes fewer credentials, wherever
    those that are held count; a component with parts is reached by its parts, if it can be. Of what cannot be completed
    any more, nothing is said to be missing.
    `barred_by`: credentials whose holder may not complete it. `is_exact` is False when there were more choices than
    could be searched, and none of those searched completes it: not complete then means not shown to be. `is_packed`:
    the first evaluator (see `record`) would not have found that it is complete.
    """

    is_complete: bool
    placed: tuple[Placed, ...]
    left: tuple[Left, ...]
    steps: tuple[Step, ...]
    missing: tuple[str, ...]
    barred_by: tuple[str, ...] = ()
    is_exact: bool = True
    is_shortest: bool = True
    is_packed: bool = False


def evaluate(rules: Rules, held: Sequence[Held], setting: Setting) -> Evaluation:
    """The order of `held` never matters. One more credential never loses a completed pathway, unless `not_for` does."""
    offered = offer(rules, held, setting)
    barred = _barred_by(rules, offered)
    found = assign(rules, offered)
    way, is_shortest = NO_WAY, True
    if not found.measure.is_complete:
        near = closest(rules, offered, found)
        found, way, is_shortest = near.assignment, near.way or NO_WAY, near.is_shortest
    return Evaluation(
        is_complete=found.measure.is_complete and not barred,
        placed=_placed(rules, offered, found),
        left=_left(rules, offered, found),
        steps=_steps(rules, found),
        missing=tuple(dict.fromkeys([rules.places[place].id for place in way.places])),
        barred_by=barred,
        is_exact=found.is_exact,
        is_shortest=is_shortest,
        is_packed=found.is_packed,
    )


def completes(rules: Rules, held: Sequence[Held], setting: Setting) -> bool:
    """The same decision without its reasons."""
    offered = offer(rules, held, setting)
    return not _barred_by(rules, offered) and assign(rules, offered).measure.is_complete


def _barred_by(rules: Rules, offered: Offer) -> tuple[str, ...]:
    not_for = rules.pathway.not_for
    return tuple(one.id for one in offered.held if one.achievement in not_for) if not_for else ()


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

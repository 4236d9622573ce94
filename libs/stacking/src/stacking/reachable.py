"""Whether anybody can complete a pathway of whose groups of achievements one counts each."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from enum import Enum

from stacking.assignment import offer
from stacking.earnable import way_on
from stacking.evidence import Held, Setting
from stacking.measure import measure
from stacking.missing import OutOfWork, Work
from stacking.model import Component, Pathway
from stacking.packing import Packing, Undecided
from stacking.rules import Rules, compile_rules

MOST_WORK, MOST_SUMS = 250_000, 1_000
"""Nodes and sums of credits that are looked at, for the ways that can be earned."""
FEW_TRIES, MANY_TRIES = 20, 2_000
"""Ways that are tried before credentials are placed, and where placing them does not decide."""
MOST_HELD, MOST_PACKED = 2_000, 1_200_000
"""Credentials that are placed, and how much is looked at for it."""


class Reach(Enum):
    """What was found. `undecided`: there are more ways than are tried, and none of those that were can be gone."""

    CAN = "can"
    CANNOT = "cannot"
    UNDECIDED = "undecided"


def reach(pathway: Pathway) -> Reach:
    """By somebody who may earn whatever it asks for, if it can be had together.

    The shortest ways are tried first; where they are too many, placing one credential of each achievement is.
    """
    rules = compile_rules(pathway)
    found = _by_ways(rules, FEW_TRIES)
    if found is Reach.UNDECIDED:
        found = _by_placing(rules)
    return _by_ways(rules, MANY_TRIES) if found is Reach.UNDECIDED else found


def _by_ways(rules: Rules, tries: int) -> Reach:
    nothing: list[list[int]] = [[] for _ in rules.places]
    state = measure(rules, (), nothing)
    try:
        way, is_sure = way_on(rules, (), nothing, state, tries=tries, work=Work(MOST_WORK, MOST_SUMS))
    except OutOfWork:
        return Reach.UNDECIDED
    if way is not None:
        return Reach.CAN
    return Reach.CANNOT if is_sure else Reach.UNDECIDED


def _by_placing(rules: Rules) -> Reach:
    """With one credential for each achievement of a group, and plenty of all others."""
    grouped = frozenset[str]().union(*rules.pathway.one_of)
    places = tuple(_place(component, at, grouped) for at, component in enumerate(rules.places))
    held = [one for at, component in enumerate(places) for one in _plenty(component, at, grouped)]
    if len(held) > MOST_HELD:
        return Reach.UNDECIDED
    try:
        return Reach.CAN if _packs(rules, places, held) else Reach.CANNOT
    except Undecided:
        return Reach.UNDECIDED


def _packs(rules: Rules, places: tuple[Component, ...], held: list[Held]) -> bool:
    by_achievement: dict[str, tuple[int, ...]] = {}
    for at, component in enumerate(places):
        for achievement in dict.fromkeys(component.accepts):
            by_achievement[achievement] = (*by_achievement.get(achievement, ()), at)
    rules = replace(rules, places=places, by_achievement=by_achievement, open_places=())
    offered = offer(rules, held, Setting(date.max))
    return Packing(MOST_PACKED).complete(rules, offered.held, offered.places) is not None


def _place(component: Component, at: int, grouped: frozenset[str]) -> Component:
    """Where something is accepted that is in no group, nothing else is needed: it stands for all of that."""
    is_free = not component.accepts or not grouped.issuperset(component.accepts)
    return replace(component, accepts=(str(at),) if is_free else component.accepts, constraints=())


def _plenty(component: Component, at: int, grouped: frozenset[str]) -> list[Held]:
    credits_each = Decimal("Infinity") if component.credits is None else component.credits
    if component.accepts == (str(at),):
        copies = component.maximum
        return [Held(f"{at}/{copy}", str(at), "", date.min, credits_each) for copy in range(copies)]
    return [Held(one, one, "", date.min, credits_each) for one in component.accepts]

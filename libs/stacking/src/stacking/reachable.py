"""Whether anybody can complete a pathway of whose groups of achievements one counts each."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from stacking.assignment import Assignment, assign, offer
from stacking.evidence import Held, Setting
from stacking.model import Component, Pathway
from stacking.rules import Rules, compile_rules

MOST_WORK, STEPS = 200_000, 20_000
"""Comparisons of credentials with groups, and nodes looked at. A pathway that takes more is not judged."""


def can_be_completed(pathway: Pathway) -> bool:
    """By somebody who has whatever it asks for. True as well where there are too many ways to try."""
    grouped = frozenset[str]().union(*pathway.one_of)
    rules = compile_rules(pathway)
    places = tuple(_place(component, at, grouped) for at, component in enumerate(rules.places))
    held = [one for at, component in enumerate(places) for one in _plenty(component, at, grouped)]
    if len(held) ** 2 * len(pathway.one_of) > MOST_WORK:
        return True
    found = _assign(rules, places, held)
    return found.measure.is_complete or not found.is_exact


def _assign(rules: Rules, places: tuple[Component, ...], held: list[Held]) -> Assignment:
    by_achievement: dict[str, tuple[int, ...]] = {}
    for at, component in enumerate(places):
        for achievement in dict.fromkeys(component.accepts):
            by_achievement[achievement] = (*by_achievement.get(achievement, ()), at)
    rules = replace(rules, places=places, by_achievement=by_achievement, open_places=())
    return assign(rules, offer(rules, held, Setting(date.max)), STEPS // (len(held) + len(rules.nodes)))


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

"""The rules of a pathway as sentences, for models that have no members for them."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import assert_never

from stacking import Component, Condition, Pathway
from stacking.constraints import (
    AwardedFrom,
    AwardedWithin,
    Constraint,
    CreditsAtLeast,
    IssuedBy,
    LevelAtLeast,
    Recognised,
    ResultAtLeast,
)
from stacking.model import Awarding


def ects(number: Decimal) -> str:
    """An amount of credits."""
    return f"{number:f} ECTS credits"


def period(months: int, days: int) -> str:
    """A length of time, without the parts that are nothing."""
    said = [f"{number} {unit}" for number, unit in ((months, "months"), (days, "days")) if number]
    return " and ".join(said) or "0 days"


def of_condition(condition: Condition, title: Callable[[str], str]) -> str:
    """How many of what it lists must be reached, and for how many credits. `title` says what a component is called."""
    listed = [*map(title, condition.targets), *(f"({of_condition(one, title)})" for one in condition.conditions)]
    names = ", ".join(listed)
    count = "all" if condition.number == len(listed) else str(condition.number)
    said = names if len(listed) == 1 else f"{count} of: {names}"
    if condition.credits is None:
        return said
    least = f"at least {ects(condition.credits)}"
    return f"{said}; for {least} together" if condition.number else f"{least} by: {names}"


def of_constraint(constraint: Constraint) -> str:
    """What one credential must meet."""
    match constraint:
        case IssuedBy(issuers):
            said = f"Issued by {' or '.join(sorted(issuers))}"
        case Recognised():
            said = "Issued by an issuer that the owner of the pathway recognises"
        case LevelAtLeast(level):
            said = f"At level {level} of the European Qualifications Framework or above"
        case AwardedFrom(day):
            said = f"Awarded on {day.isoformat()} or later"
        case AwardedWithin(months, days):
            said = f"Awarded no longer ago than {period(months, days)}"
        case ResultAtLeast(result, value):
            said = f"With a result of at least {value:f} in {result}"
        case CreditsAtLeast(least):
            said = f"Worth at least {ects(least)}"
        case _:
            assert_never(constraint)
    return said


def of_numbers(component: Component) -> Iterator[str]:
    """How many credentials reach it and count, where that is not one."""
    if component.minimum != 1:
        yield f"Reached by {component.minimum} credentials"
    if component.maximum != component.minimum:
        yield f"At most {component.maximum} credentials count"


def of_component(component: Component) -> list[str]:
    """Everything that a component asks for by itself."""
    choice = "Any of several achievements" if len(component.accepts) > 1 else ""
    anything = "Any achievement" if not component.accepts and component.condition is None else ""
    said = [choice or anything, *of_numbers(component), *map(of_constraint, component.constraints)]
    return [one for one in said if one]


def of_pathway(pathway: Pathway) -> list[str]:
    """What holds for the whole of it."""
    said = [
        f"Of the credits that count in {one.pathway}, at most {ects(one.credits)} count here too"
        for one in pathway.sharing
    ]
    said += [f"At most one of these counts: {', '.join(sorted(group))}" for group in pathway.one_of]
    if pathway.not_for:
        said.append(f"Not for holders of {' or '.join(sorted(pathway.not_for))}")
    if pathway.awarding is Awarding.APPROVAL:
        said.append("Awarded after approval")
    return said

"""What two institutions agree about: which achievements, how many credits, until when, what a grade becomes. Pure.

The document is what is proposed and signed, known by its digest. Everything else is read from it, never kept beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from credential_core.timestamps import parse_timestamp
from issuer.core.model import Json


@dataclass(frozen=True, slots=True)
class GradeStep:
    """One line of a conversion: a value exactly, or every number from one on."""

    to: str
    exactly: str | None = None
    at_least: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Conversion:
    """What results of theirs become as results of ours. `source` and `target` are ids of result descriptions.

    Without a source, results of any description are converted, each description's by themselves. What no step takes
    is below what was agreed.
    """

    source: str | None
    target: str
    steps: tuple[GradeStep, ...]

    def convert(self, *values: str) -> str | None:
        """Our value for theirs, of one description: of the step that names it, else of the highest that it reaches.

        None where none does. Several results are a set, whose order nobody signed: all must be taken, and the lowest
        floor counts, else the last step.
        """
        taken = [step for value in values if (step := self._step(value)) is not None]
        if not taken or len(taken) < len(values):
            return None
        floors = [step.at_least for step in taken if step.at_least is not None]
        if len(floors) == len(taken):
            return next(step.to for step in taken if step.at_least == min(floors))
        return max(taken, key=self.steps.index).to

    def _step(self, value: str) -> GradeStep | None:
        for step in self.steps:
            if step.exactly is not None and step.exactly == value:
                return step
        number = number_in(value)
        reached = [step for step in self.steps if _is_reached(step.at_least, number)]
        return max(reached, key=lambda step: step.at_least or Decimal(0), default=None)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is recognised as what. Without an achievement, all of the issuer's that reach the floor are meant."""

    achievement: str | None
    minimum_credits: Decimal | None
    minimum_level: int | None
    target: str
    credits: Decimal
    conversion: Conversion | None


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on the agreement grants one learner nothing more in the programme.

    What counts came by whatever agreement or decision; people who decide a case are not bound.
    """

    credits: Decimal | None = None
    credentials: int | None = None


@dataclass(frozen=True, slots=True)
class Dates:
    """A period; without an end it is open there."""

    begins: datetime | None = None
    ends: datetime | None = None

    def include(self, moment: datetime) -> bool:
        """The end is outside."""
        return (self.begins is None or self.begins <= moment) and (self.ends is None or moment < self.ends)


@dataclass(frozen=True, slots=True)
class Terms:
    """An agreement as it is applied. `source` and `recognising` are DIDs of issuers; `programme` is an address."""

    programme: str
    recognising: str
    source: str
    rules: tuple[Rule, ...]
    limits: Limits
    in_force: Dates
    awarded: Dates
    appeal_days: int | None = None


def number_in(value: object) -> Decimal | None:
    """A finite decimal in a text or a JSON number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = Decimal(str(value).strip())
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def terms_of(document: Mapping[str, Any]) -> Terms:
    """The terms in an agreement's document, which was checked when it was proposed."""
    limits = document.get("limits", {})
    return Terms(
        programme=document["programme"],
        recognising=document["recognisingIssuer"],
        source=document["sourceIssuer"],
        rules=tuple(_rule(rule) for rule in document["rules"]),
        limits=Limits(number_in(limits.get("maxCredits")), limits.get("maxCredentials")),
        in_force=_dates(document, "validFrom", "validUntil"),
        awarded=_dates(document, "awardedFrom", "awardedUntil"),
        appeal_days=document.get("appealDays"),
    )


def results_named(rules: Sequence[Rule]) -> dict[str, list[Json]]:
    """Each target with every result that a conversion may give there: what the achievement must describe."""
    found: dict[str, list[Json]] = {}
    for rule in rules:
        given = found.setdefault(rule.target, [])
        if rule.conversion is not None:
            given += [result_of(rule.conversion, step.to) for step in rule.conversion.steps]
    return found


def result_of(conversion: Conversion, value: str) -> Json:
    """One of our results, as Open Badges has it."""
    return {"type": ["Result"], "resultDescription": conversion.target, "value": value}


def _rule(rule: Mapping[str, Any]) -> Rule:
    return Rule(
        achievement=rule.get("achievement"),
        minimum_credits=number_in(rule.get("minimumCredits")),
        minimum_level=rule.get("minimumLevel"),
        target=rule["target"],
        credits=number_in(rule["credits"]) or Decimal(0),
        conversion=_conversion(rule["gradeConversion"]) if "gradeConversion" in rule else None,
    )


def _conversion(conversion: Mapping[str, Any]) -> Conversion:
    steps = tuple(
        GradeStep(step["to"], step.get("from"), number_in(step.get("atLeast"))) for step in conversion["steps"]
    )
    return Conversion(conversion.get("source"), conversion["target"], steps)


def _dates(document: Mapping[str, Any], begins: str, ends: str) -> Dates:
    return Dates(*(parse_timestamp(document[name]) if name in document else None for name in (begins, ends)))


def _is_reached(floor: Decimal | None, number: Decimal | None) -> bool:
    return floor is not None and number is not None and number >= floor

"""What becomes of a credential that a learner brings, by the agreements that there are. Pure.

The same credential, agreements and moment give the same decision, in whatever order the agreements come.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from issuer.core.model import Json
from issuer.core.recognition.terms import Conversion, Rule, Terms, result_of

NONE = Decimal(0)


class Code(StrEnum):
    """Why something is not recognised."""

    NOT_IN_FORCE = "agreement-not-in-force"
    AWARDED_OUTSIDE = "awarded-outside-dates"
    CREDITS_BELOW = "credits-below"
    LEVEL_BELOW = "level-below"
    RESULT_MISSING = "result-missing"
    GRADE_BELOW = "grade-below"
    CREDIT_LIMIT = "credit-limit-reached"
    COUNT_LIMIT = "credential-limit-reached"
    RECOGNISED = "already-recognised"
    HELD = "achievement-held"
    BY_PERSON = "decided-by-institution"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a code for programs, words for people."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Presented:
    """A verified credential, as decisions see it. `results` are pairs of a result description's id and a value.

    `recipient` is the key, in hexadecimal, by which the learner of one that was issued here is found;
    `owner` is the organization of this fleet that published the achievement. `origin`: the id of the
    credential that this one was itself awarded for, where it was recognised before.
    """

    id: str
    digest: str
    issuer: str
    achievement: str
    awarded: datetime
    credits: Decimal
    level: int | None
    results: tuple[tuple[str | None, str], ...]
    recipient: str | None = None
    owner: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What the learner has had recognised in the programme, and whether this credential or achievement is in it.

    `waiting` are the learner's cases before the institution, in all its programmes.
    """

    credits: Decimal = NONE
    credentials: int = 0
    is_in_it: bool = False
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """A signed agreement: its id and digest, its age, its terms, and the organization whose awards it is about."""

    id: str
    digest: str
    signed_at: datetime
    terms: Terms
    source_org: str


@dataclass(frozen=True, slots=True)
class Granted:
    """Recognised by a rule of an agreement."""

    agreement: str
    digest: str
    issuer: str
    target: str
    credits: Decimal
    results: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Not recognised. `agreement` is the one whose rule came nearest, if it was one."""

    reasons: tuple[Reason, ...]
    agreement: str | None = None


Decision = Granted | Refused


def decide(agreements: Sequence[Open], presented: Presented, counted: Counted, now: datetime) -> Decision | None:
    """By the first rule that grants; else refused as by the nearest. None: no agreement is about this credential."""
    if counted.is_in_it:
        return Refused((Reason(Code.RECOGNISED, "this was recognised in the programme before"),))
    refused: Refused | None = None
    for agreement, rule in _about(agreements, presented):
        against = tuple(_against(agreement.terms, rule, presented, counted, now))
        if not against:
            terms = agreement.terms
            results = _converted(rule.conversion, presented)
            return Granted(agreement.id, agreement.digest, terms.recognising, rule.target, rule.credits, results)
        refused = refused or Refused(against, agreement.id)
    return refused


def _about(agreements: Sequence[Open], presented: Presented) -> Iterator[tuple[Open, Rule]]:
    """The rules that mean this credential: those that name its achievement, then those for all; older ones first.

    All are those of the partner's own: it may award what others published, which the parties did not agree about.
    """
    ordered = sorted(agreements, key=lambda one: (one.signed_at, one.id))
    rules = [(one, rule) for one in ordered if one.terms.source == presented.issuer for rule in one.terms.rules]
    yield from ((one, rule) for one, rule in rules if rule.achievement == presented.achievement)
    yield from ((one, rule) for one, rule in rules if rule.achievement is None and presented.owner == one.source_org)


def _against(terms: Terms, rule: Rule, presented: Presented, counted: Counted, now: datetime) -> Iterator[Reason]:
    if not terms.in_force.include(now):
        yield Reason(Code.NOT_IN_FORCE, "the agreement is not in force today")
    if not terms.awarded.include(presented.awarded):
        yield Reason(Code.AWARDED_OUTSIDE, "the credential was awarded outside the agreement's dates")
    if rule.minimum_credits is not None and presented.credits < rule.minimum_credits:
        yield Reason(Code.CREDITS_BELOW, f"the agreement asks for {rule.minimum_credits} credits at least")
    if rule.minimum_level is not None and (presented.level or 0) < rule.minimum_level:
        yield Reason(Code.LEVEL_BELOW, f"the agreement asks for level {rule.minimum_level} at least")
    yield from _against_grade(rule.conversion, presented)
    limits = terms.limits
    if limits.credits is not None and counted.credits + rule.credits > limits.credits:
        yield Reason(Code.CREDIT_LIMIT, f"at most {limits.credits} credits are recognised in the programme")
    if limits.credentials is not None and counted.credentials >= limits.credentials:
        yield Reason(Code.COUNT_LIMIT, f"at most {limits.credentials} credentials are recognised in the programme")


def _against_grade(conversion: Conversion | None, presented: Presented) -> Iterator[Reason]:
    if conversion is None:
        return
    if not _values(conversion, presented):
        yield Reason(Code.RESULT_MISSING, "the credential has no result that the agreement converts")
    elif not _converted(conversion, presented):
        yield Reason(Code.GRADE_BELOW, "the result is below what the agreement takes")


def _values(conversion: Conversion, presented: Presented) -> list[str]:
    return [value for described, value in presented.results if conversion.source in (None, described)]


def _converted(conversion: Conversion | None, presented: Presented) -> tuple[Json, ...]:
    value = None if conversion is None else conversion.convert(*_values(conversion, presented))
    return () if conversion is None or value is None else (result_of(conversion, value),)

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
    RESULT_AMBIGUOUS = "result-ambiguous"
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

    @property
    def is_for_people(self) -> bool:
        """Whether nothing stands in the way but a choice that the agreement leaves open."""
        return all(reason.code == Code.RESULT_AMBIGUOUS for reason in self.reasons)


Decision = Granted | Refused


def decide(agreements: Sequence[Open], presented: Presented, counted: Counted, now: datetime) -> Decision | None:
    """By the first rule that grants, else as by the nearest: one that leaves it to people, or the first.

    None: no agreement is about this credential.
    """
    if counted.is_in_it:
        return Refused((Reason(Code.RECOGNISED, "this was recognised in the programme before"),))
    refused: Refused | None = None
    for agreement, rule in _about(agreements, presented):
        against = tuple(_against(agreement.terms, rule, presented, counted, now))
        if not against:
            terms = agreement.terms
            results = _converted(rule.conversion, presented)
            return Granted(agreement.id, agreement.digest, terms.recognising, rule.target, rule.credits, results)
        found = Refused(against, agreement.id)
        if refused is None or (found.is_for_people and not refused.is_for_people):
            refused = found
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
    grades = _grades(conversion, presented)
    if not grades:
        yield Reason(Code.RESULT_MISSING, "the credential has no result that the agreement converts")
    elif grades == {None}:
        yield Reason(Code.GRADE_BELOW, "the result is below what the agreement takes")
    elif len(grades) > 1:
        text = "the credential has results of several kinds, and the agreement does not say which it converts"
        yield Reason(Code.RESULT_AMBIGUOUS, text)


def _grades(conversion: Conversion, presented: Presented) -> set[str | None]:
    """What each description's results become by themselves; a result without one is of a kind of its own."""
    kinds: dict[str | int, list[str]] = {}
    for place, (described, value) in enumerate(presented.results):
        if conversion.source in (None, described):
            kinds.setdefault(place if described is None else described, []).append(value)
    return {conversion.convert(*values) for values in kinds.values()}


def _converted(conversion: Conversion | None, presented: Presented) -> tuple[Json, ...]:
    """Of what is granted: all kinds of results became the same grade."""
    grades = set() if conversion is None else _grades(conversion, presented)
    return tuple(result_of(conversion, grade) for grade in grades if conversion is not None and grade is not None)

"""A learner's progress on a pathway: what they hold as evidence, and what it comes to. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from issuer.core.backpack.model import Doubt, PersonId
from issuer.core.stacks.stack import OpenPathway, Situation
from stacking import Evaluation, Held, Rules, Setting, evaluate
from stacking.constraints import IssuedBy, Recognised
from stacking.share import percent


@dataclass(frozen=True, slots=True)
class Learner:
    """A person, and the SHA-256 of the person's confirmed address: how credentials that were issued here are found."""

    person: PersonId
    digest: str


class Origin(StrEnum):
    """How we come to know of a credential."""

    HERE = "here"
    """It was issued here, by whichever organization, to the learner's address."""
    BROUGHT = "brought"
    """It lies in the learner's backpack."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One credential of the learner's. `as_of`: when it was last known whether it stands.

    `is_owners`: it was issued here by the organization that owns its achievement.
    """

    held: Held
    origin: Origin
    as_of: datetime
    doubt: Doubt | None = None
    is_owners: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a learner is. `evidence` has what was looked at, by id; `unseen` counts what was too much to look at.

    `awarded`: the pathway's credential is theirs already.
    """

    open: OpenPathway
    found: Evaluation
    percent: int
    evidence: Mapping[str, Evidence]
    unseen: int
    awarded: bool
    at: datetime

    @property
    def is_begun(self) -> bool:
        """Whether anything counts, or all is done."""
        return bool(self.found.placed) or self.awarded

    @property
    def doubtful(self) -> Sequence[Evidence]:
        """What would be looked at by the rules, if it stood."""
        rules = self.open.rules
        return [one for one in self.evidence.values() if one.doubt and rules.places_for(one.held.achievement)]


def measure(
    situation: Situation, open_pathway: OpenPathway, evidence: Iterable[Evidence], *, unseen: int, at: datetime
) -> Progress:
    """Where two have one id, what was issued here goes first: that is how we know it best."""
    by_id: dict[str, Evidence] = {}
    for one in sorted(evidence, key=lambda one: one.origin is not Origin.HERE):
        by_id.setdefault(one.held.id, one)
    standing = [one for one in by_id.values() if one.doubt is None]
    worth = open_pathway.rules.pathway.worth
    setting = situation.recognised.at(at)
    rules = trusting(open_pathway.rules, situation.recognised.own, setting, standing)
    counted_in = {own.address: own.held.counted_in for own in situation.own.values() if own.held}
    limited = {limit.pathway for limit in open_pathway.rules.pathway.sharing}
    held = [
        replace(one.held, counted_in=counted_in.get(one.held.id, frozenset()) & limited)
        for one in standing
        if one.held.achievement != worth
    ]
    found = evaluate(rules, held, setting)
    awarded = any(one.held.achievement == worth and one.held.issuer in situation.recognised.own for one in standing)
    return Progress(open_pathway, found, percent(rules, found), by_id, unseen, awarded, at)


def trusting(rules: Rules, own: frozenset[str], setting: Setting, standing: Iterable[Evidence]) -> Rules:
    """The rules, with each place asking besides that the issuer is one whose word counts there.

    Anybody can name any achievement in a credential of their own. So a place takes credentials of the pathway owner's
    own issuers, of those that the place names, of all that the owner recognises where it asks for that, and of those
    that award here an achievement which it names and which is their own organization's. Who issues another's
    achievement has leave of nobody but itself (`policy.achievements`).
    """
    awarding: dict[str, set[str]] = {}
    for one in standing:
        if one.is_owners:
            awarding.setdefault(one.held.achievement, set()).add(one.held.issuer)
    places = []
    for place in rules.places:
        named = (rule.issuers for rule in place.constraints if isinstance(rule, IssuedBy))
        theirs = (awarding.get(achievement, set()) for achievement in place.accepts)
        partners = setting.recognised if any(isinstance(rule, Recognised) for rule in place.constraints) else ()
        trusted = IssuedBy(own.union(partners, *named, *theirs))
        places.append(replace(place, constraints=(*place.constraints, trusted)))
    return replace(rules, places=tuple(places))

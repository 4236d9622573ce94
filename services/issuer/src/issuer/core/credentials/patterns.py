"""What the credentials of one issuer's achievement have in common, compiled once: the rest of each is a few values.

A pattern is found by what its values cannot be (members, types, how many of each) and by the very profile and
achievement it was made of; a credential that fits none is composed whole, and the second of its kind makes one.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credential_core.contexts import CREDENTIALS_V2, OPEN_BADGES_V3
from credential_core.errors import CredentialError, DocumentError
from credential_core.model.documents import contexts_of
from credential_core.model.values_alone import Rule, rules_alone
from credential_core.template import Filled, Scalar, Template
from credential_core.timestamps import format_timestamp
from issuer.core.credentials.award import Award
from issuer.core.credentials.order import Order
from issuer.core.credentials.recipient import Subject
from issuer.core.model import Achievement, Issuer, Json

MOST = 128
# Members whose value is part of the pattern: they shape the document, or say which rules hold for it.
FIXED = frozenset(
    {
        "@context",
        "type",
        "achievedLevel",
        "hashed",
        "identityType",
        "resultDescription",
        "status",
        "statusPurpose",
    }
)
CONSTANT = frozenset({"name", "issuer"})  # of the document; beside them, the subject's achievement
Values = list[Scalar]
Kind = tuple[Any, ...]
_HEAD = ("id", "type", ("VerifiableCredential", "OpenBadgeCredential"), "validFrom")
_SUBJECT = ("credentialSubject", dict)


@dataclass(frozen=True, slots=True)
class Frame:
    """A credential reduced to what is its own: its values in their order, and what is left without them.

    The kind names the members one after the other; behind the name of what is no scalar stands what it is, and the end
    of an object is None, so that two documents of one kind have their values in the same places.
    """

    kind: Kind
    values: Values


def frame(document: Mapping[str, Any]) -> Frame:
    """The frame of a whole document."""
    kind: list[Any] = []
    values: Values = []
    for name, member in document.items():
        if name == "credentialSubject":
            kind += _SUBJECT
            _subject(member, kind, values)
        elif name not in CONSTANT:
            _member(name, member, kind, values)
    return Frame(tuple(kind), values)


def _subject(subject: Mapping[str, Any], kind: list[Any], values: Values) -> None:
    for name, member in subject.items():
        if name == "achievement":
            kind.append(name)
        else:
            _member(name, member, kind, values)
    kind.append(None)


def frame_of(award: Award, subject: Subject, address: str, status: Json) -> Frame:
    """The same of the document that will be built of all this, without building it."""
    order = award.order
    contexts = (CREDENTIALS_V2, OPEN_BADGES_V3, *contexts_of(award.achievement.document))
    kind: list[Any] = ["@context", contexts, *_HEAD]
    values: Values = [address, format_timestamp(award.valid_from)]
    _moments({"validUntil": order.valid_until, "awardedDate": order.awarded}, kind, values)
    kind += _SUBJECT
    _about_subject(order, subject, kind, values)
    kind.append(None)
    _items("evidence", "Evidence", order.evidence, kind, values)
    _member("credentialStatus", status, kind, values)
    return Frame(tuple(kind), values)


def _about_subject(order: Order, subject: Subject, kind: list[Any], values: Values) -> None:
    if subject.id is not None:
        _member("id", subject.id, kind, values)
    kind += ("type", ("AchievementSubject",))
    if subject.identifiers:
        _member("identifier", subject.identifiers, kind, values)
    _moments({"activityStartDate": order.activity_start, "activityEndDate": order.activity_end}, kind, values)
    if order.credits_earned is not None:
        _member("creditsEarned", order.credits_earned, kind, values)
    kind.append("achievement")
    _items("result", "Result", order.results, kind, values)
    if order.narrative is not None:
        _member("narrative", order.narrative, kind, values)


def _moments(moments: Mapping[str, datetime | None], kind: list[Any], values: Values) -> None:
    for name, moment in moments.items():
        if moment is not None:
            kind.append(name)
            values.append(format_timestamp(moment))


def _items(name: str, its_type: str, items: Sequence[Json], kind: list[Any], values: Values) -> None:
    """Results or evidence, which are typed in the document if they are not yet."""
    if items:
        _member(name, [item if item.get("type") else {"type": [its_type], **item} for item in items], kind, values)


def _member(name: str, value: Any, kind: list[Any], values: Values) -> None:
    """One member: into the values if a scalar that may differ, else into the kind. A document has no empty ones."""
    if name in FIXED:
        kind += (name, _frozen(value))
    elif isinstance(value, str):
        kind.append(name)
        values.append(value)
    elif isinstance(value, dict):
        kind += (name, dict)
        for inner, member in value.items():
            if type(member) is str and inner not in FIXED:  # most of them: the same, without a call
                kind.append(inner)
                values.append(member)
            elif member is not None and member != []:
                _member(inner, member, kind, values)
        kind.append(None)
    elif isinstance(value, list | tuple):
        kind += (name, len(value))
        for item in value:
            _member("", item, kind, values)
    else:
        kind.append(name)
        values.append(value)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else str(value)


def pointers(document: Mapping[str, Any]) -> list[str]:
    """Where the values of a document's frame stand, as JSON Pointers."""
    found: list[str] = []
    for name, member in document.items():
        if name == "credentialSubject":
            of_subject = {name: inner for name, inner in member.items() if name != "achievement"}
            found += _pointers(name, of_subject, "")
        elif name not in CONSTANT:
            found += _pointers(name, member, "")
    return found


def _pointers(name: str, value: Any, above: str) -> Iterator[str]:
    at = f"{above}/{name.replace('~', '~0').replace('/', '~1')}"
    if name in FIXED:
        return
    if isinstance(value, dict):
        for inner, member in value.items():
            yield from _pointers(inner, member, at)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _pointers(str(place), item, at)
    else:
        yield at


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled template with the rules for its values, and what it was made of.

    Without a template: such a credential was met once, or has no compiled form.
    """

    profile: Json
    achievement: Json
    template: Template | None = None
    rules: tuple[tuple[int, Rule], ...] = ()
    tried: bool = False

    def filled(self, values: Values) -> Filled | None:
        """With these values. None unless each is what the data model asks for in its place."""
        for place, rule in self.rules:
            if not rule(values[place]):
                return None
        try:
            return self.template.filled(values) if self.template else None
        except DocumentError:
            return None


class Patterns:
    """The patterns met lately."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[Kind, Pattern] = OrderedDict()

    def find(self, issuer: Issuer, achievement: Achievement, kind: Kind) -> Pattern | None:
        """The pattern for credentials of this kind, if there is one with a template."""
        place = _place(issuer, achievement, kind)
        known = self._known.get(place)
        if known is None or not known.template:
            return None
        if known.profile is not issuer.profile or known.achievement is not achievement.document:
            if not _is_of(known, issuer, achievement):
                return None
            # The same as it was read this time: the next that comes with it need not be compared.
            known = self._known[place] = replace(known, profile=issuer.profile, achievement=achievement.document)
        return known

    def learn(self, issuer: Issuer, achievement: Achievement, document: Json) -> None:
        """Note a credential that was composed whole and signed. The second of its kind is compiled, in some 20 ms."""
        found = frame(document)
        place = _place(issuer, achievement, found.kind)
        known = self._known.pop(place, None)
        if known is None or not _is_of(known, issuer, achievement):
            known = Pattern(issuer.profile, achievement.document)
        elif not known.tried:
            known = _compiled(known, document, found.values)
        self._known[place] = known
        if len(self._known) > self._most:
            self._known.popitem(last=False)


def _is_of(pattern: Pattern, issuer: Issuer, achievement: Achievement) -> bool:
    return pattern.profile == issuer.profile and pattern.achievement == achievement.document


def _place(issuer: Issuer, achievement: Achievement, kind: Kind) -> Kind:
    return (issuer.id, achievement.id, achievement.version, kind)


def _compiled(pattern: Pattern, document: Json, values: Values) -> Pattern:
    """Without a template for a document that has no compiled form, or would come out another."""
    places = tuple(pointers(document))
    try:
        template = Template.compile(document, {place: place for place in places})
        if template.fill(dict(zip(places, values, strict=True))) == document:
            rules = dict(rules_alone(places))
            numbered = tuple((number, rules[place]) for number, place in enumerate(places) if place in rules)
            return replace(pattern, template=template, rules=numbered, tried=True)
    except CredentialError:
        pass
    return replace(pattern, tried=True)

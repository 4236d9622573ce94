"""What the credentials of one issuer's achievement have in common, compiled once: the rest of each is a few values.

A pattern is found by what its values cannot be (members, types, how many of each) and by the very profile and
achievement it was made of; a credential that fits none is composed whole, and the second of its kind makes one.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credential_core.contexts import CREDENTIALS_V2, OPEN_BADGES_V3
from credential_core.errors import CredentialError
from credential_core.model.documents import contexts_of, items_of
from credential_core.model.values_alone import Rule, rules_alone
from credential_core.template import Scalar, Template
from credential_core.timestamps import format_timestamp
from issuer.core.award import Award
from issuer.core.model import Achievement, Issuer, Json
from issuer.core.order import Order
from issuer.core.recipient import Subject

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
Values = dict[str, Scalar]
Kind = tuple[Any, ...]
_HEAD = (
    "/id",
    "/type",
    ("VerifiableCredential", "OpenBadgeCredential"),
    "/validFrom",
)
_SUBJECT_TYPE = ("/credentialSubject/type", ("AchievementSubject",))


@dataclass(frozen=True, slots=True)
class Frame:
    """A credential reduced to what is its own: its values by JSON Pointer, and what is left without them."""

    kind: Kind
    values: Values


def frame(document: Mapping[str, Any]) -> Frame:
    """The frame of a whole document."""
    kind: list[Any] = []
    values: Values = {}
    for name, member in document.items():
        if name == "credentialSubject":
            kind.append(name)
            _subject(member, kind, values)
        elif name not in CONSTANT:
            _member(name, member, f"/{name}", kind, values)
    return Frame(tuple(kind), values)


def _subject(subject: Mapping[str, Any], kind: list[Any], values: Values) -> None:
    for name, member in subject.items():
        if name == "achievement":
            kind.append(name)
        else:
            _member(name, member, f"/credentialSubject/{name}", kind, values)
    kind.append(None)


def frame_of(award: Award, subject: Subject, address: str, status: Json) -> Frame:
    """The same of the document that will be built of all this, without building it."""
    order = award.order
    contexts = (CREDENTIALS_V2, OPEN_BADGES_V3, *contexts_of(award.achievement.document))
    kind: list[Any] = ["/@context", contexts, *_HEAD]
    values: Values = {"/id": address, "/validFrom": format_timestamp(award.valid_from)}
    _moments({"/validUntil": order.valid_until, "/awardedDate": order.awarded}, kind, values)
    kind.append("credentialSubject")
    _about_subject(order, subject, kind, values)
    kind.append(None)
    if order.evidence:
        _member("evidence", items_of("Evidence", order.evidence), "/evidence", kind, values)
    _member("credentialStatus", status, "/credentialStatus", kind, values)
    return Frame(tuple(kind), values)


def _about_subject(order: Order, subject: Subject, kind: list[Any], values: Values) -> None:
    at = "/credentialSubject/"
    if subject.id is not None:
        _member("id", subject.id, f"{at}id", kind, values)
    kind += _SUBJECT_TYPE
    if subject.identifiers:
        _member("identifier", list(subject.identifiers), f"{at}identifier", kind, values)
    _moments({f"{at}activityStartDate": order.activity_start, f"{at}activityEndDate": order.activity_end}, kind, values)
    if order.credits_earned is not None:
        _member("creditsEarned", order.credits_earned, f"{at}creditsEarned", kind, values)
    kind.append("achievement")
    if order.results:
        _member("result", items_of("Result", order.results), f"{at}result", kind, values)
    if order.narrative is not None:
        _member("narrative", order.narrative, f"{at}narrative", kind, values)


def _moments(moments: Mapping[str, datetime | None], kind: list[Any], values: Values) -> None:
    for at, moment in moments.items():
        if moment is not None:
            kind.append(at)
            values[at] = format_timestamp(moment)


def _member(name: str, value: Any, at: str, kind: list[Any], values: Values) -> None:
    """One member: into the values if a scalar that may differ, else into the kind."""
    if name in FIXED:
        kind += (at, _frozen(value))
    elif isinstance(value, dict):
        kind += (at, len(value))
        for inner, member in value.items():
            _member(inner, member, f"{at}/{_escaped(inner)}", kind, values)
    elif isinstance(value, list):
        kind += (at, len(value), list)
        for place, item in enumerate(value):
            _member("", item, f"{at}/{place}", kind, values)
    else:
        kind.append(at)
        values[at] = value


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else str(value)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1") if "~" in name or "/" in name else name


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled template, the rules for its values, and what it was made of.

    Without a template: such a credential was met once, or has no compiled form.
    """

    profile: Json
    achievement: Json
    template: Template | None = None
    rules: tuple[tuple[str, Rule], ...] = ()
    tried: bool = False

    def admits(self, values: Values) -> bool:
        """Whether each value is what the data model asks for in its place."""
        return all(rule(values[pointer]) for pointer, rule in self.rules)


class Patterns:
    """The patterns met lately."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[Kind, Pattern] = OrderedDict()

    def find(self, issuer: Issuer, achievement: Achievement, kind: Kind) -> Pattern | None:
        """The pattern for credentials of this kind, if there is one with a template."""
        known = self._known.get(_place(issuer, achievement, kind))
        return known if known is not None and known.template and _is_of(known, issuer, achievement) else None

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
    try:
        template = Template.compile(document, {pointer: pointer for pointer in values})
        if template.fill(values) == document:
            return replace(pattern, template=template, rules=rules_alone(values), tried=True)
    except CredentialError:
        pass
    return replace(pattern, tried=True)

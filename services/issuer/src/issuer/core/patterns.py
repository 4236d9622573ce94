"""What the credentials of one issuer's achievement have in common, compiled once: the rest of each is a few values.

A pattern is found by what its values cannot be (members, types, how many of each) and by the very profile and
achievement it was made of; a credential that fits none is composed whole, and the second of its kind makes one.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from credential_core.errors import CredentialError
from credential_core.template import Scalar, Template
from issuer.core.model import Achievement, Issuer, Json

MOST = 128
# Members whose value is part of the pattern: they shape the document, or say which rules hold for it.
FIXED = frozenset({"@context", "type", "hashed", "identityType", "resultDescription", "status", "statusPurpose"})
CONSTANT = frozenset({"name", "issuer"})  # of the document; beside them, the subject's achievement
Values = dict[str, Scalar]
Kind = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """A credential reduced to what is its own: its values by JSON Pointer, and what is left without them."""

    kind: Kind
    values: Values


def frame(document: Mapping[str, Any]) -> Frame:
    """The frame of a document in which issuer and achievement may be anything."""
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


def outline(achievement: Achievement) -> Json:
    """As much of an achievement as the rules for what is said beside it look at."""
    outlined: Json = {
        "id": achievement.document.get("id"),
        "type": ["Achievement"],
        "name": achievement.name,
        "description": achievement.name,
        "criteria": {"narrative": achievement.name},
    }
    if "resultDescription" in achievement.document:
        outlined["resultDescription"] = achievement.document["resultDescription"]
    return outlined


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled template and what it was made of. None: such a credential was met once, or has no compiled form."""

    profile: Json
    achievement: Json
    template: Template | None
    tried: bool = False


class Patterns:
    """The patterns met lately."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[Kind, Pattern] = OrderedDict()

    def find(self, issuer: Issuer, achievement: Achievement, kind: Kind) -> Template | None:
        """The template for a credential of this kind, if there is one."""
        known = self._known.get(_place(issuer, achievement, kind))
        return known.template if known is not None and _is_of(known, issuer, achievement) else None

    def learn(self, issuer: Issuer, achievement: Achievement, document: Json) -> None:
        """Note a credential that was composed whole and signed. The second of its kind is compiled, in some 20 ms."""
        found = frame(document)
        place = _place(issuer, achievement, found.kind)
        known = self._known.pop(place, None)
        if known is None or not _is_of(known, issuer, achievement):
            known = Pattern(issuer.profile, achievement.document, None)
        elif not known.tried:
            known = replace(known, template=_compiled(document, found.values), tried=True)
        self._known[place] = known
        if len(self._known) > self._most:
            self._known.popitem(last=False)


def _is_of(pattern: Pattern, issuer: Issuer, achievement: Achievement) -> bool:
    return pattern.profile == issuer.profile and pattern.achievement == achievement.document


def _place(issuer: Issuer, achievement: Achievement, kind: Kind) -> Kind:
    return (issuer.id, achievement.id, achievement.version, kind)


def _compiled(document: Json, values: Values) -> Template | None:
    """None for a document that has no compiled form, or would come out another."""
    try:
        template = Template.compile(document, {pointer: pointer for pointer in values})
        return template if template.fill(values) == document else None
    except CredentialError:
        return None

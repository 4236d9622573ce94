"""Checking documents against their data models: VCDM 2.0 and 1.1, Open Badges 3.0, CLR 2.0, presentations.

Every finding is data; nothing raises. Rules that look at more than one member are in `cross_rules`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from credential_core.contexts import CREDENTIALS_V1, CREDENTIALS_V2
from credential_core.jsonld.lexical import is_absolute_iri
from credential_core.model.credential_shapes import ALL_SHAPES, is_version_1
from credential_core.model.cross_rules import clr_rules, frame_rules, period_rules, related_resource, subject_rules
from credential_core.model.restated import restated_rules
from credential_core.model.shapes import CLOSED_ENUMERATIONS, ENUMERATIONS, Member, Shape
from credential_core.model.values import is_localized, is_moment
from credential_core.model.violation import Violation, listed

_OB_CONTEXT: Final = re.compile(r"https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.\d\.\d)*\.json\Z")
_CLR_CONTEXT: Final = re.compile(r"https://purl\.imsglobal\.org/spec/clr/v2p0/context(-2\.\d\.\d)*\.json\Z")
_ACHIEVEMENT_TYPES: Final = frozenset({"AchievementCredential", "OpenBadgeCredential"})
_SUBJECTS: Final = {
    **dict.fromkeys(_ACHIEVEMENT_TYPES, "AchievementSubject"),
    "ClrCredential": "ClrSubject",
    "EndorsementCredential": "EndorsementSubject",
}
# Where plain JSON is signed, a type may be said by its IRI.
_OB, _CLR = (f"https://purl.imsglobal.org/spec/vc/{standard}/vocab.html#" for standard in ("ob", "clr"))
_BY_IRI: Final = {f"{_CLR if name == 'ClrCredential' else _OB}{name}": name for name in _SUBJECTS}
_MAX_VIOLATIONS: Final = 50
# What 1EdTech's schemas ask of JSON, and nobody needs who reads what others signed.
_MORE: Final = frozenset({"array_unexpected", "member_unknown", "language_malformed"})
_FOR_ISSUING: Final = _MORE | {"array_expected"}
_LANGUAGE: Final = re.compile(r"[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?\Z")


def validate_credential(document: Mapping[str, Any]) -> tuple[Violation, ...]:
    """Check by what the credential says it is: achievement, endorsement, CLR, or any other VCDM credential."""
    return _collect(_credential(document))


def _credential(document: Mapping[str, Any]) -> Iterator[Violation]:
    types = listed(document.get("type"))
    if _names_achievement(types):
        yield from _achievement(document)
    elif "ClrCredential" in types:
        yield from _frame(document, _CLR_CONTEXT, _OB_CONTEXT)
        yield from _object(document, _versioned("ClrCredential", document), "")
        yield from clr_rules(document.get("credentialSubject"))
    elif "EndorsementCredential" in types:
        yield from _frame(document, _OB_CONTEXT)
        yield from _object(document, _versioned("EndorsementCredential", document), "")
    else:
        yield from _frame(document)
        yield from _object(document, _versioned("PlainCredential", document), "")


def validate_to_read(document: Mapping[str, Any]) -> tuple[Violation, ...]:
    """The same for what others issued: also one of 1EdTech's may have several status entries (VCDM 2.0 §4.10).

    Those models have room for one. Many issue a revocation and a suspension, and to read both is the safer way. One
    value may stand without its array, as 1EdTech's schemas for JSON-LD have it: nobody signs the difference. Nor does
    more than a schema wants harm. And what it says stands where it is read (see `restated`). A type of theirs counts
    by its IRI too.
    """
    document = _by_name(document)
    subject = next((of for kind, of in _SUBJECTS.items() if kind in _names(document)), None)
    if subject is None:
        return validate_credential(document)
    found = (one for one in _entries_apart(document) if one.code not in _FOR_ISSUING)
    return _collect(found, restated_rules(document, subject))


def _by_name(document: Mapping[str, Any]) -> Mapping[str, Any]:
    if _BY_IRI.keys().isdisjoint(_names(document)):
        return document
    types = [_BY_IRI.get(name, name) if isinstance(name, str) else name for name in listed(document["type"])]
    return {**document, "type": types}


def _entries_apart(document: Mapping[str, Any]) -> Iterator[Violation]:
    entries = document.get("credentialStatus")
    if not isinstance(entries, list) or not entries:
        yield from _credential(document)
        return
    yield from _credential({name: member for name, member in document.items() if name != "credentialStatus"})
    for at, entry in enumerate(entries):
        yield from _object(entry, "TypedThing", f"credentialStatus[{at}]")


def validate_achievement_credential(document: Mapping[str, Any]) -> tuple[Violation, ...]:
    """The rules an OB 3.0 AchievementCredential breaks (at most 50); none if it is well made."""
    return _collect(_achievement(document))


def _achievement(document: Mapping[str, Any]) -> Iterator[Violation]:
    yield from _frame(document, _OB_CONTEXT)
    if not _names_achievement(listed(document.get("type"))):
        yield Violation("type", "type_missing", "type must hold AchievementCredential or OpenBadgeCredential")
    yield from _object(document, _versioned("AchievementCredential", document), "")
    yield from subject_rules(document.get("credentialSubject"))


def validate_presentation(document: Mapping[str, Any]) -> tuple[Violation, ...]:
    """The rules a VCDM presentation breaks. The credentials in it are documents of their own."""
    return _collect(_context_rules(document), _object(document, _versioned("Presentation", document), ""))


def validate_profile(document: Mapping[str, Any]) -> tuple[Violation, ...]:
    """The rules an Open Badges 3.0 Profile breaks that stands by itself."""
    return _collect(one for one in _object(document, "Profile", "") if one.code not in _MORE)


def _versioned(shape: str, document: Mapping[str, Any]) -> str:
    return f"{shape} 1.1" if is_version_1(document) else shape


def _names_achievement(types: list[Any]) -> bool:
    return any(isinstance(name, str) and name in _ACHIEVEMENT_TYPES for name in types)


def _names(document: Mapping[str, Any]) -> list[str]:
    return [name for name in listed(document.get("type")) if isinstance(name, str)]


def _collect(*groups: Any) -> tuple[Violation, ...]:
    return tuple(islice((violation for group in groups for violation in group), _MAX_VIOLATIONS))


def _frame(document: Mapping[str, Any], *patterns: re.Pattern[str]) -> Iterator[Violation]:
    """What any credential must have around its claims."""
    yield from _context_rules(document, *patterns)
    if "VerifiableCredential" not in listed(document.get("type")):
        yield Violation("type", "type_missing", "type must hold VerifiableCredential")
    yield from period_rules(document)
    yield from frame_rules(document)


def _context_rules(document: Mapping[str, Any], *patterns: re.Pattern[str]) -> Iterator[Violation]:
    """The contexts that must lead, in their order."""
    contexts = listed(document.get("@context"))
    if contexts[:1] not in ([CREDENTIALS_V1], [CREDENTIALS_V2]):
        yield Violation("@context", "context_missing", f"the first context must be {CREDENTIALS_V2}")
    for place, pattern in enumerate(patterns, 1):
        if len(contexts) <= place or not pattern.match(str(contexts[place])):
            yield Violation("@context", "context_missing", f"context {place + 1} must be the one of the data model")


_NEVER_EMPTY: Final = frozenset({"Claims"})


def _object(value: Any, kind: str, path: str) -> Iterator[Violation]:
    """One object against its class."""
    shape = ALL_SHAPES[kind]
    if not isinstance(value, Mapping):
        yield Violation(path, "object_expected", f"must be one {kind}")
        return
    if not value and kind in _NEVER_EMPTY:
        yield Violation(path, "object_empty", "must say something")
    yield from _type(value.get("type"), shape, _join(path, "type"))
    for name in shape.required:
        if name not in value:
            yield Violation(_join(path, name), "member_missing", f"{kind} requires {name}")
    for name, member in value.items():
        if member is None:
            yield Violation(_join(path, str(name)), "member_null", "null members must be left out")
        elif name in shape.members:
            yield from _member(member, shape.members[name], _join(path, name))
        elif shape.closed and name != "type":
            yield Violation(_join(path, str(name)), "member_unknown", f"{kind} has no such member")


def _type(value: Any, shape: Shape, path: str) -> Iterator[Violation]:
    if shape.type_name and shape.type_name not in listed(value):
        yield Violation(path, "type_missing", f"type must hold {shape.type_name}")
    elif shape.one_type and isinstance(value, list):
        yield Violation(path, "array_unexpected", f"must be {shape.type_name}, and no array")


def _member(value: Any, rule: Member, path: str) -> Iterator[Violation]:
    if not rule.many:
        yield from _value(value, rule.kind, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _value(item, rule.kind, f"{path}[{index}]")
    else:
        if not rule.loose:
            yield Violation(path, "array_expected", "must be an array, even for one value")
        yield from _value(value, rule.kind, path)


def _value(value: Any, kind: str, path: str) -> Iterator[Violation]:
    if kind in ENUMERATIONS:
        if not _in_enumeration(value, kind):
            yield Violation(path, "value_not_in_enumeration", f"is not one of the values of {kind}")
    elif kind in _SCALARS:
        code, holds = _SCALARS["text" if kind == "language" and not isinstance(value, str) else kind]
        if not holds(value):
            yield Violation(path, code, f"must be a {kind}")
    elif kind in _REFERENCES:
        named, holds = _REFERENCES[kind]
        if not holds(value):
            yield from _object(value, named, path)
    elif kind == "Criteria":
        yield from _criteria(value, path)
    elif kind == "RelatedResource":
        yield from related_resource(value, path)
    elif kind == "EndorsementCredential" and isinstance(value, Mapping) and "issuanceDate" in value:
        yield from _object(value, "EndorsementCredential 1.1", path)
    else:
        yield from _object(value, kind, path)


def _criteria(value: Any, path: str) -> Iterator[Violation]:
    yield from _object(value, "Criteria", path)
    if isinstance(value, Mapping) and "id" not in value and "narrative" not in value:
        yield Violation(path, "criteria_empty", "criteria need an id or a narrative")


def _in_enumeration(value: Any, kind: str) -> bool:
    if not isinstance(value, str):
        return False
    return value in ENUMERATIONS[kind] or (kind not in CLOSED_ENUMERATIONS and re.match(r"ext:\S", value) is not None)


def _is_uri(value: Any) -> bool:
    return isinstance(value, str) and is_absolute_iri(value)


_SCALARS: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "text": ("text_expected", lambda value: isinstance(value, str)),
    "localized": ("text_expected", is_localized),
    "uri": ("uri_expected", _is_uri),
    "moment": ("date_malformed", is_moment),
    "number": ("number_expected", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "flag": ("boolean_expected", lambda value: isinstance(value, bool)),
    "language": ("language_malformed", lambda value: isinstance(value, str) and _LANGUAGE.match(value) is not None),
}


_REFERENCES: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "ProfileRef": ("Profile", _is_uri),
    "IssuerRef": ("Issuer", _is_uri),
    "NestedCredentialOrJwt": ("NestedCredential", lambda value: isinstance(value, str)),  # VCDM 1.1 §6.3.1
}
"""Classes, and what may stand for an object of theirs."""


def rule_of(kind: str) -> Callable[[Any], bool] | None:
    """What a value of a scalar kind or an enumeration must be; None for classes."""
    if kind in ENUMERATIONS:
        return lambda value: _in_enumeration(value, kind)
    return _SCALARS[kind][1] if kind in _SCALARS else None


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name

"""Checking a credential against VCDM 2.0 and the Open Badges 3.0 model. Every finding is data; nothing raises."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from credential_core.contexts import CREDENTIALS_V1, CREDENTIALS_V2
from credential_core.errors import DocumentError
from credential_core.jsonld.lexical import is_absolute_iri
from credential_core.model.shapes import CLOSED_ENUMERATIONS, ENUMERATIONS, SHAPES, Member
from credential_core.timestamps import parse_timestamp

_OB_CONTEXT: Final = re.compile(r"https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.\d\.\d)*\.json\Z")
_ACHIEVEMENT_TYPES: Final = frozenset({"AchievementCredential", "OpenBadgeCredential"})
_MAX_VIOLATIONS: Final = 50


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken: where (a dotted path), a stable code, and a sentence."""

    path: str
    code: str
    detail: str


def validate_credential(document: Mapping[str, Any]) -> tuple[Violation, ...]:
    """Check by what the credential says it is: achievement, endorsement, or any other VCDM 2.0 credential."""
    types = _listed(document.get("type"))
    if _names_achievement(types):
        return validate_achievement_credential(document)
    shape = "EndorsementCredential" if "EndorsementCredential" in types else "PlainCredential"
    return _collect(_frame(document, open_badges=shape != "PlainCredential"), _object(document, shape, ""))


def validate_achievement_credential(document: Mapping[str, Any]) -> tuple[Violation, ...]:
    """The rules an OB 3.0 AchievementCredential breaks (at most 50); none if it is well made."""
    return _collect(
        _frame(document, open_badges=True),
        ()
        if _names_achievement(_listed(document.get("type")))
        else [Violation("type", "type_missing", "type must hold AchievementCredential or OpenBadgeCredential")],
        _object(document, "AchievementCredential", ""),
        _subject_rules(document.get("credentialSubject")),
    )


def _names_achievement(types: list[Any]) -> bool:
    return any(isinstance(name, str) and name in _ACHIEVEMENT_TYPES for name in types)


def _collect(*groups: Any) -> tuple[Violation, ...]:
    return tuple(islice((violation for group in groups for violation in group), _MAX_VIOLATIONS))


def _frame(document: Mapping[str, Any], *, open_badges: bool) -> Iterator[Violation]:
    """What any VCDM 2.0 credential must have around its claims."""
    contexts = _listed(document.get("@context"))
    if contexts[:1] == [CREDENTIALS_V1]:
        yield Violation("@context", "credential_version_unsupported", "VC Data Model 1.1 is not checked so far")
    elif contexts[:1] != [CREDENTIALS_V2]:
        yield Violation("@context", "context_missing", f"the first context must be {CREDENTIALS_V2}")
    if open_badges and (len(contexts) < 2 or not _OB_CONTEXT.match(str(contexts[1]))):
        yield Violation("@context", "context_missing", "the second context must be the Open Badges 3.0 context")
    if "VerifiableCredential" not in _listed(document.get("type")):
        yield Violation("type", "type_missing", "type must hold VerifiableCredential")
    yield from _period(document)


def _period(document: Mapping[str, Any]) -> Iterator[Violation]:
    try:
        if parse_timestamp(document["validUntil"]) < parse_timestamp(document["validFrom"]):
            yield Violation("validUntil", "period_reversed", "validUntil lies before validFrom")
    except (KeyError, DocumentError):
        return  # absent, or reported where the member itself is checked


def _object(value: Any, kind: str, path: str) -> Iterator[Violation]:
    """One object against its class."""
    shape = SHAPES[kind]
    if not isinstance(value, Mapping):
        yield Violation(path, "object_expected", f"must be one {kind}")
        return
    if shape.type_name and shape.type_name not in _listed(value.get("type")):
        yield Violation(_join(path, "type"), "type_missing", f"type must hold {shape.type_name}")
    for name in shape.required:
        if name not in value:
            yield Violation(_join(path, name), "member_missing", f"{kind} requires {name}")
    for name, member in value.items():
        if member is None:
            yield Violation(_join(path, str(name)), "member_null", "null members must be left out")
        elif name in shape.members:
            yield from _member(member, shape.members[name], _join(path, name))


def _member(value: Any, rule: Member, path: str) -> Iterator[Violation]:
    if not rule.many:
        yield from _value(value, rule.kind, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _value(item, rule.kind, f"{path}[{index}]")
    elif rule.loose:
        yield from _value(value, rule.kind, path)
    else:
        yield Violation(path, "array_expected", "must be an array, even for one value")


def _value(value: Any, kind: str, path: str) -> Iterator[Violation]:
    if kind in ENUMERATIONS:
        if not _in_enumeration(value, kind):
            yield Violation(path, "value_not_in_enumeration", f"is not one of the values of {kind}")
    elif kind in _SCALARS:
        code, holds = _SCALARS[kind]
        if not holds(value):
            yield Violation(path, code, f"must be a {kind}")
    elif kind == "ProfileRef":
        if not _is_uri(value):
            yield from _object(value, "Profile", path)
    elif kind == "Criteria":
        yield from _criteria(value, path)
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


def _is_moment(value: Any) -> bool:
    try:
        parse_timestamp(value)
    except DocumentError:
        return False
    return True


def _is_localized(value: Any) -> bool:
    """A string, or VCDM 2.0 §11.1 language objects."""
    if isinstance(value, list):
        return bool(value) and all(_is_localized(item) for item in value)
    return isinstance(value, str) or (isinstance(value, Mapping) and isinstance(value.get("@value"), str))


_SCALARS: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "text": ("text_expected", lambda value: isinstance(value, str)),
    "localized": ("text_expected", _is_localized),
    "uri": ("uri_expected", _is_uri),
    "moment": ("date_malformed", _is_moment),
    "number": ("number_expected", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "flag": ("boolean_expected", lambda value: isinstance(value, bool)),
}


def _subject_rules(subject: Any) -> Iterator[Violation]:
    """Rules that look at more than one member of an AchievementSubject."""
    if not isinstance(subject, Mapping):
        return
    if "id" not in subject and not subject.get("identifier"):
        yield Violation("credentialSubject", "subject_unidentified", "the learner needs an id or an identifier")
    achievement = subject.get("achievement")
    described = achievement.get("resultDescription") if isinstance(achievement, Mapping) else None
    kinds = {str(item.get("id")): item.get("resultType") for item in _listed(described) if isinstance(item, Mapping)}
    for index, result in enumerate(_listed(subject.get("result"))):
        if isinstance(result, Mapping) and "resultDescription" in result:
            yield from _result_rules(result, kinds, f"credentialSubject.result[{index}]")


def _result_rules(result: Mapping[str, Any], kinds: Mapping[str, Any], path: str) -> Iterator[Violation]:
    reference = str(result["resultDescription"])
    if reference not in kinds:
        yield Violation(f"{path}.resultDescription", "result_description_unknown", "the achievement does not have it")
    elif kinds[reference] == "Status" and "status" not in result:
        yield Violation(f"{path}.status", "member_missing", "a result of type Status requires status")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name

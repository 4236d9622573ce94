"""What an Open Badges 3.0 AchievementCredential is worth to a pathway. Its caller has verified it.

Source: Open Badges 3.0 §B.1 (AchievementCredential, AchievementSubject, Result, ResultDescription).
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from stacking.evidence import NO_CREDITS, Held
from stacking.members import decimal

VERSIONED = re.compile(r"(https?://.+)/versions/[1-9][0-9]{0,5}")
EQF = re.compile(r"https?://data\.europa\.eu/snb/eqf/([1-8])")
DECISION = "RecognitionDecision"
HEAD = "data:application/json;base64,"
LONGEST = 20_000
UNORDERED = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"
Document = Mapping[str, Any]


class NotEvidence(ValueError):
    """The document does not say what was achieved, by whom it was awarded, or when."""


def held_from(credential: Document, counted_in: frozenset[str] = frozenset()) -> Held:
    """Raises NotEvidence. `counted_in`: pathways whose completion the credential already counts in.

    The achievement is meant in all its versions: that is how pathways name it.
    """
    subject = _object(credential.get("credentialSubject"), "credentialSubject")
    achievement = _object(subject.get("achievement"), "credentialSubject.achievement")
    issuer = credential.get("issuer")
    return Held(
        id=_text(credential.get("id"), "id"),
        achievement=unversioned(_text(achievement.get("id"), "credentialSubject.achievement.id")),
        issuer=_text(issuer.get("id") if isinstance(issuer, Mapping) else issuer, "issuer"),
        awarded=_day(credential.get("awardedDate") or credential.get("validFrom")),
        credits=_credits(subject, achievement),
        level=_level(achievement),
        results=_results(subject, achievement, ordered=_has_ordered_lists(credential)),
        counted_in=counted_in,
        source=_source(credential),
    )


def _object(value: object, where: str) -> Document:
    if not isinstance(value, Mapping):
        raise NotEvidence(f"{where} is not one object")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise NotEvidence(f"{where} is missing")
    return value


def unversioned(achievement: str) -> str:
    """An achievement in all its versions, from the id of one."""
    found = VERSIONED.fullmatch(achievement)
    return found[1] if found else achievement


def _day(value: object) -> date:
    """The day in UTC: an evaluation is the same wherever it is made."""
    try:
        moment = datetime.fromisoformat(_text(value, "awardedDate"))
        return (moment.astimezone(UTC) if moment.tzinfo else moment).date()
    except (ValueError, OverflowError) as error:
        raise NotEvidence("awardedDate is not a date and time") from error


def _credits(subject: Document, achievement: Document) -> Decimal:
    """What was earned; what can be earned only where nothing is said of that."""
    earned = subject.get("creditsEarned")
    value = achievement.get("creditsAvailable") if earned is None else earned
    found = None if isinstance(value, bool) else decimal(value)
    return found if found is not None and found >= 0 else NO_CREDITS


def _level(achievement: Document) -> int | None:
    """The highest level of the European Qualifications Framework that the achievement is aligned to."""
    urls = [str(one.get("targetUrl")) for one in _list(achievement.get("alignment"))]
    return max((int(found[1]) for url in urls if (found := EQF.fullmatch(url))), default=None)


def _results(subject: Document, achievement: Document, *, ordered: bool) -> dict[str, Decimal]:
    """Results as numbers: a value that is one, or a grade's place in the list of allowed values, lowest first as 1.

    Results are a set, whose order nobody signed: of several for one description the lowest counts.
    """
    scales = _scales(achievement, ordered=ordered)
    found: dict[str, Decimal] = {}
    for result in _list(subject.get("result")):
        described, value = result.get("resultDescription"), result.get("value")
        if not isinstance(described, str) or not isinstance(value, str):
            continue
        scale = scales.get(described, [])
        if scale is None:
            continue
        as_number = Decimal(scale.index(value) + 1) if value in scale else decimal(value)
        if as_number is not None:
            found[described] = min(as_number, found.get(described, as_number))
    return found


def _scales(achievement: Document, *, ordered: bool) -> dict[object, list[str] | None]:
    """The scale of each result description: allowed values, lowest first; None where which of several is not signed.

    Allowed values that are a set are no scale: a number counts as the number it is, and a grade not at all.
    """
    found: dict[object, list[str] | None] = {}
    for one in _list(achievement.get("resultDescription")):
        values, name = one.get("allowedValue", []), one.get("id")
        values = (
            [values] if isinstance(values, str) else values
        )  # one value is a list of one, with or without its array
        is_scale = isinstance(values, list) and all(isinstance(value, str) for value in values)
        scale = values if ordered else []
        found[name] = scale if is_scale and name not in found else None
    return found


def _has_ordered_lists(credential: Document) -> bool:
    """Whether allowed values are a list to the credential's context, and no set as in the first release."""
    contexts = credential.get("@context")
    return UNORDERED not in (contexts if isinstance(contexts, list) else [contexts])


def _source(credential: Document) -> str | None:
    """What a decision on recognition in its evidence says that it was awarded for: the first in a row of awards.

    Evidence is a set too: of several decisions it is always the same one.
    """
    found = []
    for item in _list(credential.get("evidence")):
        uri = item.get("id")
        if item.get("genre") == DECISION and isinstance(uri, str) and uri.startswith(HEAD) and len(uri) <= LONGEST:
            found += [_named(source) for source in _list(_decoded(uri).get("source"))]
    return min((name for name in found if name), default=None)


def _named(source: Document) -> str | None:
    names = (source.get("origin"), source.get("id"))
    return next((name for name in names if isinstance(name, str) and name), None)


def _decoded(uri: str) -> Document:
    """The object in a data URI; an empty one for anything else."""
    try:
        record = json.loads(base64.b64decode(uri.removeprefix(HEAD), validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return record if isinstance(record, Mapping) else {}


def _list(value: object) -> list[Document]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, Mapping)]

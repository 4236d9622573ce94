"""Building unsigned Open Badges 3.0 credentials, in the model's member order, empty members left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from credential_core.contexts import CREDENTIALS_V2, OPEN_BADGES_EXTENSIONS, OPEN_BADGES_V3
from credential_core.errors import DocumentError
from credential_core.timestamps import format_timestamp


def achievement_credential(
    *,
    credential_id: str,
    issuer: Mapping[str, Any],
    achievement: Mapping[str, Any],
    subject_id: str | None = None,
    identifiers: Sequence[Mapping[str, Any]] = (),
    valid_from: datetime,
    valid_until: datetime | None = None,
    awarded: datetime | None = None,
    name: str | None = None,
    description: str | None = None,
    results: Sequence[Mapping[str, Any]] = (),
    evidence: Sequence[Mapping[str, Any]] = (),
    narrative: str | None = None,
    status: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    activity_start: datetime | None = None,
    activity_end: datetime | None = None,
    credits_earned: float | None = None,
    image: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """An OpenBadgeCredential for one learner, ready to sign.

    `issuer` is a Profile and `achievement` an Achievement; their `type` is added if missing, as is that of each
    result and evidence; contexts that the achievement names move to the credential. The learner is named by
    `subject_id`, by `identifiers` (see `hashed_identity`), or both; DocumentError if by neither. The name defaults to
    the achievement's. `status` is one entry, or several.
    """
    if subject_id is None and not identifiers:
        raise DocumentError("subject_unidentified", "a credential names its learner by an id or an identifier")
    subject = {
        "id": subject_id,
        "type": ["AchievementSubject"],
        "identifier": list(identifiers),
        "activityStartDate": _stamp(activity_start),
        "activityEndDate": _stamp(activity_end),
        "creditsEarned": credits_earned,
        "achievement": _typed("Achievement", {name: achievement[name] for name in achievement if name != "@context"}),
        "result": [_typed("Result", result) for result in results],
        "narrative": narrative,
    }
    document = {
        "@context": [*_contexts(status), *contexts_of(achievement)],
        "id": credential_id,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": name or achievement.get("name"),
        "description": description,
        "image": image,
        "issuer": _typed("Profile", issuer),
        "validFrom": format_timestamp(valid_from),
        "validUntil": _stamp(valid_until),
        "awardedDate": _stamp(awarded),
        "credentialSubject": subject,
        "evidence": [_typed("Evidence", item) for item in evidence],
        "credentialStatus": status,
    }
    pruned: dict[str, Any] = _without_empty(document)
    return pruned


def _contexts(status: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None) -> list[str]:
    entries = [status] if isinstance(status, Mapping) else status or ()
    extended = any(str(one.get("type", "")).startswith("1EdTech") for one in entries)
    return [CREDENTIALS_V2, OPEN_BADGES_V3, *([OPEN_BADGES_EXTENSIONS] if extended else [])]


def contexts_of(achievement: Mapping[str, Any]) -> list[str]:
    """The contexts that an Achievement brings beside that of Open Badges, in its order."""
    named = achievement.get("@context")
    urls = named if isinstance(named, list) else [] if named is None else [named]
    return [url for url in urls if url not in (CREDENTIALS_V2, OPEN_BADGES_V3)]


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else format_timestamp(moment)


def _typed(name: str, members: Mapping[str, Any]) -> dict[str, Any]:
    return dict(members) if members.get("type") else {"type": [name], **members}


def _without_empty(value: Any) -> Any:
    """The value without null members and empty arrays (OB 3.0 §8.2.1), copied."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        pruned = {name: _without_empty(member) for name, member in value.items()}
        return {name: member for name, member in pruned.items() if member is not None and member != []}
    if isinstance(value, list | tuple):
        return [_without_empty(item) for item in value]
    return value

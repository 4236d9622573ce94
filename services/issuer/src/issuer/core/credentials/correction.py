"""Correcting a credential: what may be corrected, and the document that follows from the one of before. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from credential_core.model import plain_identity
from credential_core.timestamps import format_timestamp, parse_timestamp
from issuer.core.credentials.policy import check_active, check_terms
from issuer.core.credentials.recipient import Recipient, subject_of
from issuer.core.credentials.results import check_results
from issuer.core.model import Achievement, Credential, Issuer, Json, State
from service_kit.errors import Conflict, invalid_field

# Members of a request, and where they stand in the document.
OF_CREDENTIAL = {"validUntil": "validUntil", "evidence": "evidence"}
OF_SUBJECT = {
    "activityStartDate": "activityStartDate",
    "activityEndDate": "activityEndDate",
    "creditsEarned": "creditsEarned",
    "results": "result",
    "narrative": "narrative",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What is wrong and how it is right. What is not named stays; None takes a member away.

    `changes` has the names of a request for a credential, dates as text, and `name` for the learner's name.
    `recipient` names the learner anew, but for the name. `related`: what a stack's achievement is now.
    """

    reason: str
    recipient: Recipient | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    related: Sequence[Json] | None = None


def correction_of(request: Mapping[str, Any]) -> Correction:
    """A correction, from what `request_of` made of it."""
    recipient = request.get("recipient")
    return Correction(
        reason=request["reason"],
        recipient=None if recipient is None else Recipient(**recipient),
        changes=request["changes"],
    )


def request_of(correction: Correction) -> Json:
    """A correction as JSON."""
    recipient = correction.recipient
    named = {} if recipient is None else {"recipient": asdict(recipient)}
    return {"reason": correction.reason, "changes": dict(correction.changes)} | named


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when the corrected document is valid."""

    valid_from: datetime
    valid_until: datetime | None


def allow_correction(
    correction: Correction, credential: Credential, issuer: Issuer, achievement: Achievement, now: datetime
) -> Period:
    """What the corrected document is valid for. Raises Conflict, Forbidden or Invalid when it is not allowed now.

    A retired achievement may be corrected: what was issued of it stays.
    """
    if credential.state is State.REVOKED:
        raise Conflict("a revoked credential cannot be corrected", code="status-transition-not-allowed")
    check_active(issuer)
    period = _period(correction, credential, now)
    check_terms(
        issuer,
        valid_from=period.valid_from,
        valid_until=period.valid_until,
        plaintext=correction.recipient is not None and correction.recipient.plaintext,
        has_evidence=bool(correction.changes.get("evidence", True)),
    )
    check_results(correction.changes.get("results") or (), achievement.document)
    return period


def _period(correction: Correction, credential: Credential, now: datetime) -> Period:
    """The newer `validFrom` wins among documents of one id, so it always moves on."""
    before, wanted = credential.valid_from, _moment(correction, "validFrom", None)
    if wanted is not None and wanted <= before:
        raise invalid_field("validFrom", f"must be later than it was, {format_timestamp(before)}")
    valid_from = wanted or _after(before, now)
    valid_until = _moment(correction, "validUntil", credential.valid_until)
    if valid_until is not None and valid_until <= valid_from:
        raise invalid_field("validUntil", f"must be later than validFrom, {format_timestamp(valid_from)}")
    return Period(valid_from, valid_until)


def _after(before: datetime, now: datetime) -> datetime:
    """Now, in whole seconds if that is later."""
    later = (moment for moment in (now.replace(microsecond=0), now) if moment > before)
    return next(later, before + timedelta(seconds=1))


def _moment(correction: Correction, name: str, otherwise: datetime | None) -> datetime | None:
    if name not in correction.changes:
        return otherwise
    text = correction.changes[name]
    return None if text is None else parse_timestamp(text)


def corrected(document: Json, correction: Correction, period: Period, salt: str) -> Json:
    """The document to sign. It keeps its id, and the date of the award even where only `validFrom` told it.

    Raises Invalid for an activity that would end before it began.
    """
    subject = _subject(document["credentialSubject"], correction, salt)
    start, end = subject.get("activityStartDate"), subject.get("activityEndDate")
    if start is not None and end is not None and parse_timestamp(end) < parse_timestamp(start):
        raise invalid_field("activityEndDate", "must not be earlier than activityStartDate")
    made = {name: value for name, value in document.items() if name != "proof"}
    made["awardedDate"] = document.get("awardedDate", document["validFrom"])
    made["validFrom"] = format_timestamp(period.valid_from)
    made["credentialSubject"] = subject
    return _without_empty(made | _named(correction, OF_CREDENTIAL))


def _subject(subject: Json, correction: Correction, salt: str) -> Json:
    identifier, (identity, name) = subject.get("id"), _identifiers(subject)
    if correction.recipient is not None:
        anew = subject_of(replace(correction.recipient, name=None), salt)
        identifier, identity = anew.id, anew.identifiers
    if "name" in correction.changes:
        told = correction.changes["name"]
        name = (plain_identity(told, "name"),) if told else ()
    named = {"id": identifier, "identifier": [*identity, *name]} | _named(correction, OF_SUBJECT)
    if correction.related is not None:
        named["achievement"] = _without_empty(subject["achievement"] | {"related": correction.related})
    return _without_empty(subject | named)


def _identifiers(subject: Json) -> tuple[Sequence[Json], Sequence[Json]]:
    """Those that identify the learner, and the name: see `recipient.subject_of`."""
    identifiers = subject.get("identifier", [])
    identifying = 0 if "id" in subject else 1
    return identifiers[:identifying], identifiers[identifying:]


def _named(correction: Correction, places: Mapping[str, str]) -> Json:
    return {place: correction.changes[name] for name, place in places.items() if name in correction.changes}


def _without_empty(members: Json) -> Json:
    return {name: value for name, value in members.items() if value is not None and value != []}

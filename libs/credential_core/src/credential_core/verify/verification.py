"""The whole verification: each check made once, in a fixed order, and the verdict that follows from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from credential_core.errors import CredentialError, DocumentError
from credential_core.model import Violation, validate_to_read
from credential_core.model.period import must_begin, validity_period
from credential_core.report import Check, Outcome, Report, verdict_of
from credential_core.verify.corrections import check_correction
from credential_core.verify.evidence import Evidence
from credential_core.verify.inputs import KnownStatus, Policy, Resolution, TrustedIssuers, issuer_id
from credential_core.verify.inside import Inside, check_credentials, check_endorsements
from credential_core.verify.issuer_trust import check_issuer_trust
from credential_core.verify.nested import Room, credentials_in, endorsements_in, room_for
from credential_core.verify.proofs import ASSERTION, Occasion, check_proofs
from credential_core.verify.reading import parse
from credential_core.verify.recipient import Recipient, check_recipient
from credential_core.verify.schemas import check_schemas
from credential_core.verify.status import check_status, status_notices

ORDER: Final = ("parse", "schema", "proof", "issuer_trust", "status", "validity_period")
PARSED: Final = Check("parse", Outcome.PASSED, "parsed", "the document is one JSON object within the budgets")
_SHOWN_VIOLATIONS: Final = 5
_SUMMARY: Final = (
    "id",
    "type",
    "name",
    "validFrom",
    "validUntil",
    "issuanceDate",
    "expirationDate",
    "awardedDate",
)


def verify(
    document: Mapping[str, Any],
    *,
    controllers: Mapping[str, Resolution],
    status_lists: Mapping[str, Resolution],
    now: datetime,
    trusted_issuers: TrustedIssuers,
    known_status: KnownStatus | None = None,
    status_list_controllers: Mapping[str, Resolution] | None = None,
    policy: Policy | None = None,
    status_lists_fetched: Mapping[str, datetime] | None = None,
    known_statuses: Mapping[str, KnownStatus] | None = None,
    schemas: Mapping[str, Resolution] | None = None,
    recipient: Recipient | None = None,
    domain: str | Collection[str] | None = None,
    challenge: str | None = None,
    purpose: str = "assertionMethod",
) -> Report:
    """Verify a parsed credential with what was fetched for it. Never raises for anything the document holds.

    `controllers`, `status_lists` and `schemas` go by the keys that `needs` gave; `status_list_controllers` adds those
    that the lists themselves need. `status_lists_fetched` tells when lists were fetched, so that none is used beyond
    its ttl. `known_statuses` goes by credential id, for the credentials inside a CLR too; `known_status` is that of
    the credential itself. `recipient` asks whether the credential is about somebody. `domain` and `challenge`, if
    given, must be those of its proofs, and `purpose` is. `now` is aware. The order of proofs, statuses or members never
    changes the verdict.
    """
    evidence = Evidence(
        controllers=controllers,
        status_lists=status_lists,
        now=now,
        trusted_issuers=trusted_issuers,
        policy=policy or Policy(),
        status_list_controllers=status_list_controllers or {},
        fetched=status_lists_fetched or {},
        known_statuses=known_statuses or {},
        schemas=schemas or {},
    )
    occasion = Occasion(purpose, None, domain, challenge)
    return verify_credential(document, evidence, known=known_status, recipient=recipient, occasion=occasion)


def verify_credential(
    document: Mapping[str, Any],
    evidence: Evidence,
    *,
    known: KnownStatus | None = None,
    recipient: Recipient | None = None,
    room: Room | None = None,
    depth: int = 0,
    asserted: Check | None = None,
    occasion: Occasion = ASSERTION,
) -> Report:
    """One credential by evidence already gathered; `room` and `depth` bound what is verified inside of it.

    `asserted` is the proof check of a credential that its holder asserts, and needs no proof of its own.
    """
    try:
        document = parse(document)
    except CredentialError as error:
        return rejected(error)
    if room is None:
        room = room_for(document)
        evidence = evidence.for_lists_of(document, nested=room.left > 0)
    identifier = document.get("id")
    if known is None and isinstance(identifier, str):
        known = evidence.known_statuses.get(identifier)
    sources = evidence.status_sources(known)
    proof = asserted or check_proofs(
        document,
        evidence.controllers,
        evidence.now,
        occasion,
        inline_contexts=evidence.policy.inline_contexts,
    )
    inside = Inside(evidence, room, depth, genuine=proof.outcome is not Outcome.FAILED)
    checks = [
        PARSED,
        schema_check(validate_to_read(document)),
        proof,
        check_issuer_trust(issuer_id(document), evidence.trusted_issuers, evidence.policy),
        check_status(document, sources),
        _validity_period(document, evidence.now),
        *check_correction(document, known),
        *([check_recipient(document, recipient)] if recipient is not None else ()),
        *check_schemas(document, evidence.schemas),
        *status_notices(document, sources),
        *_credentials(document, inside),
        *_endorsements(document, inside),
    ]
    return Report(verdict_of(checks), tuple(checks), _summary(document), tuple(inside.reports))


def rejected(error: CredentialError) -> Report:
    """The report on a body that `parse` refused: nothing else could be checked.

    A format this library does not read yet leaves the verdict open, and so does a badge that could not be fetched;
    anything else is invalid.
    """
    is_open = error.code in ("format_unsupported", "badge_document_unavailable")
    outcome = Outcome.UNKNOWN if is_open else Outcome.FAILED
    skipped = (Check(name, Outcome.SKIPPED, "not_parsed", "the document could not be read") for name in ORDER[1:])
    checks = (Check("parse", outcome, error.code, error.detail), *skipped)
    return Report(verdict_of(checks), checks)


def schema_check(violations: tuple[Violation, ...]) -> Check:
    """What validation found, as a check."""
    if not violations:
        return Check("schema", Outcome.PASSED, "schema_valid", "the document follows its data model")
    shown = "; ".join(f"{v.path}: {v.detail}" for v in violations[:_SHOWN_VIOLATIONS])
    more = len(violations) - _SHOWN_VIOLATIONS
    return Check("schema", Outcome.FAILED, "schema_invalid", shown + (f"; and {more} more" if more > 0 else ""))


def _validity_period(document: Mapping[str, Any], now: datetime) -> Check:
    name = "validity_period"
    try:
        starts, ends = validity_period(document)
    except DocumentError as error:
        return Check(name, Outcome.FAILED, error.code, error.detail)
    if starts is not None and starts > now:
        return Check(name, Outcome.FAILED, "not_yet_valid", "validFrom lies in the future")
    if ends is not None and ends <= now:
        return Check(name, Outcome.FAILED, "expired", "validUntil has passed")
    if starts is None and must_begin(document):
        return Check(name, Outcome.UNKNOWN, "validity_period_unreadable", "the credential has no validFrom")
    return Check(name, Outcome.PASSED, "within_validity_period", "now lies within the validity period")


def _credentials(document: Mapping[str, Any], inside: Inside) -> list[Check]:
    """A CLR stands for the credentials it holds: each is verified, and counts."""
    found = credentials_in(document)
    return [check_credentials(found, inside, verify_credential)] if found else []


def _endorsements(document: Mapping[str, Any], inside: Inside) -> list[Check]:
    found = endorsements_in(document) if inside.follows_endorsements else []
    return [check_endorsements(found, inside, verify_credential)] if found else []


def _summary(document: Mapping[str, Any]) -> dict[str, Any]:
    """A few members for people; nothing about the learner."""
    summary = {name: document.get(name) for name in _SUMMARY}
    issuer = document.get("issuer")
    summary["issuer"] = _pick(issuer, ("id", "name")) if isinstance(issuer, Mapping) else {"id": issuer_id(document)}
    subject = document.get("credentialSubject")
    if isinstance(subject, Mapping) and isinstance(subject.get("achievement"), Mapping):
        summary["achievement"] = _pick(subject["achievement"], ("id", "name", "achievementType"))
    if isinstance(document.get("refreshService"), Mapping):
        summary["refreshService"] = _pick(document["refreshService"], ("id", "type"))
    return {name: value for name, value in summary.items() if value is not None}


def _pick(members: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: members[name] for name in names if name in members}

"""Verifying a presentation: its own proof, for the holder, and every credential in it by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from credential_core.did import controller_of
from credential_core.errors import CredentialError
from credential_core.jose import Enveloped
from credential_core.model import validate_presentation
from credential_core.proof import proofs
from credential_core.report import Check, Outcome, Report, verdict_of
from credential_core.verify.evidence import Evidence
from credential_core.verify.inputs import KnownStatus, Policy, Resolution, TrustedIssuers, issuer_id
from credential_core.verify.inside import Inside, check_credentials
from credential_core.verify.nested import Inner, credentials_in, room_for
from credential_core.verify.proofs import Occasion, check_proofs
from credential_core.verify.reading import parse
from credential_core.verify.verification import PARSED, schema_check, verify_credential

PRESENTATION_ORDER: Final = ("parse", "schema", "proof", "holder_binding", "credentials")
_UNSIGNED: Final = Check("proof", Outcome.SKIPPED, "presentation_unsigned", "whoever shows this did not sign it")


def verify_presentation(
    document: Mapping[str, Any],
    *,
    controllers: Mapping[str, Resolution],
    status_lists: Mapping[str, Resolution],
    now: datetime,
    trusted_issuers: TrustedIssuers,
    challenge: str | None = None,
    domain: str | Collection[str] | None = None,
    known_statuses: Mapping[str, KnownStatus] | None = None,
    status_list_controllers: Mapping[str, Resolution] | None = None,
    status_lists_fetched: Mapping[str, datetime] | None = None,
    schemas: Mapping[str, Resolution] | None = None,
    policy: Policy | None = None,
    may_be_unsigned: bool = False,
) -> Report:
    """Verify a parsed presentation with what `needs(document, nested=True)` named. Never raises for what it holds.

    The proof must be for `authentication` by the holder (or, if none is named, by whoever controls the key), and for
    `challenge` and `domain` if given: without both, a presentation can be shown again by anybody who has seen it.
    Each credential has a report of its own in `nested`, found by its id with `Report.of`; nothing goes by position. A
    credential without a proof passes if the holder is its issuer (VCDM 2.0 §4.13.4).

    One that `may_be_unsigned` and is stands for its credentials alone: nobody proved to be its holder, and none of them
    passes without a proof. It must hold some, and it is for no `challenge` or `domain`.
    """
    try:
        document = parse(document)
    except CredentialError as error:
        return _rejected(error)
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
    room = room_for(document)
    evidence = evidence.for_lists_of(document, nested=room.left > 0)
    occasion = Occasion("authentication", _signer(document), domain, challenge)
    found = credentials_in(document)
    if may_be_unsigned and found and challenge is None and domain is None and _is_unsigned(document):
        proof = _UNSIGNED
    else:
        proof = check_proofs(document, controllers, now, occasion, inline_contexts=evidence.policy.inline_contexts)
    holder = _holder(document) if proof.outcome is Outcome.PASSED else None
    inside = Inside(evidence, room, 0, genuine=proof.outcome is not Outcome.FAILED, holder=holder)
    checks = [
        PARSED,
        schema_check(validate_presentation(document)),
        proof,
        _holder_binding(document, found, signed=proof is not _UNSIGNED, must=evidence.policy.require_holder_binding),
        *([check_credentials(found, inside, verify_credential)] if found else ()),
    ]
    summary: dict[str, Any] = {name: document[name] for name in ("id", "type", "holder") if name in document}
    return Report(verdict_of(checks), tuple(checks), summary, tuple(inside.reports))


def _rejected(error: CredentialError) -> Report:
    outcome = Outcome.UNKNOWN if error.code == "format_unsupported" else Outcome.FAILED
    skipped = (
        Check(name, Outcome.SKIPPED, "not_parsed", "the document could not be read") for name in PRESENTATION_ORDER[1:]
    )
    checks = (Check("parse", outcome, error.code, error.detail), *skipped)
    return Report(verdict_of(checks), checks)


def _holder(document: Mapping[str, Any]) -> str | None:
    return issuer_id({"issuer": document.get("holder")})


def _signer(document: Mapping[str, Any]) -> str | None:
    """Whose key must have signed. A holder that is there and cannot be read is nobody's name."""
    if "holder" in document:
        return _holder(document) or ""
    try:
        if isinstance(document, Enveloped):
            methods = [document.envelope.jws.header.get("kid")]
        else:
            methods = [proof.get("verificationMethod") for proof in proofs(document)]
        return controller_of(methods[0]) if methods and isinstance(methods[0], str) else None
    except CredentialError:
        return None  # the proof check says what is wrong


def _is_unsigned(document: Mapping[str, Any]) -> bool:
    return "proof" not in document and not isinstance(document, Enveloped)


def _holder_binding(document: Mapping[str, Any], found: list[Inner], *, signed: bool, must: bool) -> Check:
    """Whether the holder is the subject of each credential. A credential may be shown for another, so this informs."""
    name = "holder_binding"
    if not signed:
        outcome = Outcome.FAILED if must else Outcome.SKIPPED
        return Check(name, outcome, "holder_unproven", "nobody signed as the holder")
    holder = _holder(document)
    if holder is not None and found and all(_speaks_of(inner, holder) for inner in found):
        return Check(name, Outcome.PASSED, "holder_is_subject", "every credential is about the holder")
    outcome = Outcome.FAILED if must else Outcome.SKIPPED
    if holder is None:
        return Check(name, outcome, "holder_unnamed", "the presentation names no holder")
    return Check(name, outcome, "holder_not_subject", "not every credential is about the holder")


def _speaks_of(inner: Inner, holder: str) -> bool:
    try:
        subject = inner.read().get("credentialSubject")
    except CredentialError:
        return False
    subjects = subject if isinstance(subject, list) else [subject]
    return any(isinstance(each, Mapping) and each.get("id") == holder for each in subjects)

"""Verifying the documents inside a document, each into a report of its own, and what follows for the outer one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from credential_core.errors import CredentialError
from credential_core.jose import Enveloped
from credential_core.report import Check, NestedReport, Outcome, Report, Verdict, verdict_of
from credential_core.verify.evidence import Evidence
from credential_core.verify.inputs import issuer_id
from credential_core.verify.nested import MAX_DEPTH, MAX_NESTED, Inner, Room

Verify = Callable[..., Report]
_ENDORSED: Final = "endorsed"
_GIVEN_UP: Final = Report(
    Verdict.INDETERMINATE,
    (Check("proof", Outcome.UNKNOWN, "documents_too_costly", "too many documents beside it were too costly to judge"),),
)


@dataclass(slots=True)
class Inside:
    """What is known of the inner documents of one document, and what may still be verified.

    `genuine`: nothing inside is looked at when the document itself is not its issuer's. `holder` is who signed the
    presentation around: what they say themselves in it needs no other proof (VCDM 2.0 §4.13.4).
    """

    evidence: Evidence
    room: Room
    depth: int
    genuine: bool
    holder: str | None = None
    reports: list[NestedReport] = field(default_factory=list)

    @property
    def follows_endorsements(self) -> bool:
        """Endorsements of endorsers are not followed."""
        return self.depth < MAX_DEPTH


def check_credentials(found: list[Inner], inside: Inside, verify: Verify) -> Check:
    """The credentials inside count: one that is invalid fails the outer document, one undecided leaves it open."""
    name = "credentials"
    if not inside.genuine:
        return Check(name, Outcome.SKIPPED, "credentials_not_checked", "the document around them is not genuine")
    if inside.depth >= MAX_DEPTH or not inside.room.take(len(found)):
        detail = f"{MAX_NESTED} documents inside a document are verified, to a depth of {MAX_DEPTH}"
        return Check(name, Outcome.UNKNOWN, "credentials_too_many", detail)
    verdicts = [_verify_inner(inner, inside, verify) for inner in found]
    if Verdict.INVALID in verdicts:
        return Check(name, Outcome.FAILED, "credentials_invalid", _count(verdicts))
    if Verdict.INDETERMINATE in verdicts:
        return Check(name, Outcome.UNKNOWN, "credentials_undecided", _count(verdicts))
    return Check(name, Outcome.PASSED, "credentials_valid", _count(verdicts))


def check_endorsements(found: list[Inner], inside: Inside, verify: Verify) -> Check:
    """What others say of a credential does not decide its own validity, unless the policy says so."""
    name = "endorsements"
    if not inside.genuine:
        return Check(name, Outcome.SKIPPED, "endorsements_not_checked", "the document around them is not genuine")
    decide = inside.evidence.policy.endorsements_decide
    undecided = Outcome.UNKNOWN if decide else Outcome.SKIPPED
    if not inside.room.take(len(found)):
        detail = f"{MAX_NESTED} documents inside a document are verified"
        return Check(name, undecided, "endorsements_too_many", detail)
    verdicts = [_verify_inner(inner, inside, verify) for inner in found]
    if Verdict.INVALID in verdicts:
        return Check(name, Outcome.FAILED if decide else Outcome.SKIPPED, "endorsements_invalid", _count(verdicts))
    if Verdict.INDETERMINATE in verdicts:
        return Check(name, undecided, "endorsements_undecided", _count(verdicts))
    return Check(name, Outcome.PASSED, "endorsements_valid", _count(verdicts))


def _verify_inner(inner: Inner, inside: Inside, verify: Verify) -> Verdict:
    is_endorsement = inner.role == "endorsement"
    depth = MAX_DEPTH if is_endorsement else inside.depth + 1
    document: Mapping[str, Any]
    try:
        document = inner.read()
    except CredentialError as error:
        document, report = {}, _rejected(error)
    else:
        given_up = inside.room.is_spent(inner.role)
        report = _GIVEN_UP if given_up else _verified(document, inside, verify, depth)
        inside.room.spend(inner.role, report)
    if is_endorsement:
        report = _with(report, _endorsed(document, inner))
    identifier = document.get("id")
    inside.reports.append(
        NestedReport(inner.role, inner.path, identifier if isinstance(identifier, str) else None, report)
    )
    return report.verdict


def _verified(document: Mapping[str, Any], inside: Inside, verify: Verify, depth: int) -> Report:
    asserted = _asserted(document, inside.holder)
    return verify(document, inside.evidence, room=inside.room, depth=depth, asserted=asserted)


def _asserted(document: Mapping[str, Any], holder: str | None) -> Check | None:
    """The proof of a credential without one, by the holder about themselves: the presentation's."""
    if holder is None or "proof" in document or isinstance(document, Enveloped) or issuer_id(document) != holder:
        return None
    return Check("proof", Outcome.PASSED, "asserted_by_holder", "the presentation around it is its issuer's", holder)


def _rejected(error: CredentialError) -> Report:
    checks = (Check("parse", Outcome.FAILED, error.code, error.detail),)
    return Report(verdict_of(checks), checks)


def _endorsed(document: Mapping[str, Any], inner: Inner) -> Check:
    """An endorsement is an EndorsementCredential about the thing that bears it, not one moved over from elsewhere."""
    subject = document.get("credentialSubject")
    types = document.get("type")
    about = subject.get("id") if isinstance(subject, Mapping) else None
    if "EndorsementCredential" not in (types if isinstance(types, list) else [types]):
        return Check(_ENDORSED, Outcome.FAILED, "endorsement_type_missing", "it is no EndorsementCredential")
    if about is None or about != inner.about:
        return Check(_ENDORSED, Outcome.FAILED, "endorsement_misplaced", "the endorsement is about something else")
    return Check(_ENDORSED, Outcome.PASSED, "endorsement_fits", "the endorsement is about what bears it")


def _with(report: Report, check: Check) -> Report:
    checks = (*report.checks, check)
    return replace(report, verdict=verdict_of(checks), checks=checks)


def _count(verdicts: list[Verdict]) -> str:
    counts = [f"{count} {verdict}" for verdict in Verdict if (count := verdicts.count(verdict))]
    return f"of {len(verdicts)}: {', '.join(counts)}"

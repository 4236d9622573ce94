"""The status check: what the lists say and what events say; the worse of the two counts, and doubt is never valid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from credential_core import bitstring
from credential_core.errors import CredentialError, StatusError
from credential_core.report import Check, Outcome
from credential_core.timestamps import parse_timestamp
from credential_core.verify.inputs import (
    Failure,
    KnownState,
    KnownStatus,
    Resolution,
    as_list,
    issuer_id,
    status_entries,
)
from credential_core.verify.proofs import check_proofs

CHECK: Final = "status"
MAX_ENTRIES: Final = 8
_STATE_OF_PURPOSE: Final = {"revocation": KnownState.REVOKED, "suspension": KnownState.SUSPENDED}
_INFORMATIONAL: Final = frozenset({"refresh", "message"})


@dataclass(frozen=True, slots=True)
class StatusSources:
    """Everything the status check may look at."""

    lists: Mapping[str, Resolution]
    controllers: Mapping[str, Resolution]
    issuer_trusted: Callable[[str], bool]
    known: KnownStatus | None
    now: datetime


def check_status(document: Mapping[str, Any], sources: StatusSources) -> Check:
    """One result over all entries and the known state: revoked, else suspended, else unknown, else clear."""
    entries = status_entries(document)
    if len(entries) > MAX_ENTRIES:
        return _unknown("status_malformed", f"a credential may have {MAX_ENTRIES} status entries")
    results = [_check_entry(entry, document, sources) for entry in entries]
    if sources.known is not None:
        results.append(_known_check(sources.known))
    if not results:
        return Check(CHECK, Outcome.SKIPPED, "status_absent", "the credential has no status")
    worst = min(results, key=_severity)
    suspended = _suspended_by_events(sources.known)
    if worst.code == "status_revoked" and worst.source != "events" and suspended is not None:
        return suspended  # the fleet sets the one bit of a credential for a suspension too
    return worst


def _suspended_by_events(known: KnownStatus | None) -> Check | None:
    return _known_check(known) if known is not None and known.state is KnownState.SUSPENDED else None


def _severity(check: Check) -> int:
    if check.outcome is Outcome.FAILED:
        return 0 if check.code == "status_revoked" else 1
    return 2 if check.outcome is Outcome.UNKNOWN else 3


def _unknown(code: str, detail: str, source: str | None = None) -> Check:
    return Check(CHECK, Outcome.UNKNOWN, code, detail, source)


def _state_check(state: KnownState, source: str) -> Check:
    if state is KnownState.ISSUED:
        return Check(CHECK, Outcome.PASSED, "status_clear", "neither revoked nor suspended", source)
    return Check(CHECK, Outcome.FAILED, f"status_{state}", f"the credential has been {state}", source)


def _known_check(known: KnownStatus) -> Check:
    return _state_check(known.state, known.source)


def _check_entry(entry: Any, document: Mapping[str, Any], sources: StatusSources) -> Check:
    if not isinstance(entry, Mapping) or bitstring.ENTRY_TYPE not in as_list(entry.get("type")):
        return _unknown("status_type_unsupported", "the kind of status is not one this library reads")
    purpose = entry.get("statusPurpose")
    if not isinstance(purpose, str) or purpose not in _STATE_OF_PURPOSE.keys() | _INFORMATIONAL:
        return _unknown("status_purpose_unsupported", "the purpose of the status is not one this library reads")
    if purpose in _INFORMATIONAL:
        return Check(CHECK, Outcome.SKIPPED, "status_informational", f"a status of purpose {purpose} decides nothing")
    try:
        url = bitstring.list_url(entry)
        list_credential = _trusted_list(url, document, sources)
        is_set = bitstring.read_status(list_credential, entry)
    except CredentialError as error:
        return _unknown(error.code, error.detail, entry.get("statusListCredential"))
    return _state_check(_STATE_OF_PURPOSE[purpose] if is_set else KnownState.ISSUED, url)


def _trusted_list(url: str, document: Mapping[str, Any], sources: StatusSources) -> Mapping[str, Any]:
    """The status list credential at `url`, if it may be believed now (Bitstring Status List §3.2 steps 3 to 5)."""
    found = sources.lists.get(url)
    if found is None or isinstance(found, Failure):
        why = "was not fetched" if found is None else found.detail
        raise StatusError("status_list_unavailable", f"the status list: {why}")
    issuer = issuer_id(found)
    if issuer is None or (issuer != issuer_id(document) and not sources.issuer_trusted(issuer)):
        raise StatusError("status_list_issuer_untrusted", "the list is by another, untrusted issuer")
    proof = check_proofs(found, sources.controllers, sources.now)
    if proof.outcome is not Outcome.PASSED:
        raise StatusError("status_list_unverified", f"the proof of the status list: {proof.detail} ({proof.code})")
    if "validFrom" in found and parse_timestamp(found["validFrom"]) > sources.now:
        raise StatusError("status_list_not_yet_valid", "the status list is not valid yet")
    if "validUntil" in found and parse_timestamp(found["validUntil"]) <= sources.now:
        raise StatusError("status_list_stale", "the status list is past its validUntil")
    return found

"""The status check: what the lists say and what events say; the worse of the two counts, and doubt is never valid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from credential_core import bitstring, revocation_list, token_status_list
from credential_core.errors import CredentialError, StatusError
from credential_core.jose import Enveloped
from credential_core.model.period import validity_period
from credential_core.report import Check, Outcome
from credential_core.token_status_list import StatusToken
from credential_core.verify.inputs import (
    Failure,
    KnownState,
    KnownStatus,
    Resolution,
    issuer_id,
    status_entries,
)
from credential_core.verify.proofs import check_proofs
from credential_core.verify.read_lists import ReadLists
from credential_core.verify.status_entries import address_of, types_of

CHECK: Final = "status"
MAX_ENTRIES: Final = 8
_STATE_OF_PURPOSE: Final = {"revocation": KnownState.REVOKED, "suspension": KnownState.SUSPENDED}
_STATE_OF_TOKEN: Final = {
    int(token_status_list.StatusType.VALID): KnownState.ISSUED,
    int(token_status_list.StatusType.INVALID): KnownState.REVOKED,
    int(token_status_list.StatusType.SUSPENDED): KnownState.SUSPENDED,
}
_INFORMATIONAL: Final = {"refresh": "refresh", "message": "status_message"}  # purpose -> the check that tells it


@dataclass(frozen=True, slots=True)
class StatusSources:
    """Everything the status check may look at. `fetched` tells when a list was, so that its ttl can be kept."""

    lists: Mapping[str, Resolution]
    controllers: Mapping[str, Resolution]
    issuer_trusted: Callable[[str], bool]
    known: KnownStatus | None
    now: datetime
    fetched: Mapping[str, datetime] = field(default_factory=dict)
    read: ReadLists = field(default_factory=ReadLists)


def check_status(document: Mapping[str, Any], sources: StatusSources) -> Check:
    """One result over all entries and the known state: revoked, else suspended, else unknown, else clear."""
    entries = status_entries(document)
    if len(entries) > MAX_ENTRIES:
        return _unknown("status_malformed", f"a credential may have {MAX_ENTRIES} status entries")
    results = [_check_entry(entry, document, sources) for entry in entries]
    if isinstance(document, Enveloped) and "status" in document.envelope.jws.claims:
        results.append(_unknown("status_type_unsupported", "the claim status of a JWT around a credential is not read"))
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


def _state_check(state: KnownState, source: str, reason: str | None = None) -> Check:
    if state is KnownState.ISSUED:
        return Check(CHECK, Outcome.PASSED, "status_clear", "neither revoked nor suspended", source)
    detail = f"the credential has been {state}"
    return Check(CHECK, Outcome.FAILED, f"status_{state}", f"{detail}: {reason}" if reason else detail, source)


def _known_check(known: KnownStatus) -> Check:
    return _state_check(known.state, known.source)


def _check_entry(entry: Any, document: Mapping[str, Any], sources: StatusSources) -> Check:
    kinds = _KINDS.keys() & set(types_of(entry))
    if len(kinds) != 1:
        return _unknown("status_type_unsupported", "the kind of status is not one this library reads")
    source = address_of(entry)
    try:
        return _KINDS[kinds.pop()](entry, document, sources)
    except CredentialError as error:
        return _unknown(error.code, error.detail, source)


def _check_listed(entry: Mapping[str, Any], document: Mapping[str, Any], sources: StatusSources) -> Check:
    """An entry of a Bitstring Status List or a StatusList2021."""
    purpose = entry.get("statusPurpose")
    if not isinstance(purpose, str) or purpose not in _STATE_OF_PURPOSE.keys() | _INFORMATIONAL.keys():
        return _unknown("status_purpose_unsupported", "the purpose of the status is not one this library reads")
    if purpose in _INFORMATIONAL:
        return Check(CHECK, Outcome.SKIPPED, "status_informational", f"a status of purpose {purpose} decides nothing")
    url = bitstring.list_url(entry)
    listed = bitstring.read_entry(_trusted_list(url, document, sources), entry, sources.read.decode)
    return _state_check(_STATE_OF_PURPOSE[purpose] if listed.value else KnownState.ISSUED, url, listed.message)


def _check_revocation(entry: Mapping[str, Any], document: Mapping[str, Any], sources: StatusSources) -> Check:
    """A 1EdTechRevocationList: unsigned, so it counts for where it stands; it must not name another issuer."""
    url = revocation_list.list_url(entry)
    found = _fetched(url, sources)
    if issuer_id(found) not in (None, issuer_id(document)):
        raise StatusError("status_list_issuer_untrusted", "the revocation list is another issuer's")
    revocation = revocation_list.read_revocation(found, entry, document.get("id"))
    return _state_check(KnownState.REVOKED if revocation.revoked else KnownState.ISSUED, url, revocation.reason)


_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], StatusSources], Check]]] = {
    bitstring.ENTRY_TYPE: _check_listed,
    bitstring.ENTRY_TYPE_2021: _check_listed,
    revocation_list.ENTRY_TYPE: _check_revocation,
}


def check_token_status(
    claims: Mapping[str, Any],
    lists: Mapping[str, StatusToken | Failure],
    now: datetime,
    known: KnownStatus | None = None,
) -> Check:
    """The status of a JWT or SD-JWT by its claim `status`, and by what events told; the worse counts.

    `lists` holds what `token_status_list.read_token` made of the fetched lists, by uri. Values that are not
    registered are unknown: what an application means by them is for the application to say. So is a status with any
    mechanism beside `status_list`.
    """
    results = [_known_check(known)] if known is not None else []
    if "status" in claims:
        results += _check_mechanisms(claims, lists, now)
    if not results:
        return Check(CHECK, Outcome.SKIPPED, "status_absent", "the credential has no status")
    return min(results, key=_severity)


def _check_mechanisms(
    claims: Mapping[str, Any], lists: Mapping[str, StatusToken | Failure], now: datetime
) -> list[Check]:
    mechanisms = claims["status"] if isinstance(claims["status"], Mapping) else {}
    listed = [_check_token(claims, lists, now)] if "status_list" in mechanisms else []
    if not listed or len(mechanisms) > 1:
        listed.append(_unknown("status_type_unsupported", "the kind of status is not one this library reads"))
    return listed


def _check_token(claims: Mapping[str, Any], lists: Mapping[str, StatusToken | Failure], now: datetime) -> Check:
    try:
        uri, _ = token_status_list.reference_of(claims)
    except CredentialError as error:
        return _unknown(error.code, error.detail)
    try:
        value = token_status_list.read_status(claims, _current(lists.get(uri), now))
    except CredentialError as error:
        return _unknown(error.code, error.detail, uri)
    if value not in _STATE_OF_TOKEN:
        return _unknown("status_value_unsupported", f"the status {value:#04x} is not registered", uri)
    return _state_check(_STATE_OF_TOKEN[value], uri)


def _current(found: StatusToken | Failure | None, now: datetime) -> StatusToken:
    """The list, if it was read and is still to be used."""
    if found is None or isinstance(found, Failure):
        why = "was not fetched" if found is None else f"{found.detail} ({found.code})"
        raise StatusError("status_list_unavailable", f"the status list: {why}")
    if found.usable_until is not None and found.usable_until <= now:
        raise StatusError("status_list_stale", "the status list has outlived its exp or ttl")
    return found


def status_notices(document: Mapping[str, Any], sources: StatusSources) -> list[Check]:
    """What entries of purpose `message` and `refresh` say. They inform; they count neither for nor against."""
    notices = []
    for entry in status_entries(document)[:MAX_ENTRIES]:
        purpose = entry.get("statusPurpose") if isinstance(entry, Mapping) else None
        if isinstance(purpose, str) and purpose in _INFORMATIONAL and bitstring.ENTRY_TYPE in types_of(entry):
            notices.append(_notice(entry, purpose, document, sources))
    return notices


def _notice(entry: Mapping[str, Any], purpose: str, document: Mapping[str, Any], sources: StatusSources) -> Check:
    name = _INFORMATIONAL[purpose]
    source = address_of(entry)
    try:
        listed = bitstring.read_entry(
            _trusted_list(bitstring.list_url(entry), document, sources), entry, sources.read.decode
        )
    except CredentialError as error:
        return Check(name, Outcome.SKIPPED, "status_notice_unavailable", f"{error.detail} ({error.code})", source)
    if purpose == "message":
        detail = listed.code if listed.message is None else f"{listed.code}: {listed.message}"
        return Check(name, Outcome.SKIPPED, "status_message", detail, source)
    if listed.value:
        return Check(
            name, Outcome.SKIPPED, "refresh_available", "the issuer has a newer form of the credential", source
        )
    return Check(name, Outcome.SKIPPED, "refresh_not_needed", "the issuer has no newer form of the credential", source)


def _fetched(url: str, sources: StatusSources) -> Mapping[str, Any]:
    found = sources.lists.get(url)
    if found is None or isinstance(found, Failure):
        why = "was not fetched" if found is None else found.detail
        raise StatusError("status_list_unavailable", f"the status list: {why}")
    if not isinstance(found, Mapping):
        raise StatusError("status_list_malformed", "the status list is no JSON object")
    return found


def _trusted_list(url: str, document: Mapping[str, Any], sources: StatusSources) -> Mapping[str, Any]:
    """The status list credential at `url`, if it may be believed now (Bitstring Status List §3.2 steps 3 to 5)."""
    found = _fetched(url, sources)
    issuer = issuer_id(found)
    if issuer is None or (issuer != issuer_id(document) and not sources.issuer_trusted(issuer)):
        raise StatusError("status_list_issuer_untrusted", "the list is by another, untrusted issuer")
    proof = sources.read.proof(url, lambda: check_proofs(found, sources.controllers, sources.now))
    if proof.outcome is not Outcome.PASSED:
        raise StatusError("status_list_unverified", f"the proof of the status list: {proof.detail} ({proof.code})")
    starts, ends = validity_period(found)
    if starts is not None and starts > sources.now:
        raise StatusError("status_list_not_yet_valid", "the status list is not valid yet")
    if ends is not None and ends <= sources.now:
        raise StatusError("status_list_stale", "the status list is past its validUntil")
    fetched = sources.fetched.get(url)
    if fetched is not None and bitstring.usable_until(found, fetched) <= sources.now:
        raise StatusError("status_list_stale", "the copy of the status list has outlived its ttl")
    return found

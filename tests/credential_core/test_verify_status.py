"""The status check: lists and events together, and every doubt about a list."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core import bitstring, did, proof
from credential_core.keys import SigningKey
from credential_core.report import Report, Verdict
from credential_core.verify import Failure, KnownState, KnownStatus, trust_only

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIST = "https://issuer.test/status-lists/1"
WEB = "did:web:issuer.test"
WEB_METHOD = f"{WEB}#key-1"


def outcome(report: Report, name: str) -> tuple[str, str]:
    found = report.check(name)
    assert found is not None
    return str(found.outcome), found.code


def web_document(key: SigningKey, **ends: datetime) -> dict[str, Any]:
    return did.did_document(WEB, [did.VerificationMethod(WEB_METHOD, WEB, key.public, **ends)])


REVOKED, SUSPENDED, CLEAR = ("failed", "status_revoked"), ("failed", "status_suspended"), ("passed", "status_clear")


@pytest.mark.parametrize(
    ("listed", "known", "expected"),
    [
        (False, None, CLEAR),
        (True, None, REVOKED),
        (False, "issued", CLEAR),
        (True, "issued", REVOKED),
        (False, "revoked", REVOKED),
        (True, "revoked", REVOKED),
        (False, "suspended", SUSPENDED),
        (True, "suspended", SUSPENDED),
        (None, None, ("unknown", "status_list_unavailable")),
        (None, "issued", ("unknown", "status_list_unavailable")),
        (None, "suspended", SUSPENDED),
        (None, "revoked", REVOKED),
    ],
)
def test_the_worse_of_list_and_events_counts(
    check: Callable[..., Report],
    signed: dict[str, Any],
    status_list: Any,
    listed: bool | None,
    known: str | None,
    expected: tuple[str, str],
) -> None:
    found = Failure("timeout", "no answer") if listed is None else status_list(*([7] if listed else []))
    state = KnownStatus(KnownState(known), 3) if known else None
    report = check(signed, status_lists={LIST: found}, known_status=state)
    assert outcome(report, "status") == expected


def test_a_known_state_may_be_given_as_text() -> None:
    assert KnownStatus("revoked", 1).state is KnownState.REVOKED  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"validUntil": "2026-02-01T00:00:00Z"}, "status_list_stale"),
        ({"validFrom": "2026-04-01T00:00:00Z"}, "status_list_not_yet_valid"),
        ({"id": "https://issuer.test/status-lists/2"}, "status_list_mismatch"),
        ({"type": ["VerifiableCredential"]}, "status_list_malformed"),
    ],
)
def test_a_list_that_cannot_be_used_is_unknown(
    check: Callable[..., Report], signed: dict[str, Any], status_list: Any, changes: dict[str, Any], code: str
) -> None:
    report = check(signed, status_lists={LIST: status_list(**changes)})
    assert outcome(report, "status") == ("unknown", code)
    assert report.verdict is Verdict.INDETERMINATE


def test_a_forged_list_is_not_believed(check: Callable[..., Report], signed: dict[str, Any], status_list: Any) -> None:
    forged = status_list(7)
    forged["credentialSubject"]["encodedList"] = bitstring.StatusBits.empty().encoded()
    assert outcome(check(signed, status_lists={LIST: forged}), "status") == ("unknown", "status_list_unverified")


def test_a_list_by_another_issuer_must_be_trusted(
    check: Callable[..., Report], signed: dict[str, Any], key: SigningKey, issuer: str
) -> None:
    document = bitstring.status_list_credential(
        list_url=LIST, issuer=WEB, purpose="revocation", bits=bitstring.StatusBits.empty(), valid_from=NOW, ttl_ms=1
    )
    by_web = {LIST: proof.sign(document, key, verification_method=WEB_METHOD, created=NOW)}
    fetched = {WEB: web_document(key)}
    trusted = check(signed, status_lists=by_web, status_list_controllers=fetched)
    assert trusted.verdict is Verdict.VALID
    stranger = check(signed, status_lists=by_web, status_list_controllers=fetched, trusted_issuers=trust_only([issuer]))
    assert outcome(stranger, "status") == ("unknown", "status_list_issuer_untrusted")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"id": "urn:x", "type": "1EdTechRevocationList"}, ("unknown", "status_list_unavailable")),
        ({"id": 5, "type": "1EdTechRevocationList"}, ("unknown", "status_malformed")),
        (
            {"id": "urn:x", "type": ["1EdTechRevocationList", bitstring.ENTRY_TYPE]},
            ("unknown", "status_type_unsupported"),
        ),
        ({**bitstring.entry(LIST, 7, "revocation"), "statusSize": 9}, ("unknown", "status_size_unsupported")),
        ({**bitstring.entry(LIST, 7, "revocation"), "statusSize": 2}, ("unknown", "status_malformed")),
        (
            {**bitstring.entry(LIST, 7, "revocation"), "type": "StatusList2021Entry"},
            ("unknown", "status_list_malformed"),
        ),
        ({"id": "urn:x", "type": "Anything"}, ("unknown", "status_type_unsupported")),
        (bitstring.entry(LIST, 7, "message"), ("skipped", "status_informational")),
        (bitstring.entry(LIST, 7, "colour"), ("unknown", "status_purpose_unsupported")),
        (bitstring.entry(LIST, 10**9, "revocation"), ("unknown", "status_index_out_of_range")),
        ([bitstring.entry(LIST, 8, "revocation")] * 9, ("unknown", "status_malformed")),
        (5, ("unknown", "status_type_unsupported")),
    ],
)
def test_a_status_that_cannot_be_read_is_never_clear(
    check: Callable[..., Report], signed: dict[str, Any], entry: Any, expected: tuple[str, str]
) -> None:
    assert outcome(check({**signed, "credentialStatus": entry}), "status") == expected


def test_the_order_of_statuses_does_not_matter(
    check: Callable[..., Report], signed: dict[str, Any], status_list: Any
) -> None:
    entries = [bitstring.entry(LIST, 7, "revocation"), bitstring.entry(LIST, 8, "revocation"), {"type": "Other"}]
    lists = {LIST: status_list(8)}
    for order in itertools.permutations(entries):
        report = check({**signed, "credentialStatus": list(order)}, status_lists=lists)
        assert outcome(report, "status") == REVOKED

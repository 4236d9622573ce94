"""Kinds of status beside the one-bit Bitstring list: wide entries with messages, StatusList2021, 1EdTech's list."""

from __future__ import annotations

import base64
import copy
import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core import bitstring, revocation_list
from credential_core.bitstring import MINIMUM_LENGTH, StatusBits
from credential_core.errors import StatusError
from credential_core.report import Report, Verdict
from credential_core.verify import Failure, needs

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIST = "https://issuer.test/status-lists/1"
MESSAGES = [{"status": f"0x{value:x}", "message": f"state {value}"} for value in range(4)]

Make = Callable[..., dict[str, Any]]
Sign = Callable[[dict[str, Any]], dict[str, Any]]


def outcome(report: Report, name: str) -> tuple[str, str]:
    found = report.check(name)
    assert found is not None
    return str(found.outcome), found.code


def wide_entry(index: int, purpose: str, **changes: Any) -> dict[str, Any]:
    return {**bitstring.entry(LIST, index, purpose), "statusSize": 2, "statusMessage": MESSAGES, **changes}


@pytest.fixture
def wide_list(issuer: str, sign: Sign) -> Make:
    """A list of two-bit entries."""

    def make(values: dict[int, int], purpose: str = "message") -> dict[str, Any]:
        bits = StatusBits.empty(MINIMUM_LENGTH * 2)
        for index, value in values.items():
            bits.set(2 * index, bool(value & 2))
            bits.set(2 * index + 1, bool(value & 1))
        return sign(
            bitstring.status_list_credential(
                list_url=LIST, issuer=issuer, purpose=purpose, bits=bits, valid_from=NOW, ttl_ms=1000
            )
        )

    return make


@pytest.mark.parametrize("value", [0, 1, 2, 3])
def test_a_message_is_reported_and_decides_nothing(
    check: Callable[..., Report], unsigned: dict[str, Any], sign: Sign, wide_list: Make, value: int
) -> None:
    document = sign({**unsigned, "credentialStatus": wide_entry(9, "message")})
    report = check(document, status_lists={LIST: wide_list({9: value})})
    notice = report.check("status_message")
    assert notice is not None
    assert (notice.code, notice.detail) == ("status_message", f"0x{value:x}: state {value}")
    assert outcome(report, "status") == ("skipped", "status_informational")
    assert report.verdict is Verdict.VALID


def test_a_message_that_cannot_be_had_is_only_told(
    check: Callable[..., Report], unsigned: dict[str, Any], sign: Sign
) -> None:
    document = sign({**unsigned, "credentialStatus": wide_entry(9, "message")})
    report = check(document, status_lists={LIST: Failure("timeout", "no answer")})
    assert outcome(report, "status_message") == ("skipped", "status_notice_unavailable")
    assert report.verdict is Verdict.VALID


@pytest.mark.parametrize(("value", "code"), [(0, "refresh_not_needed"), (1, "refresh_available")])
def test_a_refresh_bit_is_told(
    check: Callable[..., Report], unsigned: dict[str, Any], sign: Sign, status_list: Make, value: int, code: str
) -> None:
    document = sign({**unsigned, "credentialStatus": bitstring.entry(LIST, 9, "refresh")})
    lists = {LIST: status_list(*([9] if value else []), purpose="refresh")}
    report = check(document, status_lists=lists)
    assert outcome(report, "refresh") == ("skipped", code)
    assert report.verdict is Verdict.VALID


def test_any_value_but_zero_of_a_wide_revocation_revokes(
    check: Callable[..., Report], signed: dict[str, Any], wide_list: Make
) -> None:
    entry = wide_entry(9, "revocation", statusReference="https://issuer.test/about-our-statuses")
    for value in range(4):
        report = check({**signed, "credentialStatus": entry}, status_lists={LIST: wide_list({9: value}, "revocation")})
        expected = ("failed", "status_revoked") if value else ("passed", "status_clear")
        assert outcome(report, "status") == expected
    found = report.check("status")
    assert found is not None
    assert found.detail.endswith("state 3")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"statusSize": 0}, "status_malformed"),
        ({"statusSize": True}, "status_malformed"),
        ({"statusSize": "2"}, "status_malformed"),
        ({"statusSize": 64}, "status_size_unsupported"),
        ({"statusMessage": None}, "status_malformed"),
        ({"statusMessage": MESSAGES[:3]}, "status_malformed"),
        ({"statusMessage": [*MESSAGES[:3], MESSAGES[0]]}, "status_malformed"),
        ({"statusMessage": [*MESSAGES[:3], {"status": "3", "message": "x"}]}, "status_malformed"),
        ({"statusMessage": [*MESSAGES[:3], {"status": "0x3", "message": 3}]}, "status_malformed"),
        ({"statusMessage": [*MESSAGES[:3], 5]}, "status_malformed"),
        ({"statusListIndex": str(MINIMUM_LENGTH)}, "status_index_out_of_range"),
        ({"type": ["BitstringStatusListEntry", "StatusList2021Entry"]}, "status_malformed"),
    ],
)
def test_a_wide_entry_is_held_to_its_rules(wide_list: Make, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(StatusError) as refused:
        bitstring.read_entry(wide_list({}), wide_entry(9, "message", **changes))
    assert refused.value.code == code


def test_a_list_too_short_for_its_width_is_refused(status_list: Make) -> None:
    with pytest.raises(StatusError, match="status_list_length"):
        bitstring.read_entry(status_list(purpose="message"), wide_entry(9, "message"))


@given(st.integers(1, 8), st.dictionaries(st.integers(0, 99), st.integers(0, 255), max_size=20))
def test_wide_values_are_read_from_the_left(size: int, values: dict[int, int]) -> None:
    values = {index: value % (1 << size) for index, value in values.items()}
    text = "".join(f"{values.get(index, 0):0{size}b}" for index in range(104))
    bits = StatusBits(bytearray(int(text, 2).to_bytes(len(text) // 8)))
    assert {index: bits.value(index, size) for index in values} == values
    with pytest.raises(StatusError):
        bits.value(len(text) // size, size)


def test_a_copy_beyond_its_ttl_is_stale(check: Callable[..., Report], signed: dict[str, Any]) -> None:
    for age, expected in [(timedelta(milliseconds=999), "status_clear"), (timedelta(seconds=1), "status_list_stale")]:
        report = check(signed, status_lists_fetched={LIST: NOW - age})
        assert outcome(report, "status")[1] == expected


@pytest.mark.parametrize(
    ("changes", "until"),
    [
        ({}, NOW + timedelta(minutes=5)),
        ({"credentialSubject": {"ttl": 1500}}, NOW + timedelta(seconds=1.5)),
        ({"validUntil": "2026-03-01T12:00:01Z"}, NOW + timedelta(seconds=1)),
    ],
)
def test_a_list_says_how_long_it_may_be_used(changes: dict[str, Any], until: datetime) -> None:
    assert bitstring.usable_until(changes, NOW) == until


@pytest.mark.parametrize("ttl", [0, -1, "300000", None, True, 1e300])
def test_a_ttl_is_a_positive_number(ttl: Any) -> None:
    with pytest.raises(StatusError, match="status_list_malformed"):
        bitstring.usable_until({"credentialSubject": {"ttl": ttl}}, NOW)


def list_2021(*revoked: int) -> dict[str, Any]:
    bits = bytearray(MINIMUM_LENGTH // 8)
    for index in revoked:
        bits[index // 8] |= 0x80 >> index % 8
    return {
        "@context": [
            "https://www.w3.org/2018/credentials/v1",
            "https://w3id.org/vc/status-list/2021/v1",
            "https://w3id.org/security/data-integrity/v2",
        ],
        "id": LIST,
        "type": ["VerifiableCredential", "StatusList2021Credential"],
        "issuanceDate": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "id": f"{LIST}#list",
            "type": "StatusList2021",
            "statusPurpose": "revocation",
            "encodedList": base64.urlsafe_b64encode(gzip.compress(bytes(bits))).decode().rstrip("="),
        },
    }


ENTRY_2021 = {**bitstring.entry(LIST, 7, "revocation"), "type": "StatusList2021Entry"}


@pytest.mark.parametrize(
    ("revoked", "expected"), [((), "status_clear"), ((7,), "status_revoked"), ((6,), "status_clear")]
)
def test_a_status_list_2021_is_read(
    check: Callable[..., Report],
    signed: dict[str, Any],
    sign: Sign,
    issuer: str,
    revoked: tuple[int, ...],
    expected: str,
) -> None:
    signed["credentialStatus"] = ENTRY_2021
    assert needs(signed).status_lists == (LIST,)
    report = check(signed, status_lists={LIST: sign({**list_2021(*revoked), "issuer": issuer})})
    assert outcome(report, "status")[1] == expected


def test_a_status_list_2021_may_be_padded_and_may_end(
    check: Callable[..., Report], signed: dict[str, Any], sign: Sign, issuer: str
) -> None:
    signed["credentialStatus"] = ENTRY_2021
    document = {**list_2021(), "issuer": issuer}
    packed = gzip.compress(bytes(MINIMUM_LENGTH // 8))
    document["credentialSubject"]["encodedList"] = base64.b64encode(packed).decode()
    assert bitstring.read_entry(document, ENTRY_2021).value == 0
    ended = sign({**document, "expirationDate": "2026-02-01T00:00:00Z"})
    assert outcome(check(signed, status_lists={LIST: ended}), "status") == ("unknown", "status_list_stale")


CREDENTIAL = "https://issuer.test/credentials/1"
REVOCATIONS = "https://issuer.test/revocations"


@pytest.fixture
def revocable(unsigned: dict[str, Any], sign: Sign) -> dict[str, Any]:
    unsigned["@context"].append("https://purl.imsglobal.org/spec/ob/v3p0/extensions.json")
    return sign({**unsigned, "credentialStatus": {"id": REVOCATIONS, "type": "1EdTechRevocationList"}})


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], ("passed", "status_clear")),
        ([{"id": CREDENTIAL}], ("failed", "status_revoked")),
        ([{"id": CREDENTIAL, "revoked": True}], ("failed", "status_revoked")),
        ([{"id": CREDENTIAL, "revoked": "false"}], ("failed", "status_revoked")),
        ([{"id": CREDENTIAL, "revoked": False}], ("passed", "status_clear")),
        ([{"id": CREDENTIAL, "revoked": False}, {"id": CREDENTIAL}], ("failed", "status_revoked")),
        ([{"id": CREDENTIAL + "0"}], ("passed", "status_clear")),
        ([{"id": 5}], ("unknown", "status_list_malformed")),
        ([CREDENTIAL], ("unknown", "status_list_malformed")),
        ({}, ("unknown", "status_list_malformed")),
    ],
)
def test_a_revocation_list_is_read_by_id(
    check: Callable[..., Report], revocable: dict[str, Any], issuer: str, rows: Any, expected: tuple[str, str]
) -> None:
    assert needs(revocable).status_lists == (REVOCATIONS,)
    document = {"id": REVOCATIONS, "issuer": issuer, "revokedCredential": rows}
    assert outcome(check(revocable, status_lists={REVOCATIONS: document}), "status") == expected


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "https://issuer.test/other"}, "status_list_mismatch"),
        ({"issuer": "https://other.test"}, "status_list_issuer_untrusted"),
    ],
)
def test_a_revocation_list_must_be_the_one(
    check: Callable[..., Report], revocable: dict[str, Any], issuer: str, changes: dict[str, Any], code: str
) -> None:
    document = {**revocation_list.revocation_list(REVOCATIONS, issuer, {}), **changes}
    assert outcome(check(revocable, status_lists={REVOCATIONS: document}), "status") == ("unknown", code)


def test_an_unreachable_revocation_list_leaves_it_open(check: Callable[..., Report], revocable: dict[str, Any]) -> None:
    report = check(revocable, status_lists={REVOCATIONS: Failure("timeout", "no answer")})
    assert outcome(report, "status") == ("unknown", "status_list_unavailable")
    assert report.verdict is Verdict.INDETERMINATE


def test_the_reason_of_a_revocation_is_told(
    check: Callable[..., Report], revocable: dict[str, Any], issuer: str
) -> None:
    document = revocation_list.revocation_list(REVOCATIONS, issuer, {CREDENTIAL: "issued in error", "urn:x": None})
    found = check(copy.deepcopy(revocable), status_lists={REVOCATIONS: document}).check("status")
    assert found is not None
    assert found.detail == "the credential has been revoked: issued in error"

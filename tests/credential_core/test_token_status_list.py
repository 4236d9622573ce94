"""IETF Token Status List: published vectors, tokens, references, and hostile input."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core import cbor, jose, token_status_list
from credential_core.errors import CredentialError, ProofError, StatusError
from credential_core.keys import SigningKey
from credential_core.multibase import encode_base64url
from credential_core.verify import Failure, KnownState, KnownStatus
from credential_core.verify.status import check_token_status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = SigningKey.from_seed(bytes(range(32)), "P-256")
OTHER = SigningKey.from_seed(bytes(range(1, 33)), "P-256")
ED = SigningKey.from_seed(bytes(range(32)))
URI = "https://issuer.test/statuslists/1"
CLAIMS = {"status": {"status_list": {"idx": 3, "uri": URI}}}


def test_the_published_lists_decode(load: Callable[[str], Any]) -> None:
    vectors = [row for row in load("ietf-token-status-list/vectors.json") if "status_list" in row]
    assert len(vectors) >= 3
    for vector in vectors:
        statuses = token_status_list.decode(vector["status_list"])
        assert len(statuses) == vector["entries"]
        found = {str(index): value for index in range(len(statuses)) if (value := statuses.get(index))}
        assert found == vector["nonzero"]


def test_the_published_cbor_list_decodes(load: Callable[[str], Any]) -> None:
    [vector] = [row for row in load("ietf-token-status-list/vectors.json") if "cbor_hex" in row]
    assert token_status_list.decode(cbor.decode(bytes.fromhex(vector["cbor_hex"]))).data == bytes([0xB9, 0xA3])


@given(st.sampled_from([1, 2, 4, 8]), st.dictionaries(st.integers(0, 99), st.integers(0, 255), max_size=20))
def test_what_is_encoded_is_read_back(bits: int, values: dict[int, int]) -> None:
    values = {index: value % (1 << bits) for index, value in values.items()}
    statuses = token_status_list.decode(token_status_list.encode(values, length=100, bits=bits))
    assert [statuses.get(index) for index in range(100)] == [values.get(index, 0) for index in range(100)]


def packed(data: bytes) -> str:
    return encode_base64url(data)[1:]


@pytest.mark.parametrize(
    ("status_list", "code"),
    [
        (None, "status_list_malformed"),
        ({"bits": 1}, "status_list_malformed"),
        ({"bits": 3, "lst": packed(zlib.compress(b"x"))}, "status_size_unsupported"),
        ({"bits": True, "lst": packed(zlib.compress(b"x"))}, "status_size_unsupported"),
        ({"bits": "1", "lst": packed(zlib.compress(b"x"))}, "status_size_unsupported"),
        ({"bits": [], "lst": ""}, "status_size_unsupported"),
        ({"bits": 1, "lst": "****"}, "status_list_malformed"),
        ({"bits": 1, "lst": ""}, "status_list_malformed"),
        ({"bits": 1, "lst": packed(b"not zlib")}, "status_list_malformed"),
        ({"bits": 1, "lst": packed(zlib.compress(b"x")[:-1])}, "status_list_malformed"),
        ({"bits": 1, "lst": packed(zlib.compress(b"x") + b"y")}, "status_list_malformed"),
        ({"bits": 1, "lst": packed(zlib.compress(bytes(17 * 1024 * 1024)))}, "status_list_too_large"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(status_list: Any, code: str) -> None:
    with pytest.raises(StatusError) as refused:
        token_status_list.decode(status_list)
    assert refused.value.code == code


def claims(**changes: Any) -> dict[str, Any]:
    made = {
        "sub": URI,
        "iat": NOW.timestamp() - 60,
        "exp": NOW.timestamp() + 60,
        "ttl": 30,
        "status_list": token_status_list.encode({3: 1}, length=16, bits=2),
    }
    return {name: value for name, value in {**made, **changes}.items() if value != "absent"}


def token(header: Mapping[str, Any] | None = None, **changes: Any) -> token_status_list.StatusToken:
    typed = {"typ": "statuslist+jwt"} if header is None else header
    return read(jose.sign(typed, claims(**changes), KEY))


def read(text: str | bytes, key: jose.VerifyingKey = KEY.public) -> token_status_list.StatusToken:
    return token_status_list.read_token(text, uri=URI, key=key, now=NOW)


@pytest.mark.parametrize(
    ("header", "changes", "code"),
    [
        ({"typ": "JWT"}, {}, "status_list_malformed"),
        ({}, {}, "status_list_malformed"),
        (None, {"sub": "https://issuer.test/statuslists/2"}, "status_list_mismatch"),
        (None, {"iat": "absent"}, "status_list_malformed"),
        (None, {"iat": "now"}, "status_list_malformed"),
        (None, {"iat": 2**52}, "status_list_malformed"),
        (None, {"iat": NOW.timestamp() + 1000}, "status_list_not_yet_valid"),
        (None, {"nbf": NOW.timestamp() + 1000}, "status_list_not_yet_valid"),
        (None, {"nbf": "now"}, "status_list_malformed"),
        (None, {"exp": NOW.timestamp()}, "status_list_stale"),
        (None, {"ttl": 0}, "status_list_malformed"),
        (None, {"ttl": True}, "status_list_malformed"),
        (None, {"status_list": "absent"}, "status_list_malformed"),
    ],
)
def test_a_token_is_held_to_its_rules(header: Any, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(StatusError) as refused:
        token(header, **changes)
    assert refused.value.code == code


def test_a_token_that_does_not_verify_is_not_read() -> None:
    text = jose.sign({"typ": "statuslist+jwt"}, claims(), KEY)
    for given_key, expected in ((OTHER, "signature_invalid"), (ED, "jws_algorithm_mismatch")):
        with pytest.raises(ProofError, match=expected):
            read(text, given_key.public)
    for other in ("", "a.b.c", text + "~"):
        with pytest.raises(ProofError, match="jws_malformed"):
            read(other)


def test_a_token_may_be_used_until_its_ttl_or_its_end() -> None:
    assert token().usable_until == NOW + timedelta(seconds=30)
    assert token(ttl=2**52).usable_until == NOW + timedelta(seconds=60)
    assert token(ttl="absent").usable_until == NOW + timedelta(seconds=60)
    assert token(ttl="absent", exp="absent").usable_until is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, ("passed", "status_clear")),
        (1, ("failed", "status_revoked")),
        (2, ("failed", "status_suspended")),
        (3, ("unknown", "status_value_unsupported")),
    ],
)
def test_a_value_becomes_a_status(value: int, expected: tuple[str, str]) -> None:
    lists = {URI: token(status_list=token_status_list.encode({3: value}, length=16, bits=2))}
    check = check_token_status(CLAIMS, lists, NOW)
    assert (str(check.outcome), check.code) == expected


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (None, "status_type_unsupported"),
        ([], "status_type_unsupported"),
        ({}, "status_type_unsupported"),
        ({"status_assertion": {}}, "status_type_unsupported"),
        ({"status_list": {"idx": 0, "uri": URI}, "identifier_list": {}}, "status_type_unsupported"),
        ({"status_list": None}, "status_type_unsupported"),
        ({"status_list": {"idx": "3", "uri": URI}}, "status_malformed"),
        ({"status_list": {"idx": True, "uri": URI}}, "status_malformed"),
        ({"status_list": {"idx": 3}}, "status_malformed"),
        ({"status_list": {"idx": -1, "uri": URI}}, "status_index_out_of_range"),
        ({"status_list": {"idx": 16, "uri": URI}}, "status_index_out_of_range"),
        ({"status_list": {"idx": 10**30, "uri": URI}}, "status_index_out_of_range"),
        ({"status_list": {"idx": 3, "uri": URI + "0"}}, "status_list_unavailable"),
    ],
)
def test_a_reference_that_leads_nowhere_is_unknown(status: Any, code: str) -> None:
    check = check_token_status({"status": status}, {URI: token()}, NOW)
    assert (str(check.outcome), check.code) == ("unknown", code)


def test_a_mechanism_that_is_not_read_does_not_hide_a_revocation() -> None:
    status = {"status_list": {"idx": 3, "uri": URI}, "identifier_list": {}}
    assert check_token_status({"status": status}, {URI: token()}, NOW).code == "status_revoked"


def test_a_token_for_another_list_is_not_used() -> None:
    check = check_token_status({"status": {"status_list": {"idx": 3, "uri": "urn:x"}}}, {"urn:x": token()}, NOW)
    assert (str(check.outcome), check.code) == ("unknown", "status_list_mismatch")


def test_a_list_is_not_used_beyond_its_life() -> None:
    check = check_token_status(CLAIMS, {URI: token()}, NOW + timedelta(seconds=30))
    assert (str(check.outcome), check.code) == ("unknown", "status_list_stale")


def test_events_and_lists_are_merged() -> None:
    clear = {URI: token(status_list=token_status_list.encode({}, length=16, bits=1))}
    assert check_token_status(CLAIMS, clear, NOW, KnownStatus(KnownState.REVOKED, 1)).code == "status_revoked"
    assert check_token_status(CLAIMS, {URI: Failure("x", "y")}, NOW).code == "status_list_unavailable"
    assert check_token_status({}, {}, NOW).code == "status_absent"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["status", "status_list", "idx", "uri", "bits", "lst"]), inner, max_size=4
            )
        ),
        max_leaves=8,
    )
)
def test_hostile_claims_never_raise_another_error(value: Any) -> None:
    check_token_status({"status": value}, {URI: token()}, NOW)
    for name in ("sub", "iat", "exp", "ttl", "status_list"):
        try:
            token(**{name: value})
        except CredentialError:
            continue

"""Bitstring status lists: bits, encoding, bounded decoding, and reading a credential's status."""

from __future__ import annotations

import base64
import gzip
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core import bitstring
from credential_core.bitstring import MINIMUM_LENGTH, StatusBits
from credential_core.errors import CredentialError, StatusError

URL = "https://issuer.test/status-lists/1"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def encode(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def credential(bits: StatusBits, **changes: Any) -> dict[str, Any]:
    document = bitstring.status_list_credential(
        list_url=URL, issuer="did:web:issuer.test", purpose="revocation", bits=bits, valid_from=NOW, ttl_ms=1000
    )
    return {**document, **changes}


@given(st.sets(st.integers(0, MINIMUM_LENGTH - 1), max_size=50))
def test_bits_survive_the_encoding(indexes: set[int]) -> None:
    bits = StatusBits.empty()
    for index in indexes:
        bits.set(index, True)
    read = StatusBits.decode(bits.encoded())
    assert read == bits
    assert all(read.get(index) for index in indexes)
    assert bits.encoded() == read.encoded()


def test_index_zero_is_the_leftmost_bit() -> None:
    bits = StatusBits.empty()
    bits.set(0, True)
    bits.set(9, True)
    raw = gzip.decompress(base64.urlsafe_b64decode(bits.encoded()[1:] + "=="))
    assert (raw[0], raw[1], len(raw)) == (0x80, 0x40, MINIMUM_LENGTH // 8)


def test_a_bit_can_be_cleared_without_touching_others() -> None:
    bits = StatusBits.empty()
    bits.set(8, True)
    bits.set(9, True)
    bits.set(8, False)
    assert (bits.get(8), bits.get(9)) == (False, True)


@pytest.mark.parametrize("index", [-1, MINIMUM_LENGTH])
def test_outside_the_list_there_is_no_status(index: int) -> None:
    with pytest.raises(StatusError, match="status_index_out_of_range"):
        StatusBits.empty().get(index)
    with pytest.raises(StatusError, match="status_index_out_of_range"):
        StatusBits.empty().set(index, True)


@pytest.mark.parametrize("length", [0, 8, MINIMUM_LENGTH - 8, MINIMUM_LENGTH + 1, 2**31])
def test_a_list_has_a_sound_length(length: int) -> None:
    with pytest.raises(StatusError, match="status_list_length"):
        StatusBits.empty(length)


PACKED = gzip.compress(bytes(MINIMUM_LENGTH // 8), mtime=0)


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "u",
        "z111",
        "not multibase",
        encode(b"not gzip"),
        encode(PACKED[:-1]),
        encode(PACKED[:5]),
        encode(PACKED + b"x"),
        encode(PACKED + PACKED),
        encode(PACKED) + "=",
        encode(zlib.compress(bytes(20_000))),
        encode(PACKED[:-8] + bytes(8)),
        None,
        5,
    ],
)
def test_what_is_not_one_gzipped_list_is_refused(encoded: Any) -> None:
    with pytest.raises(StatusError, match="status_list_malformed"):
        StatusBits.decode(encoded)


def test_a_bomb_is_not_inflated() -> None:
    bomb = encode(gzip.compress(bytes(64 * 1024 * 1024)))
    with pytest.raises(StatusError, match="status_list_too_large"):
        StatusBits.decode(bomb)
    with pytest.raises(StatusError, match="status_list_too_large"):
        StatusBits.decode(encode(PACKED), max_bytes=MINIMUM_LENGTH // 8 - 1)
    assert len(StatusBits.decode(encode(PACKED), max_bytes=MINIMUM_LENGTH // 8)) == MINIMUM_LENGTH


@given(st.text(max_size=100) | st.binary(max_size=100).map(encode))
def test_any_text_is_a_list_or_our_error(text: str) -> None:
    try:
        StatusBits.decode(text)
    except CredentialError as error:
        assert isinstance(error, StatusError)


def test_a_status_is_read_from_its_place() -> None:
    bits = StatusBits.empty()
    bits.set(7, True)
    assert bitstring.read_status(credential(bits), bitstring.entry(URL, 7, "revocation")) is True
    assert bitstring.read_status(credential(bits), bitstring.entry(URL, 8, "revocation")) is False


def test_a_list_may_serve_several_purposes() -> None:
    document = credential(StatusBits.empty())
    document["credentialSubject"]["statusPurpose"] = ["suspension", "revocation"]
    assert bitstring.read_status(document, bitstring.entry(URL, 7, "revocation")) is False


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"statusPurpose": "suspension"}, "status_purpose_mismatch"),
        ({"statusPurpose": None}, "status_purpose_mismatch"),
        ({"statusListIndex": 7}, "status_malformed"),
        ({"statusListIndex": "07"}, "status_malformed"),
        ({"statusListIndex": "-1"}, "status_malformed"),
        ({"statusListIndex": "7 "}, "status_malformed"),
        ({"statusListIndex": "\u0667"}, "status_malformed"),
        ({"statusListIndex": "9" * 5000}, "status_malformed"),
        ({"statusListIndex": str(MINIMUM_LENGTH)}, "status_index_out_of_range"),
        ({"statusListCredential": "https://issuer.test/status-lists/2"}, "status_list_mismatch"),
        ({"statusListCredential": None}, "status_malformed"),
        ({"statusSize": 2}, "status_size_unsupported"),
    ],
)
def test_an_entry_that_does_not_fit_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(StatusError) as refused:
        bitstring.read_status(credential(StatusBits.empty()), {**bitstring.entry(URL, 7, "revocation"), **change})
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "VerifiableCredential"}, "status_list_malformed"),
        ({"type": [{}]}, "status_list_malformed"),
        ({"credentialSubject": []}, "status_list_malformed"),
        ({"credentialSubject": {"type": "Other"}}, "status_list_malformed"),
        (
            {"credentialSubject": {"type": "BitstringStatusList", "statusPurpose": "revocation"}},
            "status_list_malformed",
        ),
        (
            {
                "credentialSubject": {
                    "type": "BitstringStatusList",
                    "statusPurpose": "revocation",
                    "encodedList": encode(gzip.compress(bytes(100))),
                }
            },
            "status_list_length",
        ),
    ],
)
def test_a_list_that_is_none_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(StatusError) as refused:
        bitstring.read_status(credential(StatusBits.empty(), **change), bitstring.entry(URL, 7, "revocation"))
    assert refused.value.code == code


def test_a_list_can_end() -> None:
    document = bitstring.status_list_credential(
        list_url=URL,
        issuer="urn:i",
        purpose="revocation",
        bits=StatusBits.empty(),
        valid_from=NOW,
        ttl_ms=1,
        valid_until=NOW,
    )
    assert document["validUntil"] == "2026-01-01T00:00:00Z"

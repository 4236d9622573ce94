"""Multibase, keys, DIDs and dates: published values, round trips, and nothing but our errors on hostile input."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core import did
from credential_core.errors import CredentialError, DidError, DocumentError, KeyMaterialError
from credential_core.keys import PublicKey, SigningKey
from credential_core.multibase import decode_base58, decode_base64url, encode_base58, encode_base64url
from credential_core.timestamps import format_timestamp, parse_timestamp

KEY = SigningKey.from_seed(bytes(32))
OTHER = SigningKey.from_seed(bytes([1]) * 32)


@given(st.binary(max_size=100))
def test_base58_round_trip(data: bytes) -> None:
    assert decode_base58(encode_base58(data)) == data


@given(st.binary(max_size=100))
def test_base64url_round_trip(data: bytes) -> None:
    assert decode_base64url(encode_base64url(data)) == data


@pytest.mark.parametrize("text", ["", "x", "m00", "z0", "zO", "z1l", "z ", "z" + "2" * 2000, "zé", 5, None])
def test_only_base58btc_is_base58(text: Any) -> None:
    with pytest.raises(KeyMaterialError, match="multibase_malformed"):
        decode_base58(text)


@pytest.mark.parametrize("text", ["", "zAAAA", "uA", "uAB", "uAAA=", "uAA+A", "uAA/A", "u\n", "uAAAA\n", None])
def test_only_strict_base64url_is_base64url(text: Any) -> None:
    with pytest.raises(KeyMaterialError, match="multibase_malformed"):
        decode_base64url(text)


@given(st.text(max_size=200))
def test_any_text_is_a_key_or_a_key_error(text: str) -> None:
    for decode in (PublicKey.from_multibase, did.resolve_did_key, did.did_web_url, did.controller_of):
        with contextlib.suppress(CredentialError):
            decode(text)


def test_the_published_multikey_reads_back() -> None:
    text = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    public = PublicKey.from_multibase(text)
    assert (public.algorithm, public.multibase) == ("Ed25519", text)


@pytest.mark.parametrize(
    ("algorithm", "size", "start"), [("Ed25519", 32, "z6Mk"), ("P-256", 33, "zDn"), ("P-384", 49, "z82")]
)
def test_multikeys_carry_their_kind(algorithm: str, size: int, start: str) -> None:
    public = PublicKey(algorithm, bytes([2]) * size)
    assert public.multibase.startswith(start)
    assert PublicKey.from_multibase(public.multibase) == public


@pytest.mark.parametrize(("algorithm", "raw"), [("RSA", bytes(32)), ("Ed25519", bytes(31)), ("P-256", bytes(32))])
def test_an_impossible_key_is_refused(algorithm: str, raw: bytes) -> None:
    with pytest.raises(KeyMaterialError):
        PublicKey(algorithm, raw)


def test_a_signature_verifies_for_its_key_and_data_only() -> None:
    signature = KEY.sign(b"data")
    assert KEY.public.verify(signature, b"data")
    assert not KEY.public.verify(signature, b"date")
    assert not OTHER.public.verify(signature, b"data")
    assert not KEY.public.verify(signature[:-1], b"data")


def test_a_non_canonical_signature_is_refused() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    signature = KEY.sign(b"data")
    malleated = signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    assert not KEY.public.verify(malleated, b"data")


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f", b"\xff" * 32])
def test_small_order_and_impossible_points_verify_nothing(point: bytes) -> None:
    assert not PublicKey("Ed25519", point).verify(b"\x01" + bytes(63), b"data")


def test_a_seed_is_32_bytes_and_never_shown() -> None:
    with pytest.raises(KeyMaterialError):
        SigningKey.from_seed(b"short")
    secret = SigningKey.from_seed(b"\xabSECRET!" * 4)
    assert "SECRET" not in repr(secret)
    assert secret.seed.hex() not in repr(secret)


def test_did_key_is_its_own_document() -> None:
    document = did.resolve_did_key(did.did_key(KEY.public))
    method = did.did_key_verification_method(KEY.public)
    assert did.assertion_method(document, method).public == KEY.public


@pytest.mark.parametrize(
    ("origin", "path", "expected", "url"),
    [
        (
            "https://localhost:8443",
            ("issuers", "x"),
            "did:web:localhost%3A8443:issuers:x",
            "https://localhost:8443/issuers/x/did.json",
        ),
        ("https://u.test/", (), "did:web:u.test", "https://u.test/.well-known/did.json"),
        ("https://u.test:443", ("a",), "did:web:u.test:a", "https://u.test/a/did.json"),
    ],
)
def test_did_web_and_its_url(origin: str, path: tuple[str, ...], expected: str, url: str) -> None:
    assert did.did_web(origin, *path) == expected
    assert did.did_web_url(expected) == url


@pytest.mark.parametrize(
    ("origin", "path"),
    [
        ("http://u.test", ()),
        ("https://user@u.test", ()),
        ("https://u.test/path", ()),
        ("https://u.test?q", ()),
        ("https://[::1]", ()),
        ("https://u.test:99999", ()),
        ("https://", ()),
        ("https://u.test", ("..",)),
        ("https://u.test", ("a/b",)),
        ("https://u.test", ("a:b",)),
        ("https://u.test", ("",)),
    ],
)
def test_did_web_refuses_what_it_cannot_carry(origin: str, path: tuple[str, ...]) -> None:
    with pytest.raises(DidError):
        did.did_web(origin, *path)


@pytest.mark.parametrize(
    "text",
    [
        "did:web:",
        "did:web:a/b",
        "did:web:a%2F..",
        "did:web:a:..",
        "did:web:a:.",
        "did:web:u%3A99999",
        "did:web:u:a%2Fb",
        "did:web:u#k",
        "did:web:@u",
        "did:web:u:",
        "did:key:z6Mk",
        "did:web:u%3A80%3A90",
        "did:web:-u",
    ],
)
def test_did_web_url_refuses_escapes_and_traversal(text: str) -> None:
    with pytest.raises(DidError):
        did.did_web_url(text)


DID = "did:web:u.test"
METHOD = DID + "#k"


def controller(**changes: Any) -> dict[str, Any]:
    return {**did.did_document(DID, [did.VerificationMethod(METHOD, DID, KEY.public)]), **changes}


def method(**changes: Any) -> dict[str, Any]:
    return {"id": METHOD, "type": "Multikey", "controller": DID, "publicKeyMultibase": KEY.public.multibase, **changes}


def test_a_listed_method_is_found_by_its_id() -> None:
    assert did.assertion_method(controller(), METHOD) == did.VerificationMethod(METHOD, DID, KEY.public)


@pytest.mark.parametrize(
    "document",
    [
        controller(verificationMethod=[], assertionMethod=[method()]),
        controller(verificationMethod=[method(id="#k")], assertionMethod=["#k"]),
        controller(verificationMethod=method(), assertionMethod=METHOD),
    ],
)
def test_embedded_relative_and_single_methods_are_read(document: dict[str, Any]) -> None:
    assert did.assertion_method(document, METHOD).public == KEY.public


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({}, "controller_malformed"),
        (controller(id="did:web:other.test"), "controller_mismatch"),
        (controller(assertionMethod=[]), "method_not_authorized"),
        (controller(assertionMethod=[DID + "#other", 5, None, {}]), "method_not_authorized"),
        (controller(verificationMethod=[]), "method_unknown"),
        (controller(verificationMethod=[method(), method()]), "method_unknown"),
        (controller(verificationMethod=[method(controller="did:web:other.test")]), "controller_mismatch"),
        (controller(verificationMethod=[method(type="JsonWebKey")]), "method_malformed"),
        (controller(verificationMethod=[method(type="X25519KeyAgreementKey2020")]), "method_type_unsupported"),
        (controller(verificationMethod=[method(type=["Multikey"])]), "method_type_unsupported"),
        (controller(verificationMethod=[method(publicKeyMultibase=5)]), "method_malformed"),
        (controller(verificationMethod=[method(expires="soon")]), "method_malformed"),
    ],
)
def test_a_method_the_controller_does_not_vouch_for_is_refused(document: dict[str, Any], code: str) -> None:
    with pytest.raises(DidError) as refused:
        did.assertion_method(document, METHOD)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "text", ["did:web:u.test", "http://u.test/x#k", "https://#k", "did:ex:1#k", "https://[#k", "#k", ""]
)
def test_only_known_kinds_of_method_have_a_controller(text: str) -> None:
    with pytest.raises(DidError):
        did.controller_of(text)


def test_a_document_cannot_assert_with_a_method_it_lacks() -> None:
    with pytest.raises(DidError):
        did.did_document(DID, [], assertion=[METHOD])


def test_ends_of_a_key_travel_in_the_document() -> None:
    end = datetime(2027, 1, 1, tzinfo=UTC)
    entry = did.VerificationMethod(METHOD, DID, KEY.public, expires=end)
    assert did.assertion_method(did.did_document(DID, [entry]), METHOD) == entry
    revoked = did.VerificationMethod(METHOD, DID, KEY.public, revoked=end)
    with pytest.raises(DidError, match="method_revoked"):
        did.assertion_method(did.did_document(DID, [revoked]), METHOD)


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001  # bounds are naive in Hypothesis
def test_timestamps_round_trip(moment: datetime) -> None:
    assert parse_timestamp(format_timestamp(moment)) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00.5Z", datetime(2026, 1, 31, 12, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-01-31T12:00:00.123456789Z", datetime(2026, 1, 31, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-01-31T12:00:00+02:00", datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2)))),
        ("2026-01-31T12:00:00.1234567890123456789Z", datetime(2026, 1, 31, 12, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-01-31T12:00:00+14:00", datetime(2026, 1, 30, 22, tzinfo=UTC)),
        ("2026-01-31T12:00:00-13:59", datetime(2026, 2, 1, 1, 59, tzinfo=UTC)),
        ("2026-01-31T24:00:00Z", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-01-31T24:00:00.00-01:00", datetime(2026, 2, 1, 1, tzinfo=UTC)),
        ("2026-01-31T12:00:00-05:30", datetime(2026, 1, 31, 12, tzinfo=timezone(-timedelta(hours=5, minutes=30)))),
    ],
)
def test_timestamps_read_offsets_and_fractions(text: str, moment: datetime) -> None:
    assert parse_timestamp(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-02-30T12:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31t12:00:00z",
        "2026-01-31T12:00:60Z",
        "2026-01-31T24:00:01Z",
        "2026-01-31T24:00:00.5Z",
        "2026-01-31T12:00:00+14:01",
        "2026-01-31T12:00:00-23:59",
        "2026-01-31T12:00:00+00:60",
        "0001-01-01T00:00:00+13:59",
        "9999-12-31T23:59:59-13:59",
        "9999-12-31T24:00:00Z",
        "2026-01-31T12:00:00Z\n",
        "\uff12026-01-31T12:00:00Z",
        "2026-01-31T12:00:00+99:00",
        "2026-01-31 12:00:00Z",
        None,
        5,
        ["x"],
    ],
)
def test_other_dates_are_refused(text: Any) -> None:
    with pytest.raises(DocumentError, match="date_malformed"):
        parse_timestamp(text)


def test_a_naive_date_is_not_written() -> None:
    with pytest.raises(DocumentError):
        format_timestamp(datetime(2026, 1, 1))  # noqa: DTZ001  # that it is naive is the point


def test_a_date_before_the_first_year_is_not_written() -> None:
    with pytest.raises(DocumentError, match="date_malformed"):
        format_timestamp(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))))

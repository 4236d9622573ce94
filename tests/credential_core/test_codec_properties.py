"""Codecs for all values: what is written reads back, what is read writes back, all else is an error of ours."""

from __future__ import annotations

import contextlib
import gzip
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core import did, jwk
from credential_core.bitstring import MINIMUM_LENGTH, StatusBits
from credential_core.errors import CredentialError, DidError, DocumentError, KeyMaterialError, StatusError
from credential_core.keys import PublicKey, SigningKey
from credential_core.multibase import decode_base58, decode_base64url, encode_base58, encode_base64url
from credential_core.timestamps import format_timestamp, parse_timestamp

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
SIZES = {"Ed25519": 32, "P-256": 33, "P-384": 49}
ALGORITHMS = st.sampled_from(sorted(SIZES))
SEEDS = st.binary(min_size=32, max_size=32)
OFFSETS = st.integers(-14 * 60, 14 * 60)


@given(st.text(BASE58, max_size=120))
def test_base58_has_one_text_for_its_bytes(body: str) -> None:
    assert encode_base58(decode_base58("z" + body)) == "z" + body


@given(st.binary(max_size=60))
def test_base58_is_the_number_and_its_leading_zeros(data: bytes) -> None:
    number, digits = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        digits = BASE58[digit] + digits
    assert encode_base58(data) == "z" + "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


@given(st.text(BASE64URL, max_size=60))
def test_base64url_has_one_text_for_its_bytes(body: str) -> None:
    with contextlib.suppress(KeyMaterialError):
        assert encode_base64url(decode_base64url("u" + body)) == "u" + body


@given(st.text(max_size=60), st.sampled_from("zu"))
def test_any_other_text_is_no_multibase(body: str, prefix: str) -> None:
    alphabet = BASE58 if prefix == "z" else BASE64URL
    decode = decode_base58 if prefix == "z" else decode_base64url
    if set(body) <= set(alphabet):
        return
    with pytest.raises(KeyMaterialError, match="multibase_malformed"):
        decode(prefix + body)


@given(ALGORITHMS, st.data())
def test_multikeys_round_trip(algorithm: str, data: st.DataObject) -> None:
    size = SIZES[algorithm]
    public = PublicKey(algorithm, data.draw(st.binary(min_size=size, max_size=size)))
    assert PublicKey.from_multibase(public.multibase) == public
    for bent in (public.multikey[:-1], public.multikey + b"\0"):
        with pytest.raises(KeyMaterialError):
            PublicKey.from_multikey(bent)


@given(SEEDS)
def test_secret_multikeys_round_trip(seed: bytes) -> None:
    key = SigningKey.from_seed(seed)
    assert SigningKey.from_multibase(key.secret_multibase) == key
    with pytest.raises(KeyMaterialError):
        PublicKey.from_multibase(key.secret_multibase)


@given(st.sampled_from(["Ed25519", "P-256"]), SEEDS)
def test_a_key_reads_back_from_each_of_its_forms(algorithm: str, seed: bytes) -> None:
    public = SigningKey.from_seed(b"\1" + seed[1:], algorithm).public
    assert jwk.from_jwk(jwk.to_jwk(public)) == public
    for resolve, name in ((did.resolve_did_key, did.did_key), (did.resolve_did_jwk, did.did_jwk)):
        document = resolve(name(public))
        assert did.assertion_method(document, document["assertionMethod"][0]).public == public


@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 30)),  # noqa: DTZ001  # naive in Hypothesis
    OFFSETS,
)
def test_a_timestamp_is_one_moment_in_any_offset(moment: datetime, minutes: int) -> None:
    local = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse_timestamp(local.isoformat()) == local
    assert format_timestamp(local) == format_timestamp(local.astimezone(UTC))


@given(
    st.one_of(st.text(), st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{6,12}(Z|[+-][0-9:]{5})", fullmatch=True))
)
def test_any_text_is_a_timestamp_or_an_error(text: str) -> None:
    with contextlib.suppress(DocumentError):
        assert parse_timestamp(format_timestamp(parse_timestamp(text))) == parse_timestamp(text)


@given(st.binary(min_size=1, max_size=200), st.integers(1, 3))
def test_status_bits_are_read_from_the_left_of_each_byte(data: bytes, repeat: int) -> None:
    packed = encode_base64url(gzip.compress(data * repeat))
    bits = StatusBits.decode(packed)
    assert [bits.get(index) for index in range(len(bits))] == [
        bit == "1" for byte in data * repeat for bit in f"{byte:08b}"
    ]
    with pytest.raises(StatusError, match="status_list_too_large"):
        StatusBits.decode(packed, max_bytes=len(data) * repeat - 1)


@given(st.dictionaries(st.integers(0, MINIMUM_LENGTH - 1), st.booleans(), max_size=20))
def test_status_bits_set_and_cleared_travel(values: dict[int, bool]) -> None:
    bits = StatusBits.empty()
    for index, value in values.items():
        bits.set(index, True)
        bits.set(index, value)
    read = StatusBits.decode(bits.encoded())
    assert {index: read.get(index) for index in values} == values


@given(st.binary(max_size=100))
def test_any_bytes_are_a_status_list_or_an_error(data: bytes) -> None:
    for text in (
        encode_base64url(data),
        encode_base64url(gzip.compress(data)[:-1]),
        encode_base64url(b"\x1f\x8b\x08" + data),
    ):
        with pytest.raises(StatusError, match="status_list_malformed"):
            StatusBits.decode(text)


@given(st.text(), st.lists(st.text(), max_size=3), st.integers(-1, 70_000))
def test_did_web_leads_back_to_where_it_is_served(host: str, path: list[str], port: int) -> None:
    for origin in (f"https://{host}", f"https://a.test:{port}", "https://a.test"):
        try:
            name = did.did_web(origin, *path)
        except DidError:
            continue
        url = did.did_web_url(name)
        assert url.startswith("https://")
        assert unquote(url).endswith("/did.json")


@given(st.one_of(st.none(), st.integers(), st.binary(), st.lists(st.text())))
def test_what_is_no_text_is_an_error_of_ours(value: Any) -> None:
    decoders = (
        decode_base58,
        decode_base64url,
        parse_timestamp,
        StatusBits.decode,
        did.resolve_did_key,
        did.did_web_url,
    )
    for decode in decoders:
        with pytest.raises(CredentialError):
            decode(value)

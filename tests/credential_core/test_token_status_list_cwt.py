"""Status list tokens as CWT: the published example, every rule broken once, hostile CBOR, and what stays legal."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credential_core import cbor, token_status_list
from credential_core.errors import CredentialError
from credential_core.jose import VerifyingKey
from credential_core.jwk import from_jwk
from credential_core.keys import SigningKey

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URI = "https://issuer.test/statuslists/1"
P256 = SigningKey.from_seed(bytes(range(32)), "P-256")
P384 = SigningKey.from_seed(bytes(range(48)), "P-384")
ED = SigningKey.from_seed(bytes(range(32)))
SECOND = int(NOW.timestamp())
TYPE = "application/statuslist+cwt"
ABSENT = object()
SIGN1 = b"\xd2"
PUBLISHED = json.loads((Path(__file__).parent / "vectors" / "token-status-list.json").read_text())


def members(given: dict[Any, Any], changes: dict[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in {**given, **changes}.items() if value is not ABSENT}


def payload(changes: dict[Any, Any] | None = None, status_list: dict[str, Any] | None = None) -> bytes:
    held = members({"bits": 2, "lst": zlib.compress(b"\x40\x00")}, status_list or {})
    claims = {2: URI, 6: SECOND - 60, 4: SECOND + 60, 65534: 30, 65533: held}
    return cbor.encode(members(claims, changes or {}))


def sealed(
    body: bytes | None = None,
    *,
    key: SigningKey = P256,
    header: dict[Any, Any] | None = None,
    unprotected: Any = None,
    protected: bytes | None = None,
) -> bytes:
    """A COSE_Sign1, also of what none should hold, with a signature that holds."""
    if protected is None:
        protected = cbor.encode(members({1: -7, 16: TYPE}, header or {}))
    body = payload() if body is None else body
    signature = key.sign(cbor.encode(["Signature1", protected, b"", body]))
    return SIGN1 + cbor.encode([protected, {} if unprotected is None else unprotected, body, signature])


def read(data: Any, key: VerifyingKey = P256.public) -> token_status_list.StatusToken:
    return token_status_list.read_token(data, uri=URI, key=key, now=NOW)


def code(data: Any, key: VerifyingKey = P256.public) -> str:
    with pytest.raises(CredentialError) as refused:
        read(data, key)
    return refused.value.code


def test_the_published_tokens_are_read() -> None:
    key = from_jwk(PUBLISHED["jwk"])
    for token in (PUBLISHED["jwt"], bytes.fromhex(PUBLISHED["cwt_hex"])):
        found = token_status_list.read_token(token, uri=PUBLISHED["uri"], key=key, now=NOW)
        assert found.statuses == token_status_list.TokenStatuses(1, bytes.fromhex(PUBLISHED["bytes"]))
        assert found.usable_until == NOW + timedelta(hours=12)


@pytest.mark.parametrize(
    ("key", "algorithms"), [(P256, (-7, -9)), (P384, (-35, -51)), (ED, (-8, -19))], ids=["P-256", "P-384", "Ed25519"]
)
def test_the_key_says_which_algorithm(key: SigningKey, algorithms: tuple[int, ...]) -> None:
    for algorithm in algorithms:
        found = read(sealed(key=key, header={1: algorithm}), key.public)
        assert (found.statuses.get(3), found.usable_until) == (1, NOW + timedelta(seconds=30))
    others: list[object] = [each for each in (-7, -9, -35, -51, -8, -19) if each not in algorithms]
    for other in (*others, -257, 5, True, "ES256", b"", [], ABSENT):
        assert code(sealed(key=key, header={1: other}), key.public) == "jws_algorithm_mismatch"


def test_what_the_specification_leaves_open_is_read() -> None:
    for token in (
        sealed(header={16: 279}),
        sealed(header={"x": [None, True]}, unprotected={4: b"12", 33: [b"cert"], "y": -5}),
        sealed(payload({1: "https://issuer.test", "own": {"deep": [1.5, False]}, -70000: None})),
        sealed(payload({6: SECOND + 0.5, 4: SECOND + 90.0})),
        sealed(payload(status_list={"aggregation_uri": "https://issuer.test/lists"})),
    ):
        assert read(token).statuses.get(3) == 1
    assert read(sealed(payload({4: ABSENT, 65534: ABSENT}))).usable_until is None
    for short in ("f96bb1", "fa4ed27c00"):  # half and single precision
        claims = payload({4: ABSENT}).replace(b"\x06\x1a" + (SECOND - 60).to_bytes(4), b"\x06" + bytes.fromhex(short))
        assert read(sealed(claims)).statuses.get(3) == 1


CLAIMS: list[tuple[Any, Any, str]] = [
    (2, ABSENT, "status_list_mismatch"),
    (2, URI + "/", "status_list_mismatch"),
    (2, URI.encode(), "status_list_mismatch"),
    (6, ABSENT, "status_list_malformed"),
    (6, "2026", "status_list_malformed"),
    (6, True, "status_list_malformed"),
    (6, -1, "status_list_malformed"),
    (6, 2**63, "status_list_malformed"),
    (6, 1e300, "status_list_malformed"),
    (6, SECOND + 1000, "status_list_not_yet_valid"),
    (5, SECOND + 1000, "status_list_not_yet_valid"),
    (5, b"", "status_list_malformed"),
    (4, SECOND, "status_list_stale"),
    (4, None, "status_list_malformed"),
    (65534, 0, "status_list_malformed"),
    (65534, -5, "status_list_malformed"),
    (65534, "30", "status_list_malformed"),
    (65533, ABSENT, "status_list_malformed"),
    (65533, [], "status_list_malformed"),
    (65533, {}, "status_list_malformed"),
]
LISTS: list[tuple[dict[str, Any], str]] = [
    ({"bits": 3}, "status_size_unsupported"),
    ({"bits": True}, "status_size_unsupported"),
    ({"bits": 1.0}, "status_size_unsupported"),
    ({"bits": ABSENT}, "status_size_unsupported"),
    ({"lst": ABSENT}, "status_list_malformed"),
    ({"lst": "eNrbuRgAAhcBXQ"}, "status_list_malformed"),
    ({"lst": b""}, "status_list_malformed"),
    ({"lst": zlib.compress(b"x")[:-1]}, "status_list_malformed"),
    ({"lst": zlib.compress(b"x") + b"x"}, "status_list_malformed"),
    ({"lst": zlib.compress(bytes(17 * 1024 * 1024))}, "status_list_too_large"),
]


@pytest.mark.parametrize(("label", "value", "expected"), CLAIMS)
def test_a_claim_is_held_to_its_rule(label: Any, value: Any, expected: str) -> None:
    assert code(sealed(payload({label: value}))) == expected


@pytest.mark.parametrize(("changes", "expected"), LISTS)
def test_a_list_is_held_to_its_rules(changes: dict[str, Any], expected: str) -> None:
    assert code(sealed(payload(status_list=changes))) == expected


PROTECTED = cbor.encode({1: -7, 16: TYPE})


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (b"", "cose_malformed"),
        (None, "cose_malformed"),
        (bytearray(sealed()), "cose_malformed"),
        (sealed()[1:], "cose_malformed"),  # no tag
        (b"\xd1" + sealed()[1:], "cose_malformed"),  # COSE_Mac0
        (b"\xd8\x3d" + sealed(), "cose_malformed"),  # the CWT tag, which a status list must not bear
        (b"\xd8\x12" + sealed()[1:], "cose_malformed"),  # tag 18, not in its shortest form
        (sealed() + b"\0", "cose_malformed"),
        (sealed()[:-1], "cose_malformed"),
        (SIGN1 + cbor.encode({}), "cose_malformed"),
        (SIGN1 + cbor.encode([PROTECTED, {}, payload()]), "cose_malformed"),
        (SIGN1 + cbor.encode([PROTECTED, {}, payload(), "x"]), "cose_malformed"),
        (SIGN1 + cbor.encode([PROTECTED, {}, None, bytes(64)]), "cose_malformed"),  # a detached payload
        (SIGN1 + cbor.encode([{1: -7}, {}, payload(), bytes(64)]), "cose_malformed"),
        (SIGN1 + cbor.encode([PROTECTED, [], payload(), bytes(64)]), "cose_malformed"),
        (SIGN1 + cbor.encode([PROTECTED, {}, payload(), bytes(64)]), "signature_invalid"),
        (SIGN1 + cbor.encode([PROTECTED, {}, payload(), b""]), "signature_invalid"),
        (sealed(protected=b"x"), "cose_malformed"),
        (sealed(protected=b"\x80"), "cose_malformed"),
        (sealed(protected=b"", unprotected={1: -7, 16: TYPE}), "jws_algorithm_mismatch"),
        (sealed(unprotected={1: -7}), "cose_malformed"),  # a header in both buckets
        (sealed(header={2: [1]}), "cose_extension_unsupported"),
        (sealed(unprotected={2: [1]}), "cose_extension_unsupported"),
        (sealed(header={16: ABSENT}), "status_list_malformed"),
        (sealed(header={16: ABSENT}, unprotected={16: TYPE}), "status_list_malformed"),
        (sealed(header={16: "statuslist+cwt"}), "status_list_malformed"),
        (sealed(header={16: "application/cwt"}), "status_list_malformed"),
        (sealed(header={16: [TYPE]}), "status_list_malformed"),
        (sealed(b""), "cose_malformed"),
        (sealed(b"\x80"), "status_list_malformed"),
        (sealed(payload() + b"\0"), "cose_malformed"),
        (sealed(b"\xa2\x02\x61a\x02\x61b"), "cose_malformed"),  # a claim twice
        (sealed(b"\xbf\xff"), "cose_malformed"),  # a map of no definite length
        (sealed(b"\x81" * 100_000), "cbor_too_large"),
        (sealed(cbor.encode([0] * 20_000)), "cbor_too_large"),
        (sealed(payload(status_list={"x": bytes(256 * 1024)})), "document_too_large"),
        (sealed(key=SigningKey.from_seed(bytes(range(1, 33)), "P-256")), "signature_invalid"),
    ],
)
def test_what_is_no_such_token_is_refused(token: Any, expected: str) -> None:
    assert code(token) == expected


@settings(max_examples=200)
@given(st.integers(0, len(sealed()) - 1), st.binary(max_size=3))
def test_any_change_of_the_bytes_is_noticed(place: int, data: bytes) -> None:
    token = sealed()
    changed = token[:place] + data + token[place + 1 :]
    assert changed == token or code(changed)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.binary(max_size=300)
    | st.text(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=30)
        | st.dictionaries(st.integers(-70_000, 70_000) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(st.sampled_from([2, 4, 5, 6, 65533, 65534]), VALUES, st.sampled_from(["bits", "lst"]))
def test_any_claim_is_judged(label: int, value: Any, member: str) -> None:
    for body in (payload({label: value}), payload(status_list={member: value}), cbor.encode(value)):
        try:
            read(sealed(body))
        except CredentialError:
            continue


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0) if isinstance(value, dict | list) else 0


@settings(max_examples=150)
@given(VALUES)
def test_cbor_round_trip(value: Any) -> None:
    if depth(value) <= 8:
        assert cbor.decode(cbor.encode(value)) == value


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_any_bytes_are_cbor_in_one_form_or_an_error(data: bytes) -> None:
    """But for floats, which say the same in several sizes."""
    try:
        value = cbor.decode(data)
    except CredentialError:
        return
    assert cbor.decode(cbor.encode(value)) == value
    assert cbor.encode(value) == data or {0xF9, 0xFA} & set(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1800",  # not the shortest form
        "190017",
        "1a00001000",
        "1b0000000000001000",
        "3800",
        "1c",
        "18",
        "5f4100ff",  # no definite length
        "9fff",
        "bfff",
        "c100",  # a tag
        "d2f6",
        "f7",  # undefined
        "f0",
        "f820",
        "f97c00",  # infinity
        "fa7fc00000",
        "fb7ff8000000000000",
        "f900",
        "4200",
        "0000",
        "61ff",
        "9affffffff",
        "9bffffffffffffffff",
        "bbffffffffffffffff",
        "5bffffffffffffffff",
        "7bffffffffffffffff",
        "a2000100" + "02",  # a key twice
        "a1410000",  # a key that is neither number nor text
        "a1f500",
        "a1f90000" + "00",
        "a18000",
    ],
)
def test_other_cbor_is_refused(text: str) -> None:
    with pytest.raises(CredentialError, match="cbor_malformed"):
        cbor.decode(bytes.fromhex(text))


def test_deep_and_wide_cbor_is_refused() -> None:
    for data in (b"\x81" * 9 + b"\0", b"\x81" * 100_000, b"\xa1\0" * 9 + b"\0", cbor.encode([0] * 10_000)):
        with pytest.raises(CredentialError, match="cbor_too_large"):
            cbor.decode(data)

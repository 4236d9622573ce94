"""Keys of every kind: published encodings, JWK both ways, and the signatures that a lax library would take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credential_core import did, jwk
from credential_core.errors import CredentialError, DidError, KeyMaterialError
from credential_core.keys import PublicKey, SigningKey
from credential_core.multibase import decode_base58, encode_base58

ALGORITHMS = {"Ed25519": 32, "P-256": 32, "P-384": 48, "P-521": 66, "secp256k1": 32}
KEYS = {name: SigningKey.from_seed(bytes(range(1, size + 1)), name) for name, size in ALGORITHMS.items()}
ORDER = {
    "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "P-384": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    "P-521": int("01" + "F" * 65 + "A" + "51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409", 16),
    "secp256k1": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
}
SPECCHECK = json.loads((Path(__file__).parent / "vectors" / "ed25519-speccheck.json").read_bytes())
P = 2**255 - 19
RSA_MODULUS = "_" * 341 + "w"  # 2048 bits, all set


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_signature_is_its_keys_and_no_others(key: SigningKey) -> None:
    signature = key.sign(b"data")
    assert key.sign(b"data") == signature
    assert len(signature) == key.public.signature_bytes
    assert key.public.verify(signature, b"data")
    assert not key.public.verify(signature, b"date")
    assert not key.public.verify(signature[:-1], b"data")
    assert not key.public.verify(signature + b"\0", b"data")
    assert not any(other.public.verify(signature, b"data") for other in KEYS.values() if other != key)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_travels_as_multikey_and_jwk_and_hides_its_secret(key: SigningKey) -> None:
    assert PublicKey.from_multibase(key.public.multibase) == key.public
    assert SigningKey.from_multibase(key.secret_multibase) == key
    assert jwk.from_jwk(jwk.to_jwk(key.public)) == key.public
    assert key.seed.hex() not in repr(key)
    assert str(key.seed) not in repr(key)


def test_ecdsa_signs_as_rfc_6979_shows() -> None:
    """RFC 6979 A.2.5, A.2.6 and A.2.7, message "sample"."""
    p256 = SigningKey.from_seed(
        bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"), "P-256"
    )
    p384 = SigningKey.from_seed(
        bytes.fromhex(
            "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5"
        ),
        "P-384",
    )
    assert p256.sign(b"sample").hex().upper() == (
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    )
    assert p384.sign(b"sample").hex().upper() == (
        "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46"
        "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8"
    )
    p521 = SigningKey.from_seed(
        bytes.fromhex(
            "00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA"
            "896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538"
        ),
        "P-521",
    )
    assert p521.sign(b"sample").hex().upper() == (
        "00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F174"
        "E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA"
        "00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF282"
        "623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A"
    )


@pytest.mark.parametrize("algorithm", ORDER)
def test_psychic_signatures_are_refused(algorithm: str) -> None:
    """Zero, the order and what lies beyond it are no r and no s (CVE-2022-21449)."""
    public, size = KEYS[algorithm].public, ALGORITHMS[algorithm]
    genuine = KEYS[algorithm].sign(b"data")
    parts = [n.to_bytes(size) for n in (0, 1, ORDER[algorithm], ORDER[algorithm] + 1, 2 ** (8 * size) - 1)]
    for part in parts:
        for other in parts:
            assert not public.verify(part + other, b"data")
        assert not public.verify(part + genuine[size:], b"data")
        assert not public.verify(genuine[:size] + part, b"data")


@pytest.mark.parametrize("algorithm", ORDER)
def test_both_halves_of_s_are_accepted(algorithm: str) -> None:
    """Who has r and s has r and n - s; a proof value is therefore no name for a proof."""
    size, signature = ALGORITHMS[algorithm], KEYS[algorithm].sign(b"data")
    other = ORDER[algorithm] - int.from_bytes(signature[size:])
    assert KEYS[algorithm].public.verify(signature[:size] + other.to_bytes(size), b"data")


@pytest.mark.parametrize("algorithm", ORDER)
@pytest.mark.parametrize("first", [b"\x00", b"\x02", b"\x04", b"\x05"])
def test_bytes_that_are_no_point_verify_nothing(algorithm: str, first: bytes) -> None:
    public = PublicKey(algorithm, first + b"\xff" * ALGORITHMS[algorithm])
    assert not public.verify(bytes(public.signature_bytes), b"data")
    with pytest.raises(KeyMaterialError, match="key_malformed"):
        jwk.to_jwk(public)


# What "Taming the many EdDSAs" asks of a verifier: cases 0 to 2 have small-order points (A, both, R), 3 is right in any
# reading, 4 and 5 hold only with the cofactor, 6 and 7 have S beyond the order, 8 and 9 a non-canonical R.
ACCEPTED = {3}


@pytest.mark.parametrize("number", range(len(SPECCHECK)))
def test_ed25519_edge_cases(number: int) -> None:
    case = {name: bytes.fromhex(value) for name, value in SPECCHECK[number].items()}
    accepted = PublicKey("Ed25519", case["pub_key"]).verify(case["signature"], case["message"])
    assert accepted is (number in ACCEPTED)


@pytest.mark.parametrize("y", [0, 1, P - 1, P, P + 1, 2**255 - 1])
@pytest.mark.parametrize("sign", [0, 1])
def test_small_order_and_non_canonical_keys_verify_nothing(y: int, sign: int) -> None:
    public = PublicKey("Ed25519", (y | sign << 255).to_bytes(32, "little"))
    for r in (1, 0, P - 1, P + 1):
        assert not public.verify(r.to_bytes(32, "little") + bytes(32), b"data")


@pytest.mark.parametrize(("algorithm", "size"), [("Ed25519", 31), ("P-256", 33), ("P-384", 32), ("RSA", 32)])
def test_a_secret_has_its_size(algorithm: str, size: int) -> None:
    with pytest.raises(KeyMaterialError):
        SigningKey.from_seed(bytes([1]) * size, algorithm)


@pytest.mark.parametrize("algorithm", ORDER)
def test_a_secret_lies_below_the_order(algorithm: str) -> None:
    for number in (0, ORDER[algorithm]):
        with pytest.raises(KeyMaterialError, match="key_malformed"):
            SigningKey.from_seed(number.to_bytes(ALGORITHMS[algorithm]), algorithm)


def test_secrets_and_publics_are_not_taken_for_each_other() -> None:
    for key in KEYS.values():
        with pytest.raises(KeyMaterialError):
            SigningKey.from_multibase(key.public.multibase)
        with pytest.raises(KeyMaterialError):
            PublicKey.from_multibase(key.secret_multibase)


def test_the_right_prefix_on_a_wrong_length_is_malformed() -> None:
    with pytest.raises(KeyMaterialError, match="key_malformed"):
        PublicKey.from_multibase(encode_base58(decode_base58(KEYS["P-256"].public.multibase) + b"\0"))


def test_published_jwk_values() -> None:
    """RFC 8037 A.2 and A.3; RFC 7638 §3.1."""
    okp = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert jwk.thumbprint(jwk.from_jwk(okp)) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
        "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
        "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
        "nqDKgw"
    )
    rsa = jwk.from_jwk({"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"})
    assert jwk.to_jwk(rsa) == {"kty": "RSA", "n": modulus, "e": "AQAB"}
    assert jwk.thumbprint(rsa) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def ec_jwk(**changes: Any) -> dict[str, Any]:
    return {**jwk.to_jwk(KEYS["P-256"].public), **changes}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "key_malformed"),
        ([], "key_malformed"),
        ({}, "key_malformed"),
        ({"kty": ["EC"]}, "key_malformed"),
        (ec_jwk(d="AA"), "key_secret"),
        ({"kty": "oct", "k": "AA"}, "key_secret"),
        (ec_jwk(use="enc"), "key_use_mismatch"),
        (ec_jwk(key_ops=["sign"]), "key_use_mismatch"),
        (ec_jwk(key_ops="verify"), "key_use_mismatch"),
        (ec_jwk(crv="brainpoolP256r1"), "key_algorithm_unsupported"),
        (ec_jwk(crv=["P-256"]), "key_algorithm_unsupported"),
        (ec_jwk(crv="P-384"), "key_malformed"),
        (ec_jwk(x="AAAA"), "key_malformed"),
        (ec_jwk(y=jwk.to_jwk(KEYS["P-256"].public)["x"]), "key_malformed"),
        (ec_jwk(y=None), "key_malformed"),
        (ec_jwk(x=jwk.to_jwk(KEYS["P-256"].public)["x"] + "="), "key_malformed"),
        (ec_jwk(x=5), "key_malformed"),
        ({"kty": "OKP", "crv": "X25519", "x": "AA"}, "key_algorithm_unsupported"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "AA"}, "key_malformed"),
        ({"kty": "RSA", "n": "AQAB", "e": "AQAB"}, "key_malformed"),
        ({"kty": "RSA", "n": "A" + "_" * 2000, "e": "AQAB"}, "key_malformed"),
        ({"kty": "RSA", "n": RSA_MODULUS, "e": "AA"}, "key_malformed"),
        ({"kty": "RSA", "n": RSA_MODULUS, "e": "Ag"}, "key_malformed"),
    ],
)
def test_a_jwk_that_may_not_verify_is_refused(value: Any, code: str) -> None:
    with pytest.raises(KeyMaterialError) as refused:
        jwk.from_jwk(value)
    assert refused.value.code == code


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "d", "use", "key_ops", "alg"])
WORDS = st.sampled_from(["EC", "OKP", "RSA", "P-256", "P-384", "Ed25519", "AQAB", "sig", "A" * 43])


@settings(max_examples=200)
@given(st.dictionaries(MEMBERS, WORDS | JSON))
def test_any_jwk_is_a_key_or_a_key_error(value: dict[str, Any]) -> None:
    try:
        jwk.to_jwk(jwk.from_jwk(value))
    except CredentialError as error:
        assert isinstance(error, KeyMaterialError)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_dids_that_carry_their_key_resolve_to_it(key: SigningKey) -> None:
    for name, method in (
        (did.did_key(key.public), did.did_key_verification_method(key.public)),
        (did.did_jwk(key.public), did.did_jwk_verification_method(key.public)),
    ):
        document = did.resolve_self_contained(name)
        assert document is not None
        assert did.controller_of(method) == name
        for relationship in ("assertionMethod", "authentication"):
            assert did.verification_method(document, method, relationship).public == key.public
    assert did.resolve_self_contained("did:web:u.test") is None


def test_the_published_did_jwk_reads() -> None:
    """The P-256 example of the did:jwk method specification."""
    name = (
        "did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAi"
        "LCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"
    )
    document = did.resolve_did_jwk(name)
    assert did.assertion_method(document, f"{name}#0").public.algorithm == "P-256"


@pytest.mark.parametrize(
    "text", ["did:jwk:", "did:jwk:e30", "did:jwk:!!", "did:jwk:bnVsbA", "did:jwk:" + "A" * 4000, "did:key:z6Mk", None]
)
def test_other_did_jwks_are_malformed(text: Any) -> None:
    with pytest.raises(DidError, match="did_malformed"):
        did.resolve_did_jwk(text)


DID = "did:web:u.test"
METHOD = f"{DID}#k"


def controller(**method: Any) -> dict[str, Any]:
    entry = {"id": METHOD, "controller": DID, **method}
    return {"id": DID, "verificationMethod": [entry], "assertionMethod": [METHOD]}


@pytest.mark.parametrize("kind", ["JsonWebKey", "JsonWebKey2020"])
def test_a_json_web_key_method_is_read(kind: str) -> None:
    for key in KEYS.values():
        document = controller(type=kind, publicKeyJwk=jwk.to_jwk(key.public))
        assert did.assertion_method(document, METHOD).public == key.public


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ({"type": "JsonWebKey"}, "method_malformed"),
        ({"type": "JsonWebKey", "publicKeyJwk": ec_jwk(d="AA")}, "method_malformed"),
        ({"type": "JsonWebKey", "publicKeyJwk": ec_jwk(crv="brainpoolP256r1")}, "method_type_unsupported"),
        (
            {"type": "JsonWebKey", "publicKeyJwk": {"kty": "RSA", "n": RSA_MODULUS, "e": "AQAB"}},
            "method_type_unsupported",
        ),
        ({"type": "JsonWebKey", "publicKeyMultibase": KEYS["P-256"].public.multibase}, "method_malformed"),
        ({"type": "Multikey", "publicKeyJwk": ec_jwk()}, "method_malformed"),
        ({"type": "Multikey", "publicKeyMultibase": KEYS["P-256"].secret_multibase}, "method_type_unsupported"),
        (
            {"type": "Ed25519VerificationKey2020", "publicKeyMultibase": KEYS["P-256"].public.multibase},
            "method_malformed",
        ),
    ],
)
def test_a_method_whose_key_does_not_fit_its_type_is_refused(method: dict[str, Any], code: str) -> None:
    with pytest.raises(DidError) as refused:
        did.assertion_method(controller(**method), METHOD)
    assert refused.value.code == code


def test_a_key_is_looked_up_only_under_its_own_purpose() -> None:
    document = controller(type="Multikey", publicKeyMultibase=KEYS["P-256"].public.multibase)
    for relationship in ("authentication", "keyAgreement", "verificationMethod"):
        with pytest.raises(DidError, match="method_not_authorized"):
            did.verification_method(document, METHOD, relationship)

"""Keys as JSON Web Keys, both ways (RFC 7517, RFC 7518 §6, RFC 8037 §2). Public keys only; RSA is read for JOSE."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from credential_core import jcs
from credential_core.errors import CredentialError, KeyMaterialError
from credential_core.keys import PublicKey
from credential_core.multibase import decode_base64url

_SECRET_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_THUMBPRINT_MEMBERS: Final = {"OKP": ("crv", "kty", "x"), "EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}
_RSA_BITS: Final = (2048, 8192)


@dataclass(frozen=True, slots=True)
class RsaPublicKey:
    """An RSA public key of 2048 to 8192 bits with an odd exponent of at most 32 bits. Only JOSE profiles use it."""

    modulus: int
    exponent: int

    def __post_init__(self) -> None:
        bits = self.modulus.bit_length()
        if not _RSA_BITS[0] <= bits <= _RSA_BITS[1] or self.modulus % 2 == 0:
            raise KeyMaterialError("key_malformed", f"an RSA modulus has {_RSA_BITS[0]} to {_RSA_BITS[1]} bits")
        if not 3 <= self.exponent < 2**32 or self.exponent % 2 == 0:
            raise KeyMaterialError("key_malformed", "an RSA exponent is an odd number of 2 to 32 bits")


def from_jwk(jwk: Any) -> PublicKey | RsaPublicKey:
    """Read a public JWK: OKP Ed25519, EC P-256, P-384, P-521 and secp256k1, RSA.

    KeyMaterialError codes: `key_secret` if it holds secret members, `key_use_mismatch` if it is for encryption,
    `key_algorithm_unsupported`, `key_malformed`.
    """
    if not isinstance(jwk, Mapping) or not isinstance(jwk.get("kty"), str):
        raise KeyMaterialError("key_malformed", "a JWK is an object with a kty")
    if not _SECRET_MEMBERS.isdisjoint(jwk):
        raise KeyMaterialError("key_secret", "a JWK that is published must not hold secret members")
    if jwk.get("use", "sig") != "sig" or not _may_verify(jwk.get("key_ops", ["verify"])):
        raise KeyMaterialError("key_use_mismatch", "the JWK is not for signatures")
    match jwk["kty"], jwk.get("crv"):
        case "OKP", "Ed25519":
            return PublicKey("Ed25519", _octets(jwk, "x"))
        case "EC", "P-256" | "P-384" | "P-521" | "secp256k1" as curve:
            return PublicKey.from_coordinates(curve, _octets(jwk, "x"), _octets(jwk, "y"))
        case "RSA", None:
            return RsaPublicKey(_number(jwk, "n"), _number(jwk, "e"))
    raise KeyMaterialError("key_algorithm_unsupported", "the JWK is of a kind or curve not supported")


def _may_verify(operations: Any) -> bool:
    return isinstance(operations, list) and "verify" in operations


def to_jwk(key: PublicKey | RsaPublicKey) -> dict[str, str]:
    """The public JWK of a key, with its required members only. KeyMaterialError if the bytes are no point."""
    if isinstance(key, RsaPublicKey):
        sizes = {"n": key.modulus, "e": key.exponent}
        return {"kty": "RSA", **{name: _text(n.to_bytes((n.bit_length() + 7) // 8)) for name, n in sizes.items()}}
    if key.algorithm == "Ed25519":
        return {"kty": "OKP", "crv": "Ed25519", "x": _text(key.raw)}
    x, y = key.coordinates()
    return {"kty": "EC", "crv": key.algorithm, "x": _text(x), "y": _text(y)}


def thumbprint(key: PublicKey | RsaPublicKey) -> str:
    """The RFC 7638 thumbprint: base64url of the SHA-256 of the required members."""
    jwk = to_jwk(key)
    required = {name: jwk[name] for name in _THUMBPRINT_MEMBERS[jwk["kty"]]}
    return _text(hashlib.sha256(jcs.canonicalize(required)).digest())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _octets(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str) or not value:
        raise KeyMaterialError("key_malformed", f"the JWK needs its member {name}")
    try:
        return decode_base64url("u" + value)
    except CredentialError:
        raise KeyMaterialError("key_malformed", f"the member {name} of the JWK is not base64url") from None


def _number(jwk: Mapping[str, Any], name: str) -> int:
    octets = _octets(jwk, name)
    if octets[0] == 0 or len(octets) > _RSA_BITS[1] // 8:
        raise KeyMaterialError("key_malformed", f"the member {name} of the JWK is not a number in its shortest form")
    return int.from_bytes(octets)

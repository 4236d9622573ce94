"""Verifying an SD-JWT VC, with or without key binding (RFC 9901 §7.3, SD-JWT VC §3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from credential_core.errors import DocumentError, KeyMaterialError, ProofError
from credential_core.jose.algorithms import VerifyingKey
from credential_core.jose.claims import check_times, numeric_date
from credential_core.jose.jws import Jws
from credential_core.jwk import from_jwk
from credential_core.sdjwt.compact import SdJwt
from credential_core.sdjwt.processing import process

TYPES: Final = frozenset({"dc+sd-jwt", "vc+sd-jwt"})  # the second until the draft of November 2024
_KEY_BINDING_TYPE: Final = "kb+jwt"
_FRESH: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ExpectedBinding:
    """The key binding a verifier asked for: made for it, in answer to its nonce, not longer ago than `max_age`."""

    audience: str
    nonce: str
    max_age: timedelta = _FRESH


@dataclass(frozen=True, slots=True)
class VerifiedSdJwt:
    """An SD-JWT VC that holds: the claims disclosed, and the key the holder proved to have, if that was asked for."""

    claims: dict[str, Any]
    vct: str
    issuer: str | None
    holder: VerifyingKey | None


def verify(
    text: str, key: VerifyingKey, *, now: datetime, vct: str | None = None, binding: ExpectedBinding | None = None
) -> VerifiedSdJwt:
    """The claims of an SD-JWT VC by the issuer whose key is `key`. CredentialError, with the code that says why not.

    `vct`: the only type accepted. `binding`: the key binding that must be there; without it there must be none, for
    nobody could say whom it was meant for. Status is not looked at: that is for `credential_core.verify.verify_sd_jwt`.
    """
    sd_jwt = read(text)
    sd_jwt.jws.verify(key)
    claims = process(sd_jwt).claims
    check_claims(claims, vct)
    check_times(claims, now)
    holder = check_binding(sd_jwt, binding, now)
    return VerifiedSdJwt(claims, claims["vct"], claims.get("iss"), holder)


def read(text: str) -> SdJwt:
    """An SD-JWT VC taken apart, nothing of it verified but what its `typ` says it is."""
    sd_jwt = SdJwt.parse(text)
    _check_header(sd_jwt.jws.header, TYPES)
    return sd_jwt


def check_claims(claims: Mapping[str, Any], vct: str | None) -> None:
    """The type is there, and is `vct` if that is given; the issuer, if named, is a string. CredentialError if not."""
    if not isinstance(claims.get("vct"), str) or not claims["vct"]:
        raise DocumentError("sd_jwt_claim_missing", "an SD-JWT VC names its type in vct")
    if vct is not None and claims["vct"] != vct:
        raise DocumentError("sd_jwt_type_unexpected", "the SD-JWT VC is of another type")
    if not isinstance(claims.get("iss", ""), str):
        raise ProofError("jwt_claim_malformed", "the claim iss is not a string")


def check_binding(sd_jwt: SdJwt, expected: ExpectedBinding | None, now: datetime) -> VerifyingKey | None:
    """The key that the holder proved to have; None if nothing was expected and nothing is there. CredentialError."""
    if expected is not None:
        return _verify_binding(sd_jwt, expected, now)
    if sd_jwt.key_binding is not None:
        raise ProofError("key_binding_unexpected", "the SD-JWT is bound to an audience that was not asked about")
    return None


def holder_key(sd_jwt: SdJwt) -> VerifyingKey:
    """The key in `cnf.jwk` (RFC 7800 §3.2). KeyMaterialError if there is none or it cannot be read."""
    confirmation = sd_jwt.jws.claims.get("cnf")
    if not isinstance(confirmation, Mapping) or "jwk" not in confirmation:
        raise KeyMaterialError("key_binding_unsupported", "the credential is bound to no key by cnf.jwk")
    return from_jwk(confirmation["jwk"])


def _check_header(header: Mapping[str, Any], types: frozenset[str]) -> None:
    typ = header.get("typ")
    if not isinstance(typ, str) or typ not in types:
        raise ProofError("jwt_type_unsupported", f"the typ is none of {', '.join(sorted(types))}")


def _verify_binding(sd_jwt: SdJwt, expected: ExpectedBinding, now: datetime) -> VerifyingKey:
    if sd_jwt.key_binding is None:
        raise ProofError("key_binding_missing", "the holder did not prove to have the key")
    key = holder_key(sd_jwt)
    jws = Jws.parse(sd_jwt.key_binding)
    _check_header(jws.header, frozenset({_KEY_BINDING_TYPE}))
    jws.verify(key)
    for name, value in (("aud", expected.audience), ("nonce", expected.nonce)):
        if jws.claims.get(name) != value:
            raise ProofError("key_binding_mismatch", f"the {name} of the key binding is not the one asked for")
    if jws.claims.get("sd_hash") != sd_jwt.digest(sd_jwt.presented):
        raise ProofError("key_binding_mismatch", "the key binding is for other disclosures")
    check_times(jws.claims, now)
    made = numeric_date(jws.claims, "iat")
    if made is None or made < now - expected.max_age:
        raise ProofError("key_binding_stale", "the key binding was not made just now")
    return key

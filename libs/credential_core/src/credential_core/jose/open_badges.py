"""Open Badges 3.0 VC-JWT (§8.2): the credential with its claims said twice, as OB 3.0 members and as JWT claims.

A VC Data Model 1.1 credential lies under the claim `vc` instead; that form is read, not written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from credential_core.errors import DocumentError, ProofError
from credential_core.jose import jws
from credential_core.jose.algorithms import Signer, VerifyingKey
from credential_core.jose.claims import REGISTERED, numeric_date, require_equal, seconds
from credential_core.jwk import to_jwk
from credential_core.timestamps import format_timestamp, parse_timestamp
from credential_core.unsigned import Unsigned

HEADERS: Final = frozenset({"alg", "kid", "jwk", "typ"})
_TEXT_CLAIMS: Final = {"jti": "id", "iss": "issuer", "sub": "credentialSubject"}


def issue(credential: Mapping[str, Any], key: Signer, *, kid: str | None = None) -> str:
    """The compact JWS of an Open Badges 3.0 credential.

    With `kid`, a URL under which the key can be fetched; without, the key itself stands in the header as `jwk`, and
    only an issuer whose own document lists it can be verified. DocumentError if the credential has a claim's name for a
    member, or lacks what the claims take: `id`, `issuer`, `validFrom`, and an `id` of its one subject.
    """
    return prepare(credential, key.public, kid=kid).by(key)


def prepare(credential: Mapping[str, Any], public: VerifyingKey, *, kid: str | None = None) -> Unsigned[str]:
    """The same for a key that is elsewhere: what it has to sign, and what becomes of the signature."""
    reserved = sorted((REGISTERED | {"vc", "vp"}) & credential.keys())
    if reserved:
        raise DocumentError("jwt_claim_unexpected", f"the credential has a member named {reserved[0]}")
    claims: dict[str, Any] = {
        **credential,
        **{claim: _identifier(credential, member) for claim, member in _TEXT_CLAIMS.items()},
        "nbf": seconds(parse_timestamp(credential.get("validFrom"))),
    }
    missing = [_TEXT_CLAIMS[claim] for claim in _TEXT_CLAIMS if not isinstance(claims[claim], str)]
    if missing:
        raise DocumentError("jwt_claim_missing", f"a VC-JWT takes the id of the {missing[0]}, and there is none")
    if "validUntil" in credential:
        claims["exp"] = seconds(parse_timestamp(credential["validUntil"]))
    named = {"jwk": to_jwk(public)} if kid is None else {"kid": kid}
    return jws.prepare({"typ": "JWT", **named}, claims, public)


def document(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The credential in the payload. ProofError `jwt_claim_malformed` if `vc` is no object."""
    if "vc" not in claims:
        credential = {name: value for name, value in claims.items() if name not in REGISTERED}
        return _with_end(credential, claims, "validUntil")
    if not isinstance(claims["vc"], Mapping):
        raise ProofError("jwt_claim_malformed", "the claim vc is not an object")
    return _completed(dict(claims["vc"]), claims)


def _completed(credential: dict[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
    """VC Data Model 1.1 §6.3.1: what the JWT says stands in for members left out of `vc`."""
    for claim, member in _TEXT_CLAIMS.items():
        if claim in claims:
            credential[member] = _with_id(credential.get(member), claims[claim], whole=claim != "sub")
    if "issuanceDate" not in credential and "nbf" in claims:
        credential["issuanceDate"] = _stamp(claims, "nbf")
    return _with_end(credential, claims, "expirationDate")


def _with_id(value: Any, identifier: Any, *, whole: bool) -> Any:
    if isinstance(value, Mapping):
        return {"id": identifier, **value}
    if value is not None:
        return value
    return identifier if whole else {"id": identifier}


def _with_end(credential: dict[str, Any], claims: Mapping[str, Any], member: str) -> dict[str, Any]:
    if member not in credential and "exp" in claims:
        credential[member] = _stamp(claims, "exp")
    return credential


def _stamp(claims: Mapping[str, Any], name: str) -> str | None:
    moment = numeric_date(claims, name)
    return None if moment is None else format_timestamp(moment)


def check_header(header: Mapping[str, Any]) -> None:
    """Only alg, kid, jwk and typ; and one of kid and jwk. ProofError otherwise."""
    unexpected = sorted(header.keys() - HEADERS)
    if unexpected:
        raise ProofError("jwt_header_unexpected", f"a VC-JWT of Open Badges has no header {unexpected[0]}")
    if "kid" not in header and "jwk" not in header:
        raise ProofError("jwt_key_unnamed", "a VC-JWT of Open Badges names its key by kid or jwk")


def check_claims(claims: Mapping[str, Any], credential: Mapping[str, Any]) -> None:
    """The claims say what the credential says. ProofError otherwise."""
    for name in ("aud", "vp"):
        if name in claims:
            raise ProofError("jwt_claim_unexpected", f"a VC-JWT of Open Badges has no claim {name}")
    for claim, member in _TEXT_CLAIMS.items():
        require_equal(claims, claim, _identifier(credential, member), required=True)
    begins, ends = ("issuanceDate", "expirationDate") if "vc" in claims else ("validFrom", "validUntil")
    _require_moment(claims, "nbf", credential.get(begins), required=True)
    _require_moment(claims, "exp", credential.get(ends), required=ends in credential)


def _require_moment(claims: Mapping[str, Any], name: str, stamp: object, *, required: bool) -> None:
    moment = numeric_date(claims, name)
    if moment is None:
        if required:
            raise ProofError("jwt_claim_missing", f"the claim {name} is required")
    elif seconds(parse_timestamp(stamp)) != seconds(moment):
        raise ProofError("jwt_claim_mismatch", f"the claim {name} says otherwise than the credential")


def _identifier(credential: Mapping[str, Any], member: str) -> Any:
    value = credential.get(member)
    if isinstance(value, Mapping):
        return value.get("id")
    return None if member == "credentialSubject" else value

"""Open Badges 3.0 VC-JWT (§8.2): the credential with its claims said twice, as OB 3.0 members and as JWT claims.

A credential may lie under the claim `vc` instead (see `data_model_1`); that form is read, not written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from credential_core.errors import DocumentError, ProofError
from credential_core.jose import data_model_1, jws
from credential_core.jose.algorithms import Signer, VerifyingKey
from credential_core.jose.claims import REGISTERED, numeric_date, require_equal, seconds
from credential_core.jose.data_model_1 import identifier
from credential_core.jwk import to_jwk
from credential_core.timestamps import parse_timestamp
from credential_core.unsigned import Unsigned

HEADERS: Final = frozenset({"alg", "kid", "jwk", "typ"})


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
        **{claim: identifier(credential, member) for claim, member in data_model_1.CREDENTIAL.items()},
        "nbf": seconds(parse_timestamp(credential.get("validFrom"))),
    }
    missing = [
        data_model_1.CREDENTIAL[claim] for claim in data_model_1.CREDENTIAL if not isinstance(claims[claim], str)
    ]
    if missing:
        raise DocumentError("jwt_claim_missing", f"a VC-JWT takes the id of the {missing[0]}, and there is none")
    if "validUntil" in credential:
        claims["exp"] = seconds(parse_timestamp(credential["validUntil"]))
    named = {"jwk": to_jwk(public)} if kid is None else {"kid": kid}
    return jws.prepare({"typ": "JWT", **named}, claims, public)


def document(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The credential in the payload. ProofError `jwt_claim_malformed` if `vc` is no object."""
    if "vc" in claims:
        return data_model_1.credential(claims)
    credential = {name: value for name, value in claims.items() if name not in REGISTERED}
    if "validUntil" not in credential and "exp" in claims:
        credential["validUntil"] = data_model_1.stamp(claims, "exp")
    return credential


def check_header(header: Mapping[str, Any], *, names_key: bool = True) -> None:
    """Only alg, kid, jwk and typ; and one of kid and jwk, where the JWT must name its key. ProofError otherwise."""
    unexpected = sorted(header.keys() - HEADERS)
    if unexpected:
        raise ProofError("jwt_header_unexpected", f"a VC-JWT of Open Badges has no header {unexpected[0]}")
    if names_key and "kid" not in header and "jwk" not in header:
        raise ProofError("jwt_key_unnamed", "a VC-JWT of Open Badges names its key by kid or jwk")


def check_claims(claims: Mapping[str, Any], credential: Mapping[str, Any]) -> None:
    """The claims say what the credential says. ProofError otherwise."""
    for name in ("aud", "vp"):
        if name in claims:
            raise ProofError("jwt_claim_unexpected", f"a VC-JWT of Open Badges has no claim {name}")
    by_data_model = "vc" in claims  # which asks for claims where there is something to say
    for claim, member in data_model_1.CREDENTIAL.items():
        value = identifier(credential, member)
        require_equal(claims, claim, value, required=not by_data_model or value is not None)
    begins, ends = data_model_1.period(credential) if by_data_model else ("validFrom", "validUntil")
    _require_moment(claims, "nbf", credential.get(begins), required=not by_data_model or begins in credential)
    _require_moment(claims, "exp", credential.get(ends), required=ends in credential)


def _require_moment(claims: Mapping[str, Any], name: str, stamp: object, *, required: bool) -> None:
    moment = numeric_date(claims, name)
    if moment is None:
        if required:
            raise ProofError("jwt_claim_missing", f"the claim {name} is required")
    elif seconds(parse_timestamp(stamp)) != seconds(moment):
        raise ProofError("jwt_claim_mismatch", f"the claim {name} says otherwise than the credential")

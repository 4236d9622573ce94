"""Where the key of an SD-JWT VC's issuer is: `/.well-known/jwt-vc-issuer` (SD-JWT VC §5), or its DID document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from credential_core.did import controller_of, resolve_self_contained
from credential_core.errors import DidError, ProofError
from credential_core.jose.algorithms import VerifyingKey
from credential_core.jose.key_source import KeySource, read_jwk
from credential_core.sdjwt.compact import SdJwt


def key_location(sd_jwt: SdJwt) -> str | None:
    """What to fetch for the issuer's key: the URL of its metadata, or its DID. None if the DID is the key itself.

    DidError if the issuer is neither an https URL nor a DID this library reads.
    """
    return issuer_location(_issuer(sd_jwt))


def issuer_location(issuer: str) -> str | None:
    """The same for an issuer that is known by name."""
    controller_of(f"{issuer}#key")
    if not issuer.startswith("https:"):
        return None if issuer.startswith(("did:key:", "did:jwk:")) else issuer
    parts = urlsplit(issuer)
    if parts.query or parts.fragment:
        raise DidError("did_malformed", "an issuer's URL has no query and no fragment")
    return f"https://{parts.netloc}/.well-known/jwt-vc-issuer{parts.path.rstrip('/')}"


def issuer_key(sd_jwt: SdJwt, document: Mapping[str, Any] | None = None, *, now: datetime) -> VerifyingKey:
    """The issuer's key, from what `key_location` gave; never from the token itself (`x5c`).

    CredentialError if it is not there, or if the DID document says that it has ended.
    """
    return key_of_issuer(_issuer(sd_jwt), sd_jwt.jws.header, document, now=now)


def key_of_issuer(
    issuer: str, header: Mapping[str, Any], document: Mapping[str, Any] | None = None, *, now: datetime
) -> VerifyingKey:
    """The same for any JWS that an issuer is said to have signed, as the tokens of its status lists."""
    document = resolve_self_contained(issuer) if document is None else document
    if document is None:
        raise DidError("controller_unavailable", "the issuer's key was not fetched")
    if issuer.startswith("https:"):
        return _from_metadata(header, issuer, document)
    found = document
    keys = KeySource(header, issuer, "assertionMethod", lambda _: found).controlled()
    if len(keys) != 1:
        raise ProofError("jwt_key_unnamed", "the JWT names no key, and several of its issuer's fit")
    keys[0].check_end(now)
    return keys[0].key


def _from_metadata(header: Mapping[str, Any], issuer: str, document: Mapping[str, Any]) -> VerifyingKey:
    if document.get("issuer") != issuer:
        raise ProofError("issuer_mismatch", "the metadata is another issuer's")
    jwks = document.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    kid = header.get("kid")
    found = [jwk for jwk in keys if isinstance(jwk, Mapping)] if isinstance(keys, list) else []
    named = [jwk for jwk in found if kid is None or jwk.get("kid") == kid]
    if len(named) != 1:
        raise ProofError("jwt_key_unnamed", "the issuer's metadata does not hold just one key of that name")
    return read_jwk(named[0], header["alg"])


def _issuer(sd_jwt: SdJwt) -> str:
    issuer = sd_jwt.jws.claims.get("iss")
    if not isinstance(issuer, str) or not issuer:
        raise ProofError("jwt_claim_missing", "the SD-JWT VC does not name its issuer")
    return issuer

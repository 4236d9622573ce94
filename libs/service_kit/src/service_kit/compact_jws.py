"""Signed JSON in compact form (RFC 7515 §7.1), read as RFC 8725 asks: any input ends in claims or in JwsError."""

import re
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

from service_kit import strict_json

MAX_BYTES = 8192
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
REFUSED_HEADERS = frozenset({"b64", "crit", "zip"})
JwsFault = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class JwsError(ValueError):
    """The text is not a signed JSON object, or its signature is not good. The message never quotes the input."""


class AllowList(jws.JWSRegistry):
    """Exactly these algorithms, and no warning that RFC 9864 prefers "Ed25519" to "EdDSA"."""

    def get_alg(self, name: str) -> Any:
        """Raises JwsError."""
        if name == "none" or name not in (self.allowed or ()):
            raise JwsError("the algorithm does not fit the key")
        return self.algorithms[name]


def read_header(token: str) -> dict[str, Any]:
    """The protected header, before anything is verified: good for finding a key, and for nothing else."""
    if len(token) > MAX_BYTES or not COMPACT.fullmatch(token):
        raise JwsError("not a compact JWS of acceptable size")
    try:
        header = jws.extract_compact(token.encode()).headers()
    except JwsFault as error:
        raise JwsError("the header cannot be read") from error
    if not isinstance(header, dict) or not all(isinstance(header.get(name, ""), str) for name in ("alg", "kid", "typ")):
        raise JwsError("the header is malformed")
    if REFUSED_HEADERS.intersection(header):
        raise JwsError("the header asks for an extension that is not supported")
    return header


def read_unverified_claims(token: str) -> dict[str, Any]:
    """What the token claims, unproven: good for finding out whose key to ask for."""
    read_header(token)
    try:
        claims = strict_json.loads(jws.extract_compact(token.encode()).payload)
    except JwsFault as error:
        raise JwsError("the claims cannot be read") from error
    if not isinstance(claims, dict):
        raise JwsError("the claims are not an object")
    return claims


def read_claims(token: str, key: Key, algorithms: frozenset[str]) -> dict[str, Any]:
    """The claims, after the signature was verified. `algorithms` are those this key may be used with, never "none".

    A key is never taken from the token itself: `jwk`, `jku`, `x5c` and `x5u` have no effect.
    """
    read_header(token)
    try:
        signed = jws.deserialize_compact(token.encode(), key, registry=AllowList(algorithms=algorithms))
        claims = strict_json.loads(signed.payload)
    except JwsFault as error:
        raise JwsError("the signature cannot be verified") from error
    if not isinstance(claims, dict):
        raise JwsError("the claims are not an object")
    return claims

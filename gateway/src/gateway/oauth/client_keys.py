"""The public keys that a client registers for private_key_jwt, and the algorithms each may be used with."""

from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key
from joserfc.util import to_bytes, urlsafe_b64decode

from service_kit.errors import Invalid, invalid_field

MAX_KEYS = 10
SIGNING = ("ES256", "Ed25519", "EdDSA", "RS256", "PS256")
EDDSA = frozenset({"EdDSA", "Ed25519"})  # two names of one algorithm (RFC 9864)
KINDS = ("EC", "OKP", "RSA")
MAX_KEY_ID = 128
RSA_BITS = range(2048, 4097)  # checked before a key is built: a larger one costs more than a request should
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
KEPT = frozenset({"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"})
FAULTS = (JoseError, ValueError, TypeError, KeyError, AttributeError, UnsupportedAlgorithm)


def algorithms(key: Key, *registered: str | None) -> frozenset[str]:
    """What this key may sign with (RFC 8725 §3.1), of what was `registered` for it. Empty for a key we do not take."""
    match key:
        case ECKey() if key.curve_name == "P-256":
            found = frozenset({"ES256"})
        case OKPKey() if key.curve_name == "Ed25519":
            found = EDDSA
        case RSAKey():
            found = frozenset({"RS256", "PS256"})
        case _:
            return frozenset()
    for one in registered:
        found &= (EDDSA if one in EDDSA else {one}) if one else found
    return found


def parse_client_keys(jwks: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The keys of a JWK Set, public members only. Raises Invalid with the path of what is wrong.

    Keys that are for something else are passed over, where others are left (RFC 7517 §5): a client may publish one for
    encryption beside those it signs with.
    """
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not 1 <= len(keys) <= MAX_KEYS:
        raise invalid_field("jwks.keys", f"must be a list of 1 to {MAX_KEYS} keys")
    named = [(key, f"jwks.keys.{index}") for index, key in enumerate(keys)]
    parsed = tuple(_parse(*one) for one in [one for one in named if not _is_for_something_else(one[0])] or named)
    ids = [key.get("kid") for key in parsed]
    if len(ids) > 1 and (None in ids or len(set(ids)) != len(ids)):
        raise invalid_field("jwks.keys", "several keys need a kid each, all different")
    return parsed


def _is_for_something_else(key: Any) -> bool:
    if not isinstance(key, dict) or PRIVATE.intersection(key):
        return False
    return key.get("use", "sig") != "sig" or ("alg" in key and key["alg"] not in SIGNING) or key.get("kty") not in KINDS


def _parse(key: Any, path: str) -> dict[str, Any]:
    if not isinstance(key, dict):
        raise invalid_field(path, "must be a JWK")
    if PRIVATE.intersection(key):
        raise invalid_field(path, "holds a private key: make a new one, and send only its public half")
    texts = [name for name in KEPT if name in key and not isinstance(key[name], str)]
    if texts or len(key.get("kid", "")) > MAX_KEY_ID or key.get("use", "sig") != "sig":
        raise _unfit(path)
    try:
        if (
            key.get("kty") == "RSA"
            and int.from_bytes(urlsafe_b64decode(to_bytes(key["n"]))).bit_length() not in RSA_BITS
        ):
            raise _unfit(path)
        usable = algorithms(import_key({name: key[name] for name in KEPT & key.keys()}), key.get("alg"))
    except FAULTS as error:
        raise _unfit(path) from error
    if not usable:
        raise _unfit(path)
    return {name: key[name] for name in sorted(KEPT & key.keys())}


def _unfit(path: str) -> Invalid:
    return invalid_field(path, "must be a P-256, Ed25519 or RSA (2048 to 4096 bits) key for signatures")


def find_key(keys: Sequence[Mapping[str, Any]], key_id: str | None) -> Mapping[str, Any] | None:
    """The registered key that a header names; the only one when it names none."""
    if key_id is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.get("kid") == key_id), None)

"""DPoP proofs (RFC 9449): a request signed with the key its token is bound to. Input ends in a Proof or DpopError."""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from service_kit import compact_jws

ALGORITHMS = {"P-256": frozenset({"ES256"}), "Ed25519": frozenset({"EdDSA", "Ed25519"})}
NAMES = ("ES256", "EdDSA", "Ed25519")
PUBLIC = frozenset({"kty", "crv", "x", "y"})
PRIVATE = frozenset({"d", "k", "p", "q", "dp", "dq", "qi", "oth"})
MAX_ID = 255
LIFETIME_S = 60.0
LEEWAY_S = 30.0
DEFAULT_PORTS = {"http": 80, "https": 443}
ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


class DpopError(ValueError):
    """The proof proves nothing. The message never quotes the input."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A good proof. `key` is the thumbprint of its key (RFC 7638), `id` a digest that tells it from every other."""

    key: str
    id: bytes
    nonce: str | None


def read_proof(
    proof: str, method: str, addresses: Collection[str], now: float, access_token: str | None = None
) -> Proof:
    """Check a proof for one request (§4.3); whether it came before is `Replays`' to say.

    `addresses` are those that the request may have had. Raises DpopError.
    """
    try:
        header = compact_jws.read_header(proof)
        key, algorithms = _key(header.get("jwk"))
        claims = compact_jws.read_claims(proof, key, algorithms)
    except compact_jws.JwsError as error:
        raise DpopError("it is not a JWS signed with the key that it names") from error
    if header.get("typ") != "dpop+jwt":
        raise DpopError("typ must be dpop+jwt")
    _check_request(claims, method, addresses)
    _check_times(claims, now)
    _check_token(claims, access_token)
    thumbprint = key.thumbprint()
    return Proof(thumbprint, hashlib.sha256(f"{thumbprint} {claims['jti']}".encode()).digest(), _text(claims, "nonce"))


def _key(jwk: Any) -> tuple[Key, frozenset[str]]:
    if not isinstance(jwk, dict) or PRIVATE.intersection(jwk):
        raise DpopError("the header must hold the public key, and only that")
    try:
        key = import_key({name: jwk[name] for name in PUBLIC & jwk.keys()})
        return key, ALGORITHMS[jwk["crv"]]
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DpopError("the key must be a P-256 or Ed25519 key") from error


def _check_request(claims: dict[str, Any], method: str, addresses: Collection[str]) -> None:
    if claims.get("htm") != method:
        raise DpopError("htm is another method")
    address = _text(claims, "htu")
    if address is None or normal(address) not in {normal(one) for one in addresses}:
        raise DpopError("htu is another address")
    if not 1 <= len(_text(claims, "jti") or "") <= MAX_ID:
        raise DpopError("jti must be a text of at most 255 characters")


def _check_times(claims: dict[str, Any], now: float) -> None:
    times = {name: claims[name] for name in ("iat", "nbf", "exp") if name in claims}
    if "iat" not in times or not all(_is_number(value) for value in times.values()):
        raise DpopError("iat is missing, or a time is not a number")
    if not now - LIFETIME_S - LEEWAY_S < times["iat"] <= now + LEEWAY_S:
        raise DpopError("iat is not now")
    if times.get("exp", now) + LEEWAY_S <= now or times.get("nbf", now) > now + LEEWAY_S:
        raise DpopError("it is not valid now")


def _check_token(claims: dict[str, Any], access_token: str | None) -> None:
    if access_token is None:
        return
    digest = hashlib.sha256(access_token.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if not hmac.compare_digest((_text(claims, "ath") or "").encode(), expected.encode()):
        raise DpopError("ath is not the digest of the access token")


def normal(address: str) -> str:
    """Scheme, authority and path by RFC 3986 §6.2.2 and §6.2.3; query and fragment do not count (RFC 9449 §4.3).

    Raises DpopError.
    """
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise DpopError("htu is no address") from error
    shown_port = "" if port in {None, DEFAULT_PORTS.get(parts.scheme)} else f":{port}"
    shown_host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown_host}{shown_port}{ESCAPE.sub(_escape, parts.path or '/')}"


def _escape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if UNRESERVED.fullmatch(character) else match[0].upper()


def _text(claims: dict[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class Replays:
    """The proofs of the last minutes, in this process's memory (§11.1). Two generations: no proof is kept for long."""

    def __init__(self) -> None:
        self._young: set[bytes] = set()
        self._old: set[bytes] = set()
        self._turned_at = 0.0

    def is_new(self, proof: Proof, now: float) -> bool:
        """Whether this process sees it for the first time. Once is all there is."""
        if now - self._turned_at > LIFETIME_S + 2 * LEEWAY_S:
            self._old, self._young, self._turned_at = self._young, set(), now
        if proof.id in self._young or proof.id in self._old:
            return False
        self._young.add(proof.id)
        return True

"""Client assertions (RFC 7523 §2.2): who says so, in whose name, to us, now, and once.

Authlib's own check takes every algorithm that joserfc recommends and quotes the input in its errors, so this is ours.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc.jwk import import_key

from gateway.core.model import KnownClient
from gateway.core.ports import Grants
from gateway.oauth.client_keys import algorithms, find_key
from gateway.oauth.policy import TOKEN_PATH, Policy
from service_kit import compact_jws

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TYPES = frozenset({"", "jwt", "application/jwt", "client-authentication+jwt"})
MAX_TOKEN_ID = 255


class AssertionRefused(Exception):
    """The assertion proves nothing. `told` is for the client, where it has shown that it holds its key."""

    def __init__(self, reason: str, told: str = "", *, unknown_key: bool = False) -> None:
        super().__init__(reason)
        self.unknown_key = unknown_key
        self.reason = reason
        self.told = told


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion before its check."""

    token: str
    client_id: str
    key_id: str | None


def read_assertion(token: str) -> Assertion:
    """Whom it claims to speak for, unverified. Raises AssertionRefused."""
    try:
        header = compact_jws.read_header(token)
        subject = compact_jws.read_unverified_claims(token).get("sub")
    except compact_jws.JwsError as error:
        raise AssertionRefused("unreadable") from error
    if header.get("typ", "").lower() not in TYPES or not isinstance(subject, str):
        raise AssertionRefused("not a client assertion")
    return Assertion(token, subject, header.get("kid"))


def check_assertion(assertion: Assertion, client: KnownClient, grants: Grants, policy: Policy, now: datetime) -> None:
    """Verify signature, claims and single use. Raises AssertionRefused."""
    claims = _verified(assertion, client)
    expires_at = _check_claims(claims, client, policy, now)
    digest = hashlib.sha256(str(claims["jti"]).encode()).digest()
    if not grants.use_assertion(client.id, digest, expires_at + policy.leeway):
        raise _told("its jti was used before")


def _verified(assertion: Assertion, client: KnownClient) -> dict[str, Any]:
    registered = find_key(client.public_keys, assertion.key_id)
    if registered is None:
        raise AssertionRefused("no such key", unknown_key=True)
    key = import_key(dict(registered))
    try:
        allowed = algorithms(key, registered.get("alg"), client.flow.assertion_algorithm)
        return compact_jws.read_claims(assertion.token, key, allowed)
    except compact_jws.JwsError as error:
        raise AssertionRefused(str(error)) from error


def _check_claims(claims: dict[str, Any], client: KnownClient, policy: Policy, now: datetime) -> datetime:
    """The time of its expiry."""
    if claims.get("iss") != client.id or claims.get("sub") != client.id:
        raise _told("iss and sub must both be the client_id")
    if claims.get("aud") not in _audiences(client, policy):
        raise _told(f"aud must be the issuer, {policy.issuer}, and nothing else")
    token_id = claims.get("jti")
    if not isinstance(token_id, str) or not 1 <= len(token_id) <= MAX_TOKEN_ID:
        raise _told("jti must be a text of at most 255 characters")
    times: dict[str, Any] = {name: claims[name] for name in ("exp", "iat", "nbf") if name in claims}
    if "exp" not in times or not all(_is_time(value) for value in times.values()):
        raise _told("exp is missing, or a time is not a number")
    return _check_times(times, policy, now.timestamp())


def _audiences(client: KnownClient, policy: Policy) -> tuple[str | list[str], ...]:
    """The issuer; the token endpoint, as one string, for a client that registered so and is held to nothing stricter.

    Both together is what a process of the release before may leave, which replaces a registration without knowing
    the newer column (ADR 0118).
    """
    usual, flow = (policy.issuer, [policy.issuer]), client.flow
    names_endpoint = flow.token_endpoint_audience and not (flow.pushed_only or flow.dpop_bound)
    return (*usual, policy.issuer + TOKEN_PATH) if names_endpoint else usual


def _check_times(times: dict[str, float], policy: Policy, now: float) -> datetime:
    leeway = policy.leeway.total_seconds()
    longest = policy.assertion_lifetime.total_seconds()
    if times["exp"] + leeway <= now:
        raise _told("it has expired")
    if times["exp"] > now + longest + leeway:
        raise _told("exp must be at most an hour away")
    if times.get("iat", now) > now + leeway or times.get("nbf", now) > now + leeway:
        raise _told("it is from the future")
    return datetime.fromtimestamp(times["exp"], UTC)


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _told(why: str) -> AssertionRefused:
    return AssertionRefused(why, f"the assertion was refused: {why}")

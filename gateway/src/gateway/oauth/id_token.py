"""ID tokens (OpenID Connect Core §2): what a client learns about the person who signed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.jwk import import_key

from gateway.core.authentication import context_class
from gateway.core.authorization import Grant
from gateway.core.people import User
from gateway.core.signing_key import Algorithm
from gateway.oauth.access_token import TYPE as ACCESS_TOKEN_TYPE
from gateway.oauth.access_token import ActiveKey, Keys
from gateway.oauth.policy import Policy
from service_kit import compact_jws


def facts(user: User, scopes: Sequence[str]) -> dict[str, Any]:
    """The person's claims that these scopes show (OpenID Connect Core §5.4)."""
    found: dict[str, Any] = {"sub": user.id}
    if "profile" in scopes:
        found["name"] = user.name
    if "email" in scopes:
        found |= {"email": user.email, "email_verified": user.email_verified_at is not None}
    return found


def id_token_claims(
    user: User, grant: Grant, scopes: Sequence[str], nonce: str | None, *, policy: Policy, issued_at: int
) -> dict[str, Any]:
    """The claims of an ID token for the grant's client. It lives as long as an access token."""
    claims: dict[str, Any] = facts(user, scopes) | {
        "iss": policy.issuer,
        "aud": grant.client,
        "iat": issued_at,
        "exp": issued_at + int(policy.token_lifetime.total_seconds()),
        "auth_time": int(grant.authenticated_at.timestamp()),
    }
    claims |= {"sid": grant.session} if grant.session else {}
    reached = context_class(grant.methods)
    claims |= {"amr": list(grant.methods), "acr": reached} if reached else {}
    return claims | ({"nonce": nonce} if nonce is not None else {})


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A statement about a person, for a client, nobody has signed yet: an ID or logout token, or what userinfo answers.

    A signature of RSA takes a millisecond: it is made where it holds up neither the loop nor a transaction.
    """

    claims: Mapping[str, Any]
    algorithm: Algorithm
    key: ActiveKey
    type: str = "JWT"

    def sign(self) -> str:
        """The token as it is sent."""
        header = {"alg": self.algorithm.value, "typ": self.type, "kid": self.key.id}
        return jwt.encode(header, dict(self.claims), self.key.private, algorithms=[self.algorithm.value])


@dataclass(frozen=True, slots=True)
class Hint:
    """What an ID token of ours said when it was new: about whom, and to which client."""

    subject: str
    client: str


def read_hint(token: str, policy: Policy, keys: Keys) -> Hint | None:
    """An ID token that comes back as a hint, also when it has expired (OpenID Connect Core §3.1.2.1).

    None for anything else, and for one whose key is gone.
    """
    try:
        header = compact_jws.read_header(token)
        public = keys.public.get(header.get("kid", ""))
        if public is None or header.get("typ") == ACCESS_TOKEN_TYPE:
            return None
        claims = compact_jws.read_claims(token, import_key(dict(public)), frozenset({public["alg"]}))
    except compact_jws.JwsError:
        return None
    is_ours = claims.get("iss") == policy.issuer and "auth_time" in claims  # which userinfo and logout tokens have not
    return Hint(claims["sub"], claims["aud"]) if is_ours else None

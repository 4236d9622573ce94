"""ID tokens (OpenID Connect Core §2): what a client learns about the person who signed in."""

from collections.abc import Sequence
from typing import Any

from joserfc import jwt

from gateway.core.authorization import Grant
from gateway.core.people import User
from gateway.oauth.access_token import Keys
from gateway.oauth.policy import Policy


def facts(user: User, scopes: Sequence[str]) -> dict[str, Any]:
    """The person's claims that these scopes show (OpenID Connect Core §5.4)."""
    found: dict[str, Any] = {"sub": user.id}
    if "profile" in scopes:
        found["name"] = user.name
    if "email" in scopes:
        found |= {"email": user.email, "email_verified": user.email_verified_at is not None}
    return found


def sign_id_token(
    user: User, grant: Grant, scopes: Sequence[str], nonce: str | None, *, policy: Policy, keys: Keys, issued_at: int
) -> str:
    """A signed ID token for the grant's client. It lives as long as an access token."""
    claims: dict[str, Any] = facts(user, scopes) | {
        "iss": policy.issuer,
        "aud": grant.client,
        "iat": issued_at,
        "exp": issued_at + int(policy.token_lifetime.total_seconds()),
        "auth_time": int(grant.authenticated_at.timestamp()),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    return jwt.encode({"alg": "ES256", "typ": "JWT", "kid": keys.active_id}, claims, keys.active, algorithms=["ES256"])

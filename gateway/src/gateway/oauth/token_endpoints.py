"""Introspection (RFC 7662) and revocation (RFC 7009) of our own access and refresh tokens."""

from datetime import UTC, datetime
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from gateway.core.authorization import RefreshToken
from gateway.core.model import AuthMethod
from gateway.core.secret import SecretKind, digest
from gateway.oauth.access_token import AccessToken, read
from gateway.oauth.client import OAuthClient
from gateway.oauth.client_authentication import ClientRefused
from gateway.oauth.form import FormRequest
from gateway.oauth.refresh import PresentedToken

SHOWN = ("iss", "sub", "aud", "client_id", "org", "org_kind", "scope", "exp", "iat", "jti", "grant_id", "act", "cnf")
Token = AccessToken | PresentedToken


class _OwnTokens:
    """What both endpoints share. `server` is gateway.oauth.server.Server."""

    server: Any

    def check_params(self, request: FormRequest, client: OAuthClient) -> None:
        """The hint is ignored: we recognise each kind of token ourselves (RFC 7009 §2.1)."""
        if "token" not in request.form:
            raise InvalidRequestError("token is missing")

    def query_token(self, token_string: str, token_type_hint: str | None) -> Token | None:
        """One of our tokens whose time has not run out."""
        if token_string.startswith(SecretKind.REFRESH):
            presented = digest(token_string)
            found = self.server.grants.lock_refresh_token(presented)
            return PresentedToken(presented, found) if found and _is_good(found, self.server.now) else None
        token = read(token_string, self.server.policy, self.server.keys)
        return token if token and token.expires_at > self.server.now.timestamp() else None


class Introspection(_OwnTokens, IntrospectionEndpoint):  # type: ignore[misc]  # Authlib has no types
    """A client sees its own organization's tokens, and those meant for a resource that it answers for (RFC 7662 §4).

    To everybody else, an operator too, they are inactive.
    """

    def authenticate_endpoint_client(self, request: FormRequest) -> OAuthClient:
        """Whoever asks about tokens proves who asks (RFC 7662 §2.1): a public client cannot."""
        client: OAuthClient = super().authenticate_endpoint_client(request)
        if client.known.auth_method is AuthMethod.NONE:
            raise ClientRefused("a public client", client=client.known)
        return client

    def check_permission(self, token: Token, client: OAuthClient, request: FormRequest) -> bool:
        """Whether this token is within the client's reach. A refresh token is only its own client's."""
        if isinstance(token, PresentedToken):
            return token.check_client(client)
        if token.check_client(client) or token.organization == client.known.organization:
            return True
        return not set(client.known.audiences).isdisjoint(token.audiences)

    def create_introspection_payload(self, token: Token | None) -> dict[str, Any]:
        """RFC 7662 §2.2. An inactive token tells nothing about itself."""
        if token is None:
            return {"active": False}
        if isinstance(token, PresentedToken):
            return _refresh_payload(token.token)
        if self.server.grants.is_revoked(token.id, token.client_id, token.subject, token.grant):
            return {"active": False}
        shown = {name: token.claims[name] for name in SHOWN if name in token.claims}
        return {"active": True, "token_type": "DPoP" if "cnf" in shown else "Bearer"} | shown


class Revocation(_OwnTokens, RevocationEndpoint):  # type: ignore[misc]  # Authlib has no types
    """A client ends its own tokens. Another client's token is refused (RFC 7009 §2.1), an unknown one is a 200."""

    def revoke_token(self, token: Token, request: FormRequest) -> None:
        """An access token ends alone. A refresh token ends its grant, with every token that came from it."""
        server, client = self.server, request.client.known
        if isinstance(token, PresentedToken):
            server.grants.revoke_grant(token.token.grant.id, server.now)
            server.record("grant.revoked", client, grant_id=token.token.grant.id)
            return
        server.grants.revoke(token.id, client.id, server.now, datetime.fromtimestamp(token.expires_at, UTC))
        server.record("token.revoked", client, token_id=token.id)


def _is_good(token: RefreshToken, now: datetime) -> bool:
    return token.expires_at > now and token.used_at is None and token.grant.revoked_at is None


def _refresh_payload(token: RefreshToken) -> dict[str, Any]:
    return {
        "active": True,
        "client_id": token.grant.client,
        "sub": token.grant.user,
        "scope": " ".join(token.grant.scopes),
        "exp": int(token.expires_at.timestamp()),
    }

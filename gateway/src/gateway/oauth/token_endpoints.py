"""Introspection (RFC 7662) and revocation (RFC 7009) of our own access tokens."""

from datetime import UTC, datetime
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from gateway.core.scopes import Kind
from gateway.oauth.access_token import AccessToken, read
from gateway.oauth.client import OAuthClient
from gateway.oauth.form import FormRequest

SHOWN = ("iss", "sub", "aud", "client_id", "org", "org_kind", "scope", "exp", "iat", "jti")


class _OwnTokens:
    """What both endpoints share. `server` is gateway.oauth.server.Server."""

    server: Any

    def check_params(self, request: FormRequest, client: OAuthClient) -> None:
        """The hint is ignored: there is one kind of token, and we recognise it (RFC 7009 §2.1)."""
        if "token" not in request.form:
            raise InvalidRequestError("token is missing")

    def query_token(self, token_string: str, token_type_hint: str | None) -> AccessToken | None:
        """One of our tokens whose time has not run out."""
        token = read(token_string, self.server.policy, self.server.keys)
        return token if token and token.expires_at > self.server.now.timestamp() else None


class Introspection(_OwnTokens, IntrospectionEndpoint):  # type: ignore[misc]  # Authlib has no types
    """A client sees its own organization's tokens, an operator everyone's; to others they are inactive."""

    def check_permission(self, token: AccessToken, client: OAuthClient, request: FormRequest) -> bool:
        """Whether this token is within the client's reach."""
        return client.known.kind is Kind.OPERATOR or token.organization == client.known.organization

    def create_introspection_payload(self, token: AccessToken | None) -> dict[str, Any]:
        """RFC 7662 §2.2. An inactive token tells nothing about itself."""
        if token is None or self.server.grants.is_revoked(token.id, token.client_id):
            return {"active": False}
        return {"active": True, "token_type": "Bearer"} | {name: token.claims[name] for name in SHOWN}


class Revocation(_OwnTokens, RevocationEndpoint):  # type: ignore[misc]  # Authlib has no types
    """A client ends its own tokens. Another client's token is refused (RFC 7009 §2.1), an unknown one is a 200."""

    def revoke_token(self, token: AccessToken, request: FormRequest) -> None:
        """Remember the token's id until it would have expired anyway."""
        client = request.client.known
        self.server.grants.revoke(token.id, client.id, datetime.fromtimestamp(token.expires_at, UTC))
        self.server.record("token.revoked", client, token_id=token.id)

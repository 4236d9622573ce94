"""The refresh token grant (RFC 6749 §6): a token is used once, and one that comes again ends its grant (RFC 9700)."""

from typing import Any

from authlib.oauth2.rfc6749 import RefreshTokenGrant, TokenMixin

from gateway.core.authorization import Person, RefreshToken
from gateway.core.secret import digest
from gateway.oauth import possession
from gateway.oauth.client import OAuthClient


class PresentedToken(TokenMixin):  # type: ignore[misc]  # Authlib has no types
    """A stored refresh token as Authlib sees it."""

    def __init__(self, digest: bytes, token: RefreshToken) -> None:
        self.digest = digest
        self.token = token

    def check_client(self, client: OAuthClient) -> bool:
        """Whether it was given to this client."""
        return self.token.grant.client == client.known.id

    def get_scope(self) -> str:
        """What the person allowed."""
        return " ".join(self.token.grant.scopes)


class Refresh(RefreshTokenGrant):  # type: ignore[misc]  # Authlib has no types
    """Rotation, with revocation of the whole family."""

    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> PresentedToken | None:
        """A token of this client that is fresh."""
        server, client = self.server, self.request.client
        presented = digest(refresh_token)
        found = server.grants.lock_refresh_token(presented)
        if found is None or found.grant.client != client.known.id:
            return None
        if found.used_at is not None:
            server.grants.revoke_grant(found.grant.id, server.now)
            server.record("refresh_token.reused", client.known, grant_id=found.grant.id)
            return None
        possession.check_refresh(found.key, server.key, client.known)
        is_good = found.expires_at > server.now and found.grant.revoked_at is None and server.tokens.person(found.grant)
        return PresentedToken(presented, found) if is_good else None

    def authenticate_user(self, refresh_token: PresentedToken) -> Person | None:
        """The person, if still a member."""
        person: Person | None = self.server.tokens.person(refresh_token.token.grant)
        return person

    def generate_token(self, user: Person, scope: str, **_: Any) -> dict[str, Any]:
        """As at first, with the roles the person has now. A narrower scope is for this access token only."""
        grant = self.request.refresh_token.token.grant
        answer: dict[str, Any] = self.server.tokens.for_person(
            self.request, grant, user, tuple(scope.split()), key=self.server.key, refreshable=True
        )
        return answer

    def revoke_old_credential(self, refresh_token: PresentedToken) -> None:
        """Used, not deleted: it is recognised when it comes again."""
        self.server.grants.use_refresh_token(refresh_token.digest, self.server.now)

"""The client credentials grant (RFC 6749 §4.4) with resource indicators (RFC 8707)."""

from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import ClientCredentialsGrant, InvalidScopeError

from gateway.core.model import KnownClient
from gateway.oauth.access_token import sign
from gateway.oauth.form import FormRequest
from gateway.oauth.policy import MAX_TARGETS


class InvalidTarget(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    """RFC 8707 §2."""

    error = "invalid_target"
    description = "a token may be asked for the public origin of this fleet, or an address beneath it"


class ClientCredentials(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    """Adds to Authlib's grant: which scopes, which audiences, and our kind of token."""

    def validate_requested_scope(self) -> None:
        """Called once the client is known. Raises InvalidScopeError or InvalidTarget."""
        self.scopes = _scopes(self.request, self.request.client.known)
        self.targets = _targets(self.request, self.server.policy)

    def generate_token(self, **_: Any) -> dict[str, Any]:
        """The answer of RFC 6749 §5.1. Authlib's own generator knows neither `kid` nor audiences."""
        server, client = self.server, self.request.client.known
        token_id = server.ids()
        token = sign(
            client,
            self.scopes,
            self.targets,
            policy=server.policy,
            keys=server.keys,
            now=server.now,
            token_id=token_id,
        )
        server.record("token.granted", client, token_id=token_id, scopes=list(self.scopes), targets=list(self.targets))
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(server.policy.token_lifetime.total_seconds()),
            "scope": " ".join(self.scopes),
        }


def _scopes(request: FormRequest, client: KnownClient) -> tuple[str, ...]:
    """What was asked for, in order; all the client has when nothing was asked for (RFC 6749 §3.3)."""
    asked = request.form.get("scope")
    if asked is None:
        return client.scopes
    scopes = tuple(dict.fromkeys(asked.split(" ")))
    if not set(scopes) <= set(client.scopes):
        raise InvalidScopeError("the client does not hold every scope it asks for")
    return scopes


def _targets(request: FormRequest, policy: Any) -> tuple[str, ...]:
    audience = request.form.get("audience")
    targets = (*((audience,) if audience else ()), *request.resources)
    if len(targets) > MAX_TARGETS or not all(policy.is_target(target) for target in targets):
        raise InvalidTarget
    return targets

"""The client credentials grant (RFC 6749 §4.4) with resource indicators (RFC 8707)."""

from typing import Any

from authlib.oauth2.rfc6749 import ClientCredentialsGrant, InvalidScopeError

from gateway.core.model import KnownClient
from gateway.core.scopes import PERSONAL
from gateway.oauth.access_token import Holder
from gateway.oauth.form import FormRequest
from gateway.oauth.targets import targets


class ClientCredentials(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    """Adds to Authlib's grant: which scopes, which audiences, and our kind of token."""

    def validate_requested_scope(self) -> None:
        """Called once the client is known. Raises InvalidScopeError or InvalidTarget."""
        self.scopes = _scopes(self.request, self.request.client.known)
        self.targets = targets(self.request, self.server.policy)

    def generate_token(self, **_: Any) -> dict[str, Any]:
        """The answer of RFC 6749 §5.1. Authlib's own generator knows neither `kid` nor audiences."""
        answer: dict[str, Any] = self.server.tokens.access(
            Holder.of_client(self.request.client.known, self.server.key), self.scopes, self.targets
        )
        return answer


def _scopes(request: FormRequest, client: KnownClient) -> tuple[str, ...]:
    """What was asked for, in order; all the client has when nothing was asked for (RFC 6749 §3.3).

    Never what only people can give.
    """
    held = tuple(scope for scope in client.scopes if scope not in PERSONAL)
    asked = request.form.get("scope")
    if asked is None:
        return held
    scopes = tuple(dict.fromkeys(asked.split(" ")))
    if not set(scopes) <= set(held):
        raise InvalidScopeError("the client does not hold every scope it asks for")
    return scopes

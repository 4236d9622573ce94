"""The end of a session at a client's wish (OpenID Connect RP-Initiated Logout 1.0): who asks, for whom, where to go.

A browser is sent on only to an address that the client registered for it.
"""

from dataclasses import dataclass

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import InvalidRequestError

from gateway.core.model import KnownClient
from gateway.core.people import Session
from gateway.core.redirects import origin
from gateway.oauth.form import Form
from gateway.oauth.id_token import read_hint
from gateway.oauth.server import Server


@dataclass(frozen=True, slots=True)
class Leaving:
    """A wish to end a session. `subject` is whom the client's ID token names; None where it showed none."""

    client: KnownClient | None
    subject: str | None
    redirect_uri: str | None
    state: str | None

    @property
    def location(self) -> str | None:
        """Where the browser goes afterwards."""
        if self.redirect_uri is None:
            return None
        return str(add_params_to_uri(self.redirect_uri, [("state", self.state)])) if self.state else self.redirect_uri

    @property
    def leads_to(self) -> str:
        """The origin that the browser will be sent to; empty where it stays here."""
        return origin(self.redirect_uri) if self.redirect_uri else ""

    def is_proven_for(self, session: Session) -> bool:
        """Whether it comes from a program that this person signed in to. Any site may send a browser here."""
        return self.subject == session.user.id

    @property
    def fields(self) -> dict[str, str]:
        """What a page's form carries of it."""
        named = {"client_id": self.client.id} if self.client else {}
        found = {"post_logout_redirect_uri": self.redirect_uri, "state": self.state}
        return named | {name: value for name, value in found.items() if value}


def leaving(server: Server, form: Form) -> Leaving:
    """Raises InvalidRequestError for a client or an address that are not what they should be."""
    fields = form.fields
    hint = read_hint(fields.get("id_token_hint", ""), server.policy, server.keys)
    named = fields.get("client_id", hint.client if hint else None)
    if hint and named != hint.client:
        raise InvalidRequestError("client_id names another client than id_token_hint")
    client = server.query_client(named) if named else None
    if named and client is None:
        raise InvalidRequestError("client_id names no client of this server")
    asked = fields.get("post_logout_redirect_uri")
    if client and asked and not client.check_post_logout_redirect_uri(asked):
        raise InvalidRequestError("post_logout_redirect_uri is not one that this client has registered")
    return Leaving(
        client.known if client else None,
        hint.subject if hint else None,
        asked if client else None,
        fields.get("state"),
    )

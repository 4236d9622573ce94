"""A registered client as Authlib sees it."""

from authlib.oauth2.rfc6749 import ClientMixin

from gateway.core.model import ApplicationType, GrantType, KnownClient
from gateway.core.redirects import fits
from gateway.core.roles import IDENTITY

GRANT_TYPES = frozenset(GrantType)
RESPONSE_TYPE = "code"
NOT_KEPT = frozenset({"address", "phone"})  # scopes of OpenID Connect Core §5.4 for claims that we have of nobody


class OAuthClient(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    """Only what the grants and endpoints in use ask for."""

    def __init__(self, known: KnownClient) -> None:
        self.known = known

    def get_client_id(self) -> str:
        """The client's identifier."""
        return self.known.id

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the client registered for it."""
        return grant_type in self.known.flow.grant_types

    def check_response_type(self, response_type: str) -> bool:
        """Only the code flow exists, for whoever registered for its grant."""
        return response_type == RESPONSE_TYPE and self.check_grant_type(GrantType.AUTHORIZATION_CODE)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Exactly one of the registered ones; see `redirects.fits` for the port of a native client."""
        is_native = self.known.flow.application_type is ApplicationType.NATIVE
        return any(fits(redirect_uri, registered, native=is_native) for registered in self.known.flow.redirect_uris)

    def check_post_logout_redirect_uri(self, redirect_uri: str) -> bool:
        """Exactly one of the registered ones, as for `check_redirect_uri`."""
        flow, is_native = self.known.flow, self.known.flow.application_type is ApplicationType.NATIVE
        return any(fits(redirect_uri, one, native=is_native) for one in flow.post_logout_redirect_uris)

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes asked for, all of the client's when none are, None when one is beyond it.

        What OpenID Connect has besides is passed over, as it asks (§3.1.2.1); the answer says what is left.
        """
        if scope is None:
            return " ".join(self.known.scopes)
        asked = dict.fromkeys(scope.split(" "))
        if "openid" in asked:
            asked = {one: None for one in asked if one not in NOT_KEPT}
        return " ".join(asked) if asked.keys() <= {*self.known.scopes, *IDENTITY} else None

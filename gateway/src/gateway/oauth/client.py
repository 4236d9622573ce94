"""A registered client as Authlib sees it."""

from authlib.oauth2.rfc6749 import ClientMixin

from gateway.core.model import KnownClient

GRANT_TYPES = frozenset({"client_credentials"})


class OAuthClient(ClientMixin):  # type: ignore[misc]  # Authlib has no types
    """Only what the grants and endpoints in use ask for."""

    def __init__(self, known: KnownClient) -> None:
        self.known = known

    def get_client_id(self) -> str:
        """The client's identifier."""
        return self.known.id

    def check_grant_type(self, grant_type: str) -> bool:
        """Every client acts for its organization, and only for it."""
        return grant_type in GRANT_TYPES

"""Access tokens at the authorization server's own routes: as in every service, and revocation counts at once."""

from collections.abc import Awaitable, Callable

from service_kit.auth import Caller, TokenKeys, TokenVerifier
from service_kit.clock import Clock
from service_kit.errors import Unauthorized
from service_kit.settings import AuthSettings

IsRevoked = Callable[[Caller], Awaitable[bool]]


class OwnTokens(TokenVerifier):
    """A TokenVerifier that also asks whether the token was revoked or its client removed."""

    def __init__(self, settings: AuthSettings, keys: TokenKeys, clock: Clock, *, is_revoked: IsRevoked) -> None:
        super().__init__(settings, keys, clock)
        self._is_revoked = is_revoked

    async def verify(self, token: str) -> Caller:
        """See TokenVerifier. Raises Unauthorized."""
        caller = await super().verify(token)
        if await self._is_revoked(caller):
            raise Unauthorized("the token was revoked", error="invalid_token")
        return caller

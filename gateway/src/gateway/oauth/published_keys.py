"""The key set that a client publishes (`jwks_uri`): read through the guarded fetcher, checked like a registered one."""

from collections.abc import Mapping
from typing import Any

from gateway.oauth.client_keys import parse_client_keys
from service_kit import strict_json
from service_kit.errors import invalid_field
from service_kit.fetcher import Fetcher, FetchError


class PublishedKeys:
    """See core.client_keys.ReadKeys."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def __call__(self, address: str, /) -> tuple[Mapping[str, Any], ...]:
        """Raises Invalid."""
        try:
            document = await self._fetcher.get(address)
            jwks = strict_json.loads(document.body)
        except (FetchError, strict_json.JsonError) as error:
            raise invalid_field("jwksUri", "no key set can be read there") from error
        if not isinstance(jwks, dict):
            raise invalid_field("jwksUri", "no key set can be read there")
        return parse_client_keys(jwks)

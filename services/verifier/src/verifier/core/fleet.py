"""Which addresses are the fleet's own. They are answered from what the fleet published, never fetched."""

from typing import Self
from urllib.parse import urlsplit

from credential_core.did import did_web_url
from credential_core.errors import DidError

DEFAULT_PORTS = {"http": 80, "https": 443}


class Fleet:
    """The fleet's own origins."""

    def __init__(self, origins: frozenset[tuple[str, int]]) -> None:
        self._origins = origins

    @classmethod
    def of(cls, *origins: str) -> Self:
        """From origins as the settings have them. Raises ValueError for one that is none."""
        places = [_place(origin) for origin in origins]
        if None in places:
            raise ValueError(f"not an origin: {origins[places.index(None)]}")
        return cls(frozenset(place for place in places if place))

    def owns_url(self, url: str) -> bool:
        """Whether this address is ours. The scheme does not matter: one host and port is one server."""
        return _place(url) in self._origins

    def owns(self, identifier: str) -> bool:
        """Whether a DID or an address is ours."""
        if not identifier.startswith("did:"):
            return self.owns_url(identifier)
        try:
            return self.owns_url(did_web_url(identifier))
        except DidError:
            return False


def _place(url: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.hostname.rstrip("."), port) if parts.hostname else None

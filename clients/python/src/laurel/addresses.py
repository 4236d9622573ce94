"""Things of the API are named by their addresses; where a UUID is wanted, it is the last part."""

from urllib.parse import quote, urlsplit


def last_segment(address: str) -> str:
    """The UUID of an address, ready for a path; a bare UUID is itself."""
    path = urlsplit(address).path.rstrip("/")
    return quote(path.rsplit("/", 1)[-1], safe="")

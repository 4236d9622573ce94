"""Ids of access tokens (`jti`). A token that was exchanged (RFC 8693) names its forebears in its own id."""


def heir(token_id: str, new: str) -> str:
    """The id of a token that is exchanged for another: it falls with those it comes from."""
    return f"{token_id}.{new}"


def lineage(token_id: str) -> tuple[str, ...]:
    """The ids of the tokens that this one comes from, and its own."""
    parts = token_id.split(".")
    return tuple(".".join(parts[:end]) for end in range(1, len(parts) + 1))

"""Documents without what is empty: a table of members may be written whole, whatever is known."""

from typing import Any

EMPTY: tuple[Any, ...] = (None, "", [], {})


def pruned(value: Any) -> Any:
    """Without empty members and entries, at any depth."""
    if isinstance(value, dict):
        members = {name: pruned(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member not in EMPTY}
    if isinstance(value, list):
        return [item for item in map(pruned, value) if item not in EMPTY]
    return value


def whole(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what is empty."""
    found: dict[str, Any] = pruned(document)
    return found

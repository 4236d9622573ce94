"""Places in claims: the steps of a JSON pointer (RFC 6901)."""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

from credential_core.errors import DocumentError

Path: TypeAlias = tuple[str, ...]

_POINTER: Final = re.compile(r"(?:/(?:[^~/]|~[01])*)+\Z")
_INDEX: Final = re.compile(r"(?:0|[1-9][0-9]{0,5})\Z")


def path_of(pointer: str) -> Path:
    """The steps of a pointer to something below the whole. DocumentError `pointer_malformed` for other text."""
    if not isinstance(pointer, str) or not _POINTER.match(pointer):
        raise DocumentError("pointer_malformed", "a JSON pointer to a claim starts with '/' (RFC 6901)")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def child(place: Any, step: str) -> Any:
    """What is one step below `place`. DocumentError `pointer_unmatched` if there is nothing."""
    if isinstance(place, dict) and step in place:
        return place[step]
    if isinstance(place, list) and _INDEX.match(step) and int(step) < len(place):
        return place[int(step)]
    raise DocumentError("pointer_unmatched", "a JSON pointer names nothing in the claims")

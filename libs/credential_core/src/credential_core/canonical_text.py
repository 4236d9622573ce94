"""The RFC 8785 text of documents that differ only in some values: sorted and written once, filled again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from credential_core.errors import DocumentError
from credential_core.jcs import canonicalize
from credential_core.shape import Path, json_around


class CanonicalText:
    """What `jcs.canonicalize` makes of a document once the values at `paths` are put into it."""

    __slots__ = ("_around", "_order")

    def __init__(self, document: Mapping[str, Any], paths: Sequence[Path]) -> None:
        """The values that `document` has at `paths`, of whatever kind, are only examples. DocumentError as there."""
        self._around, found = json_around(_in_order(document), frozenset(paths), canonicalize)
        self._order = [paths.index(path) for path in found]

    def filled(self, values: Sequence[Any]) -> bytes:
        """The text with one value for each path. DocumentError for a value that has no canonical text."""
        pieces = [_text(values[place]) for place in self._order]
        return b"".join([text for pair in zip(self._around, [*pieces, b""], strict=True) for text in pair])


def _text(value: Any) -> bytes:
    if type(value) is not str:
        return canonicalize(value)
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise DocumentError("not_canonical", "the document has no canonical JSON form") from error


def _in_order(value: Any) -> Any:
    """The value with the members of its objects in the order of their names' UTF-16 units (RFC 8785 §3.2.3)."""
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return {name: _in_order(value[name]) for name in names}
    if isinstance(value, list):
        return [_in_order(item) for item in value]
    return value

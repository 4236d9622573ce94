"""The RFC 8785 text of documents that differ only in some values: sorted and written once, filled again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from credential_core.errors import DocumentError
from credential_core.gapped_text import GappedText, Path, json_around
from credential_core.jcs import canonicalize

_PROOF: Final = b',"proof":'


class CanonicalText:
    """What `jcs.canonicalize` makes of a document once the values at `paths` are put into it, and maybe a proof."""

    __slots__ = ("_after", "_before")

    def __init__(self, document: Mapping[str, Any], paths: Sequence[Path]) -> None:
        """The values that `document` has at `paths`, of whatever kind, are only examples. DocumentError as there.

        A document has no proof yet, and a member that comes before it: `@context` at least.
        """
        place = ("proof",)
        around, found = json_around(_in_order({**document, "proof": None}), frozenset([*paths, place]), canonicalize)
        cut = found.index(place)
        before, after = around[: cut + 1], around[cut + 1 :]
        if not before[-1].endswith(_PROOF):
            raise DocumentError("slot_unsupported", "no member comes before the proof")
        before[-1] = before[-1].removesuffix(_PROOF)
        self._before = GappedText(before, [paths.index(path) for path in found[:cut]])
        self._after = GappedText(after, [paths.index(path) for path in found[cut + 1 :]])

    def halves(self, texts: Sequence[bytes]) -> tuple[bytes, bytes]:
        """The text before and after where a proof goes, with one of the `scalar_texts` for each path."""
        return self._before.filled(texts), self._after.filled(texts)


def with_proof(proof: bytes, after: bytes) -> bytes:
    """What follows the first half of a document that has a proof: its canonical text, and the second half."""
    return _PROOF + proof + after


def scalar_texts(values: Sequence[Any]) -> list[bytes]:
    """What `jcs.canonicalize` makes of each value, strings mostly. DocumentError for what has no canonical text."""
    try:
        return [orjson.dumps(value) if type(value) is str else canonicalize(value) for value in values]
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

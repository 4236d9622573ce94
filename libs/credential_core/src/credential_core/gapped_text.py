"""JSON texts that differ only in some values: written once, filled again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import orjson

Path: TypeAlias = tuple[str | int, ...]


class GappedText:
    """The text between the gaps, and which text goes into each."""

    __slots__ = ("_order", "_parts")

    def __init__(self, around: Sequence[bytes], order: Sequence[int]) -> None:
        """`order` names the text of each gap by its place; there is one piece more around the gaps than there are."""
        self._order = order
        self._parts = [b""] * (2 * len(around) - 1)
        self._parts[::2] = around

    def filled(self, texts: Sequence[bytes]) -> bytes:
        """The whole with these texts in it."""
        parts = self._parts.copy()
        parts[1::2] = [texts[place] for place in self._order]
        return b"".join(parts)


def json_around(
    document: Any, slots: frozenset[Path], dump: Callable[[Any], bytes] = orjson.dumps
) -> tuple[list[bytes], list[Path]]:
    """The JSON text before, between and after the slots, and the slots in the order of the text."""
    texts, found = [b""], []

    def visit(value: Any, at: Path) -> None:
        if at in slots:
            found.append(at)
            texts.append(b"")
        elif isinstance(value, dict):
            for number, (name, member) in enumerate(value.items()):
                texts[-1] += (b"," if number else b"{") + dump(name) + b":"
                visit(member, (*at, name))
            texts[-1] += b"}" if value else b"{}"
        elif isinstance(value, list):
            for number, item in enumerate(value):
                texts[-1] += b"," if number else b"["
                visit(item, (*at, number))
            texts[-1] += b"]" if value else b"[]"
        else:
            texts[-1] += dump(value)

    visit(document, ())
    return texts, found

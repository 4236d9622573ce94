"""Selecting parts of a JSON-LD document by JSON pointers (RFC 6901; ECDSA Cryptosuites 1.0 §3.4.11 to §3.4.13)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from credential_core.errors import DocumentError, LimitError

MAX_POINTERS: Final = 256
_POINTER: Final = re.compile(r"(?:/(?:[^~/]|~[01])*)*\Z")
_INDEX: Final = re.compile(r"(?:0|[1-9][0-9]{0,5})\Z")


@dataclass(slots=True)
class _Choice:
    """A node of the tree that pointers span: taken whole, or only as far as its children."""

    whole: bool = False
    children: dict[str, _Choice] = field(default_factory=dict)


def select(document: Mapping[str, Any], pointers: Sequence[str]) -> dict[str, Any]:
    """The document reduced to what the pointers name, with the id and type of every object on the way and `@context`.

    Items chosen from an array close ranks, in order. DocumentError if a pointer is malformed or leads nowhere. What is
    selected is shared with the document, not copied.
    """
    if len(pointers) > MAX_POINTERS:
        raise LimitError("too_many_pointers", f"a selection may have {MAX_POINTERS} pointers")
    root = _Choice()
    for pointer in pointers:
        choice = root
        for step in _steps(pointer):
            choice = choice.children.setdefault(step, _Choice())
        choice.whole = True
    chosen: dict[str, Any] = _reduce(document, root)
    return {"@context": document["@context"], **chosen} if "@context" in document else chosen


def _steps(pointer: str) -> list[str]:
    if not isinstance(pointer, str) or not _POINTER.match(pointer):
        raise DocumentError("pointer_malformed", "a JSON pointer is empty or starts with '/' (RFC 6901)")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _reduce(value: Any, choice: _Choice) -> Any:
    if choice.whole:
        return dict(value) if isinstance(value, Mapping) else value
    if isinstance(value, Mapping):
        if not choice.children.keys() <= value.keys():
            raise _unmatched()
        always = {name: value[name] for name in ("id", "type") if name in value}
        return always | {name: _reduce(value[name], child) for name, child in choice.children.items()} | always
    if isinstance(value, list):
        if not all(_INDEX.match(step) and int(step) < len(value) for step in choice.children):
            raise _unmatched()
        return [_reduce(value[index], choice.children[str(index)]) for index in sorted(map(int, choice.children))]
    raise _unmatched()


def _unmatched() -> DocumentError:
    return DocumentError("pointer_unmatched", "a JSON pointer names nothing in the document")

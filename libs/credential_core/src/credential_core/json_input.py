"""JSON from strangers: strict parsing under budgets, before anything else looks at it.

Budgets: 256 kB of text, 32 levels of nesting, 8,000 values. Refused beside them: duplicate member names, NaN and
Infinity, integers that JavaScript cannot hold, lone surrogates, U+0000, and anything that is not one JSON object.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from credential_core.errors import DocumentError, LimitError

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 8000  # some hundred credentials in a presentation
MAX_SAFE_INTEGER: Final = 2**53 - 1
_CONTAINERS: Final = (dict, list)
_MAX_DIGITS: Final = 400
_COMPACT_JOSE = re.compile(rb"\s*[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def parse(body: bytes | str | Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object in `body`, checked. DocumentError or LimitError (see the module) if it is not acceptable.

    A mapping is checked against the same budgets and copied at its top level only.
    """
    document = dict(body) if isinstance(body, Mapping) else _parse_text(_as_bytes(body))
    check_tree(document)
    return document


def check_tree(value: object) -> None:
    """Hold a parsed JSON value against the budgets on depth, size, numbers and text, level by level.

    DocumentError or LimitError as `parse`.
    """
    level: list[Any] = [value]
    count = depth = 0
    texts: list[str] = []
    while level:
        count += len(level)
        inner: list[Any] = []
        containers = 0
        for item in level:
            if isinstance(item, str):
                texts.append(item)
            elif isinstance(item, _CONTAINERS):
                containers += 1
                if isinstance(item, dict):
                    texts.extend(item)
                    inner.extend(item.values())
                else:
                    inner.extend(item)
                if count + len(inner) > MAX_NODES:
                    raise LimitError("document_too_many_nodes", f"a document may hold {MAX_NODES} values")
            else:
                _check_atom(item)
        if containers and depth >= MAX_DEPTH:
            raise LimitError("document_too_deep", f"a document may nest {MAX_DEPTH} levels")
        level = inner
        depth += 1
    _check_texts(texts)


def check_scalars(values: Sequence[object]) -> None:
    """What `check_tree` says of these values, of which none is an object or an array."""
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) != len(values):
        for value in values:
            if not isinstance(value, str):
                _check_atom(value)
    _check_texts(texts)


def _as_bytes(body: bytes | str) -> bytes:
    if not isinstance(body, bytes | str):
        raise DocumentError("json_malformed", "the body is no text")
    if len(body) > MAX_BYTES:
        raise LimitError("document_too_large", f"a document may have {MAX_BYTES} bytes")
    try:
        data = body.encode() if isinstance(body, str) else bytes(body)
    except UnicodeEncodeError:
        raise DocumentError("json_malformed", "the text holds a lone surrogate") from None
    if len(data) > MAX_BYTES:
        raise LimitError("document_too_large", f"a document may have {MAX_BYTES} bytes")
    return data


def _parse_text(data: bytes) -> dict[str, Any]:
    if _COMPACT_JOSE.fullmatch(data.rstrip()):
        raise DocumentError("format_unsupported", "a compact JWT or SD-JWT; only JSON documents are read so far")
    try:
        orjson.loads(data)  # strict UTF-8, surrogates, NaN; refuses hostile nesting without recursion
    except orjson.JSONDecodeError:
        raise DocumentError("json_malformed", "the body is not well-formed JSON in UTF-8") from None
    if _nesting(data) > MAX_DEPTH:
        raise LimitError("document_too_deep", f"a document may nest {MAX_DEPTH} levels")
    document = json.loads(
        data,
        object_pairs_hook=_object_without_duplicates,
        parse_int=_safe_integer,
        parse_float=_finite_number,
    )
    if not isinstance(document, dict):
        raise DocumentError("json_not_object", "the body must be one JSON object")
    return document


_NOT_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[^\[\]{}"]+')


def _nesting(data: bytes) -> int:
    """The deepest nesting of well-formed JSON, found without recursion."""
    depth = deepest = 0
    for bracket in _NOT_BRACKETS.sub(b"", data):
        if bracket in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise DocumentError("json_duplicate_member", "an object names one member twice")
    return members


def _safe_integer(text: str) -> int:
    if len(text) > _MAX_DIGITS or abs(int(text)) > MAX_SAFE_INTEGER:
        raise DocumentError("number_unsafe", "an integer is larger than 2^53 - 1")
    return int(text)


def _finite_number(text: str) -> float:
    if len(text) > _MAX_DIGITS or not math.isfinite(float(text)):
        raise DocumentError("number_unsafe", "a number is too long or too large")
    return float(text)


def _check_texts(texts: list[str]) -> None:
    """Look at all texts at once: joining neither makes nor hides a surrogate."""
    try:
        joined = "".join(texts)
        joined.encode()
    except TypeError:
        raise DocumentError("json_malformed", "a member name is not a string") from None
    except UnicodeEncodeError:
        raise DocumentError("text_unsafe", "text holds U+0000 or a lone surrogate") from None
    if "\0" in joined:
        raise DocumentError("text_unsafe", "text holds U+0000 or a lone surrogate")


def _check_atom(value: object) -> None:
    if value is None or isinstance(value, bool):
        return
    if not isinstance(value, int | float):
        raise DocumentError("json_malformed", f"a {type(value).__name__} is not a JSON value")
    if isinstance(value, float) and not math.isfinite(value):
        raise DocumentError("number_unsafe", "NaN and Infinity are not JSON numbers")
    if (isinstance(value, int) or value.is_integer()) and abs(value) > MAX_SAFE_INTEGER:
        raise DocumentError("number_unsafe", "an integer is larger than 2^53 - 1")

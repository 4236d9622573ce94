"""JSON Canonicalization Scheme (RFC 8785), and the digest of a document by it."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import orjson
import rfc8785

from credential_core.errors import DocumentError
from credential_core.multibase import encode_base64url

_MAX_EXACT: Final = 2**53 - 1


def canonicalize(value: Any) -> bytes:
    """The canonical JSON text of a value. DocumentError for what has none: unsafe integers, NaN, lone surrogates."""
    try:
        if _plain(value):
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, orjson.JSONEncodeError, UnicodeError, RecursionError) as error:
        raise DocumentError("not_canonical", "the document has no canonical JSON form") from error


def digest(value: Any) -> str:
    """'u' and base64url of the SHA-256 of the canonical text."""
    return encode_base64url(hashlib.sha256(canonicalize(value)).digest())


def _plain(value: Any) -> bool:
    """Whether a plain sorted dump is the canonical form already: no floats, no large integers, ASCII member names.

    RFC 8785 writes floats as ECMAScript does, and sorts names by UTF-16 units; for ASCII names every order agrees.
    """
    if isinstance(value, dict):
        return all(isinstance(name, str) and name.isascii() and _plain(member) for name, member in value.items())
    if isinstance(value, list):
        return all(_plain(item) for item in value)
    if isinstance(value, int):
        return -_MAX_EXACT <= value <= _MAX_EXACT
    return isinstance(value, str) or value is None

"""JSON as RFC 8259 and I-JSON (RFC 7493) want it: no duplicate names, no NaN, no lone surrogates, bounded nesting.

NUL is refused as well: PostgreSQL stores none in text.
"""

import json
from typing import Any, NoReturn

MAX_DEPTH = 64
MAX_INTEGER_DIGITS = 20


class JsonError(ValueError):
    """The text is not JSON that every reader understands in the same way. `path` leads to the member, if it is one."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path: tuple[str, ...] = ()


def loads(text: bytes) -> Any:
    """Parse one JSON text. Raises JsonError."""
    try:
        value = _DECODER.decode(text.decode())  # of bytes, json would take UTF-16 and UTF-32 as well
    except JsonError:
        raise
    except RecursionError as error:
        raise JsonError("nested too deeply") from error
    except json.JSONDecodeError as error:
        raise JsonError(f"not valid JSON at line {error.lineno}, column {error.colno}") from error
    except ValueError as error:
        raise JsonError("not valid JSON in UTF-8") from error
    if _may_be_refused(text):
        _check(value, 0)
    return value


def _may_be_refused(text: bytes) -> bool:
    """Whether the values must be looked at: half a surrogate pair and NUL stand in valid JSON as escapes only."""
    return b"\\u" in text or text.count(b"[") + text.count(b"{") > MAX_DEPTH


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonError("a member name appears twice in one object")
    return members


def _no_constant(name: str) -> NoReturn:
    raise JsonError(f"{name} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > MAX_INTEGER_DIGITS:
        raise JsonError("an integer is too large")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise JsonError("a number is too large")
    return number


def _check(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise JsonError("nested too deeply")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_text(name)
            _check_member(name, member, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_member(index, item, depth + 1)


def _check_member(place: str | int, value: Any, depth: int) -> None:
    try:
        _check(value, depth)
    except JsonError as error:
        error.path = (str(place), *error.path)
        raise


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise JsonError("a string holds the character NUL")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise JsonError("a string holds half a surrogate pair") from error


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer, parse_float=_float
)

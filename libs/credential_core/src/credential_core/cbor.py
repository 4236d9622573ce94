"""The CBOR that selective disclosure proofs and COSE are made of (RFC 8949), read strictly.

Definite lengths only, integers and lengths in their shortest form (§4.2.1), maps by integer or text, each key once,
nothing after the value; no tags inside, no `undefined`. Eight levels deep, 10,000 values.
"""

from __future__ import annotations

import math
import struct
from typing import Any, Final

from credential_core.errors import DocumentError, LimitError

_UINT, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _SIMPLE = 0, 1, 2, 3, 4, 5, 7
_MAX_DEPTH: Final = 8
_MAX_VALUES: Final = 10_000
_SIZES: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_CONSTANTS: Final = {20: False, 21: True, 22: None}
_FLOATS: Final = {25: ">e", 26: ">f", 27: ">d"}


def encode(value: Any) -> bytes:
    """The bytes of ints, bytes, strings, lists, constants, floats, and dicts in their own order."""
    if isinstance(value, bytes | str):
        data = value.encode() if isinstance(value, str) else value
        return _head(_TEXT if isinstance(value, str) else _BYTES, len(data)) + data
    if isinstance(value, dict):
        return _head(_MAP, len(value)) + b"".join(encode(item) for pair in value.items() for item in pair)
    if isinstance(value, list):
        return _head(_LIST, len(value)) + b"".join(map(encode, value))
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    for code, constant in _CONSTANTS.items():
        if value is constant:
            return _head(_SIMPLE, code)
    return _head(_UINT, value) if value >= 0 else _head(_NEGATIVE, -1 - value)


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    info, size = next((info, size) for info, size in _SIZES.items() if argument < 256**size)
    return bytes([major << 5 | info]) + argument.to_bytes(size)


def decode(data: bytes) -> Any:
    """The one value in `data`. DocumentError `cbor_malformed` for anything else, LimitError `cbor_too_large`."""
    reader = _Reader(data)
    try:
        value = reader.value(0)
    except UnicodeDecodeError:
        raise _malformed() from None
    if reader.place != len(data):
        raise _malformed()
    return value


class _Reader:
    """One pass over the bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._values = 0
        self.place = 0

    def value(self, depth: int) -> Any:
        self._values += 1
        if depth > _MAX_DEPTH or self._values > _MAX_VALUES:
            raise LimitError("cbor_too_large", f"CBOR may nest {_MAX_DEPTH} levels and hold {_MAX_VALUES} values")
        first = self._take(1)[0]
        major, info = first >> 5, first & 31
        if major == _SIMPLE:
            return self._simple(info)
        argument = self._argument(info)
        if major in (_BYTES, _TEXT):
            content = self._take(argument)
            return content if major == _BYTES else content.decode()
        if major == _LIST:
            return [self.value(depth + 1) for _ in range(argument)]
        if major == _MAP:
            return self._map(argument, depth + 1)
        if major not in (_UINT, _NEGATIVE):
            raise _malformed()
        return argument if major == _UINT else -1 - argument

    def _take(self, size: int) -> bytes:
        taken = self._data[self.place : self.place + size]
        if len(taken) != size:
            raise _malformed()
        self.place += size
        return taken

    def _argument(self, info: int) -> int:
        if info < 24:
            return info
        if info not in _SIZES:
            raise _malformed()
        size = _SIZES[info]
        argument = int.from_bytes(self._take(size))
        if argument < (24 if size == 1 else 256 ** (size // 2)):
            raise _malformed()
        return argument

    def _simple(self, info: int) -> Any:
        if info in _CONSTANTS:
            return _CONSTANTS[info]
        if info not in _FLOATS:
            raise _malformed()
        [number] = struct.unpack(_FLOATS[info], self._take(_SIZES[info]))
        if not math.isfinite(number):
            raise _malformed()
        return number

    def _map(self, size: int, depth: int) -> dict[int | str, Any]:
        members: dict[int | str, Any] = {}
        for _ in range(size):
            key = self.value(depth)
            if isinstance(key, bool) or not isinstance(key, int | str) or key in members:
                raise _malformed()
            members[key] = self.value(depth)
        return members


def _malformed() -> DocumentError:
    return DocumentError("cbor_malformed", "the bytes are not the CBOR they should be")

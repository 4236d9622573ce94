"""The little CBOR that selective disclosure proofs are made of (RFC 8949): numbers, bytes, text, lists, maps of bytes.

Read strictly: shortest forms and definite lengths only (§4.2.1), no tags, nothing after the value, four levels deep.
"""

from __future__ import annotations

from typing import Any, Final

from credential_core.errors import ProofError

_UINT, _BYTES, _TEXT, _LIST, _MAP = 0, 2, 3, 4, 5
_MAX_DEPTH: Final = 4
_SIZES: Final = {24: 1, 25: 2, 26: 4, 27: 8}


def encode(value: Any) -> bytes:
    """The bytes of ints (not negative), bytes, strings, lists, and dicts in their own order."""
    if isinstance(value, int):
        return _head(_UINT, value)
    if isinstance(value, bytes):
        return _head(_BYTES, len(value)) + value
    if isinstance(value, str):
        data = value.encode()
        return _head(_TEXT, len(data)) + data
    if isinstance(value, dict):
        return _head(_MAP, len(value)) + b"".join(encode(item) for pair in value.items() for item in pair)
    return _head(_LIST, len(value)) + b"".join(encode(item) for item in value)


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    info, size = next((info, size) for info, size in _SIZES.items() if argument < 256**size)
    return bytes([major << 5 | info]) + argument.to_bytes(size)


def decode(data: bytes) -> Any:
    """The one value in `data`. ProofError `proof_value_malformed` for anything else."""
    try:
        value, rest = _value(memoryview(data), 0)
    except (IndexError, UnicodeDecodeError):
        raise _malformed() from None
    if len(rest):
        raise _malformed()
    return value


def _value(data: memoryview, depth: int) -> tuple[Any, memoryview]:
    major, argument, data = _read_head(data)
    if major == _UINT:
        return argument, data
    if major in (_BYTES, _TEXT):
        if argument > len(data):
            raise _malformed()
        content = bytes(data[:argument])
        return (content if major == _BYTES else content.decode()), data[argument:]
    if major not in (_LIST, _MAP) or depth == _MAX_DEPTH or argument > len(data):
        raise _malformed()  # every item takes a byte or more, so a longer list than bytes is no list
    items = []
    for _ in range(argument * (2 if major == _MAP else 1)):
        item, data = _value(data, depth + 1)
        items.append(item)
    return (items if major == _LIST else _mapping(items)), data


def _read_head(data: memoryview) -> tuple[int, int, memoryview]:
    major, info = data[0] >> 5, data[0] & 31
    if info < 24:
        return major, info, data[1:]
    size = _SIZES.get(info, 0)
    argument = int.from_bytes(data[1 : 1 + size])
    shortest = 24 if size == 1 else 256 ** (size // 2)
    if not size or len(data) <= size or argument < shortest:
        raise _malformed()
    return major, argument, data[1 + size :]


def _mapping(items: list[Any]) -> dict[int, Any]:
    keys = items[::2]
    if not all(isinstance(key, int) for key in keys) or len(set(keys)) != len(keys):
        raise _malformed()
    return dict(zip(keys, items[1::2], strict=True))


def _malformed() -> ProofError:
    return ProofError("proof_value_malformed", "the proof value is not the CBOR it should be")

"""Multibase strings, strictly: base58btc (`z`) and unpadded base64url (`u`) (Controlled Identifiers 1.0 §2.4)."""

from __future__ import annotations

import base64
import re

from credential_core.errors import KeyMaterialError

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGIT = {character: value for value, character in enumerate(_ALPHABET)}
_CHUNK = 58**10  # digits are taken off ten at a time, and written two at a time: big divisions are the cost
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*\Z")
_MAX_BASE58 = 1024  # characters; decoding is quadratic, keys and signatures need fewer than 200


def encode_base58(data: bytes) -> str:
    """Multibase base58btc, with its `z`. Quadratic: meant for keys and signatures."""
    number = int.from_bytes(data)
    pairs: list[str] = []
    while number:
        number, chunk = divmod(number, _CHUNK)
        for _ in range(5):
            pairs.append(_PAIRS[chunk % 3364])
            chunk //= 3364
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "z" + "1" * zeros + "".join(reversed(pairs)).lstrip("1")


def decode_base58(text: str) -> bytes:
    """The bytes of a multibase base58btc string. KeyMaterialError if it is anything else."""
    if not isinstance(text, str) or not text.startswith("z") or len(text) > _MAX_BASE58:
        raise KeyMaterialError("multibase_malformed", "expected a multibase base58btc value ('z...')")
    body = text[1:]
    number = 0
    try:
        for character in body:
            number = number * 58 + _DIGIT[character]
    except KeyError:
        raise KeyMaterialError("multibase_malformed", "a character is not in the base58btc alphabet") from None
    zeros = len(body) - len(body.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def encode_base64url(data: bytes) -> str:
    """Multibase base64url without padding, with its `u`."""
    return "u" + base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64url(text: str) -> bytes:
    """The bytes of a multibase base64url string. KeyMaterialError for padding, other characters, loose last bits."""
    if not isinstance(text, str) or not text.startswith("u") or not _BASE64URL.match(text, 1):
        raise KeyMaterialError("multibase_malformed", "expected a multibase base64url value ('u...')")
    body = text[1:]
    if len(body) % 4 == 1:
        raise KeyMaterialError("multibase_malformed", "a base64url value has an impossible length")
    data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    if body and encode_base64url(data)[-1] != body[-1]:
        raise KeyMaterialError("multibase_malformed", "a base64url value has loose trailing bits")
    return data

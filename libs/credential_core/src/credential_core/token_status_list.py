"""IETF Token Status List: 1, 2, 4 or 8 bits per token, packed from the least significant bit, zlib.

It shares nothing with the Bitstring Status List but the idea. Its tokens are read as JWT and as CWT.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any, Final, cast

from isal import isal_zlib

from credential_core import cose
from credential_core.errors import CredentialError, StatusError
from credential_core.jose.algorithms import VerifyingKey
from credential_core.jose.claims import CLOCK_SKEW
from credential_core.jose.jws import Jws
from credential_core.multibase import decode_base64url, encode_base64url

_JWT_TYPES: Final = ("statuslist+jwt", "application/statuslist+jwt")
_CWT_TYPES: Final = ("application/statuslist+cwt", 279)  # or its CoAP Content-Format
_CWT_TYPE: Final = 16  # RFC 9596
_CWT_CLAIMS: Final = {1: "iss", 2: "sub", 4: "exp", 5: "nbf", 6: "iat", 65534: "ttl", 65533: "status_list"}
MAX_INFLATED_BYTES: Final = 16 * 1024 * 1024
_MAX_ENCODED: Final = 32 * 1024 * 1024  # characters
_ZLIB: Final = 15  # window bits, with a zlib header
_BITS: Final = (1, 2, 4, 8)
_MAX_INDEX: Final = 2**40
_INFLATE_ERRORS: Final[tuple[type[Exception], ...]] = (cast("type[Exception]", isal_zlib.error), EOFError, ValueError)


class StatusType(IntEnum):
    """The registered values; 0x03 and 0x0C to 0x0F are the application's, the rest is reserved."""

    VALID = 0
    INVALID = 1
    SUSPENDED = 2


@dataclass(frozen=True, slots=True)
class TokenStatuses:
    """A decoded list."""

    bits: int
    data: bytes

    def __len__(self) -> int:
        """How many statuses there are room for."""
        return len(self.data) * 8 // self.bits

    def get(self, index: int) -> int:
        """The status at `index`. StatusError outside the list."""
        if not 0 <= index < len(self):
            raise StatusError("status_index_out_of_range", f"index {index} is outside the list")
        byte, offset = divmod(index * self.bits, 8)
        return self.data[byte] >> offset & (1 << self.bits) - 1


@dataclass(frozen=True, slots=True)
class StatusToken:
    """A verified status list token: its statuses, and until when they may be used (None: until asked again)."""

    uri: str
    statuses: TokenStatuses
    usable_until: datetime | None


@dataclass(frozen=True, slots=True)
class Said:
    """What a token says of itself, none of it verified: who speaks, how long to keep it, and how to find the key."""

    issuer: Any
    ttl: Any
    header: Mapping[str, Any]


def said_by(token: str | bytes) -> Said:
    """Read a token's claims and header; a text is a JWT, bytes are a CWT, whose header comes under JOSE's names.

    CredentialError if it is neither.
    """
    if isinstance(token, str):
        jws = Jws.parse(token)
        return Said(jws.claims.get("iss"), jws.claims.get("ttl"), jws.header)
    signed = cose.Sign1.parse(token)
    claims = _claims(signed)
    header: dict[str, Any] = {"alg": signed.algorithm}
    if signed.key_id is not None:
        header["kid"] = _text(signed.key_id)
    return Said(claims.get("iss"), claims.get("ttl"), header)


def _text(key_id: object) -> str:
    try:
        return key_id.decode() if isinstance(key_id, bytes) else ""
    except UnicodeDecodeError:
        raise StatusError("status_list_malformed", "the key id of a CWT is not text") from None


def encode(values: Mapping[int, int], *, length: int, bits: int) -> dict[str, Any]:
    """The `status_list` member for `length` statuses, all 0 but those in `values`."""
    data = bytearray(-(-length * _bits(bits) // 8))
    for index, value in values.items():
        if not 0 <= index < length or not 0 <= value < 1 << bits:
            raise StatusError("status_index_out_of_range", "an index or a value does not fit the list")
        byte, offset = divmod(index * bits, 8)
        data[byte] |= value << offset
    return {"bits": bits, "lst": encode_base64url(isal_zlib.compress(bytes(data), 1))[1:]}


def decode(status_list: Any, *, max_bytes: int = MAX_INFLATED_BYTES) -> TokenStatuses:
    """A `status_list` member: {bits, lst}, with `lst` as base64url, or as bytes if it comes from CBOR.

    Never inflates past `max_bytes`; refuses truncated and trailing data. StatusError.
    """
    if not isinstance(status_list, Mapping):
        raise StatusError("status_list_malformed", "status_list is an object of bits and lst")
    bits, lst = _bits(status_list.get("bits")), status_list.get("lst")
    return TokenStatuses(bits, inflate(lst if isinstance(lst, bytes) else _packed(lst), max_bytes=max_bytes))


def _packed(lst: Any) -> bytes:
    if not isinstance(lst, str) or len(lst) > _MAX_ENCODED:
        raise StatusError("status_list_malformed", "lst is a text of bounded length")
    try:
        return decode_base64url("u" + lst)
    except CredentialError as error:
        raise StatusError("status_list_malformed", error.detail) from None


def inflate(packed: bytes, *, max_bytes: int = MAX_INFLATED_BYTES) -> bytes:
    """The bytes of a zlib stream, within bounds. StatusError otherwise."""
    try:
        inflater = isal_zlib.decompressobj(wbits=_ZLIB)
        data = inflater.decompress(packed, max_bytes + 1)
    except _INFLATE_ERRORS:
        raise StatusError("status_list_malformed", "lst must hold zlib data") from None
    if len(data) > max_bytes:
        raise StatusError("status_list_too_large", f"a list may inflate to {max_bytes} bytes")
    if not inflater.eof or inflater.unused_data:
        raise StatusError("status_list_malformed", "the zlib data is cut short or has something after it")
    return data


def read_token(token: str | bytes, *, uri: str, key: VerifyingKey, now: datetime) -> StatusToken:
    """A status list token, checked: signature, typ, sub, iat, nbf, exp, ttl. A text is a JWT, bytes are a CWT.

    `uri` is where it was fetched, and must be its `sub`; `now` is when. `key` is that of whoever may speak for the
    list, which is for the caller to say. CredentialError; no more than 256 kB are read.
    """
    claims = _verified_jwt(token, key) if isinstance(token, str) else _verified_cwt(token, key)
    if claims.get("sub") != uri:
        raise StatusError("status_list_mismatch", "the sub of the token is not the address of the list")
    _check_begin(claims, now)
    ends = [_moment(claims["exp"], "exp")] if "exp" in claims else []
    if ends and ends[0] <= now:
        raise StatusError("status_list_stale", "the status list token has expired")
    if "ttl" in claims:
        ends.append(now + timedelta(seconds=min(_number(claims["ttl"], "ttl"), 10**9)))
    return StatusToken(uri, decode(claims.get("status_list")), min(ends, default=None))


def _verified_jwt(token: str, key: VerifyingKey) -> Mapping[str, Any]:
    jws = Jws.parse(token)
    jws.verify(key)
    if jws.header.get("typ") not in _JWT_TYPES:
        raise StatusError("status_list_malformed", "the token is not of the type of a status list in JWT form")
    return jws.claims


def _verified_cwt(token: bytes, key: VerifyingKey) -> Mapping[str, Any]:
    """The claims under their names in a JWT (Token Status List §5.2)."""
    signed = cose.Sign1.parse(token)
    signed.verify(key)
    if signed.header.get(_CWT_TYPE) not in _CWT_TYPES:
        raise StatusError("status_list_malformed", "the token is not of the type of a status list in CWT form")
    named = _claims(signed)
    held = named.get("status_list")
    if not isinstance(held, dict) or not isinstance(held.get("lst"), bytes):
        raise StatusError("status_list_malformed", "the lst of a CWT is a byte string")
    return named


def _claims(signed: cose.Sign1) -> dict[str, Any]:
    claims = cose.read(signed.payload)
    if not isinstance(claims, dict):
        raise StatusError("status_list_malformed", "the claims of a CWT are a map")
    return {name: claims[label] for label, name in _CWT_CLAIMS.items() if label in claims}


def _check_begin(claims: Mapping[str, Any], now: datetime) -> None:
    begins = [_moment(claims.get("iat"), "iat")] + ([_moment(claims["nbf"], "nbf")] if "nbf" in claims else [])
    if max(begins) > now + CLOCK_SKEW:
        raise StatusError("status_list_not_yet_valid", "the status list token is from the future")


def reference_of(claims: Mapping[str, Any]) -> tuple[str, int]:
    """The `status.status_list` claim of a referenced token: its list's uri and its index."""
    status = claims.get("status")
    reference = status.get("status_list") if isinstance(status, Mapping) else None
    if not isinstance(reference, Mapping):
        raise StatusError("status_type_unsupported", "the status of the token is not a status_list")
    uri, index = reference.get("uri"), reference.get("idx")
    if not isinstance(uri, str) or not uri or isinstance(index, bool) or not isinstance(index, int):
        raise StatusError("status_malformed", "a status_list reference is {idx, uri}")
    if not 0 <= index < _MAX_INDEX:
        raise StatusError("status_index_out_of_range", f"index {index} is outside the list")
    return uri, index


def read_status(claims: Mapping[str, Any], token: StatusToken) -> int:
    """The status of a referenced token in its list. StatusError if the two do not belong together."""
    uri, index = reference_of(claims)
    if uri != token.uri:
        raise StatusError("status_list_mismatch", "the list is not the one that the token names")
    return token.statuses.get(index)


def _bits(value: Any) -> int:
    if isinstance(value, bool) or value not in _BITS or not isinstance(value, int):
        raise StatusError("status_size_unsupported", "a status has 1, 2, 4 or 8 bits")
    return value


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise StatusError("status_list_malformed", f"{name} is a positive number of seconds")
    return value


def _moment(value: Any, name: str) -> datetime:
    try:
        return datetime.fromtimestamp(_number(value, name), UTC)
    except (OverflowError, ValueError, OSError):
        raise StatusError("status_list_malformed", f"{name} is not a date") from None

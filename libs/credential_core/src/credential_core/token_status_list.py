"""IETF Token Status List: 1, 2, 4 or 8 bits per token, packed from the least significant bit, zlib, base64url.

It shares nothing with the Bitstring Status List but the idea. Signatures of the JWT form are the caller's: pass a
function that verifies a compact JWS and gives its header and claims.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any, Final, TypeAlias, cast

from isal import isal_zlib

from credential_core.errors import CredentialError, StatusError
from credential_core.multibase import decode_base64url, encode_base64url

TOKEN_TYPE: Final = "statuslist+jwt"  # noqa: S105  # a media type
MAX_INFLATED_BYTES: Final = 16 * 1024 * 1024
_MAX_ENCODED: Final = 32 * 1024 * 1024  # characters
_ZLIB: Final = 15  # window bits, with a zlib header
_BITS: Final = (1, 2, 4, 8)
_MAX_INDEX: Final = 2**40
_INFLATE_ERRORS: Final[tuple[type[Exception], ...]] = (cast("type[Exception]", isal_zlib.error), EOFError, ValueError)

JwsVerifier: TypeAlias = Callable[[str], tuple[Mapping[str, Any], Mapping[str, Any]]]
"""Verifies a compact JWS and gives its header and claims; raises CredentialError if it does not hold."""


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
    """A `status_list` member: {bits, lst}. Never inflates past `max_bytes`; refuses truncated and trailing data."""
    if not isinstance(status_list, Mapping):
        raise StatusError("status_list_malformed", "status_list is an object of bits and lst")
    bits, lst = _bits(status_list.get("bits")), status_list.get("lst")
    if not isinstance(lst, str) or len(lst) > _MAX_ENCODED:
        raise StatusError("status_list_malformed", "lst is a text of bounded length")
    try:
        packed = decode_base64url("u" + lst)
    except CredentialError as error:
        raise StatusError("status_list_malformed", error.detail) from None
    return TokenStatuses(bits, inflate(packed, max_bytes=max_bytes))


def inflate(packed: bytes, *, max_bytes: int = MAX_INFLATED_BYTES) -> bytes:
    """The bytes of a zlib stream (as the CBOR form holds it), within bounds. StatusError otherwise."""
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


def read_token(token: str, *, uri: str, now: datetime, verify_jws: JwsVerifier, skew_s: int = 300) -> StatusToken:
    """A status list token in JWT form, checked: signature (`verify_jws`), typ, sub, iat, exp, ttl.

    `uri` is where it was fetched, and must be its `sub`. Whose key signed is for `verify_jws` to decide.
    """
    header, claims = verify_jws(token)
    if header.get("typ") not in (TOKEN_TYPE, f"application/{TOKEN_TYPE}"):
        raise StatusError("status_list_malformed", f"the typ of a status list token is {TOKEN_TYPE}")
    if claims.get("sub") != uri:
        raise StatusError("status_list_mismatch", "the sub of the token is not the address of the list")
    issued = _moment(claims.get("iat"), "iat")
    if issued > now + timedelta(seconds=skew_s):
        raise StatusError("status_list_not_yet_valid", "the status list token is from the future")
    ends = [_moment(claims["exp"], "exp")] if "exp" in claims else []
    if ends and ends[0] <= now:
        raise StatusError("status_list_stale", "the status list token has expired")
    if "ttl" in claims:
        ends.append(now + timedelta(seconds=min(_number(claims["ttl"], "ttl"), 10**9)))
    return StatusToken(uri, decode(claims.get("status_list")), min(ends, default=None))


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

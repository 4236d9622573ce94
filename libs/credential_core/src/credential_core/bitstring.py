"""Bitstring Status List v1.0: one bit per credential, index 0 the left-most bit of the first byte (§4.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

from isal import igzip, isal_zlib

from credential_core.contexts import CREDENTIALS_V2
from credential_core.errors import CredentialError, StatusError
from credential_core.multibase import decode_base64url, encode_base64url
from credential_core.timestamps import format_timestamp

MINIMUM_LENGTH: Final = 131_072  # entries; 16 kB, for herd privacy (§4.1)
MAX_INFLATED_BYTES: Final = 16 * 1024 * 1024
_MAX_ENCODED: Final = 32 * 1024 * 1024  # characters
_GZIP: Final = 31  # zlib window bits: 15, plus 16 for a gzip header
_INDEX: Final = re.compile(r"(0|[1-9][0-9]{0,11})\Z")
# isal's stub calls its error class an instance, so the cast happens here, once.
_INFLATE_ERRORS: Final[tuple[type[Exception], ...]] = (cast("type[Exception]", isal_zlib.error), EOFError, ValueError)
ENTRY_TYPE: Final = "BitstringStatusListEntry"


class StatusBits:
    """A mutable list of one-bit statuses."""

    __slots__ = ("_bits",)

    def __init__(self, bits: bytearray) -> None:
        self._bits = bits

    @classmethod
    def empty(cls, length: int = MINIMUM_LENGTH) -> StatusBits:
        """All clear. `length` is in entries, a multiple of 8, at least 131,072."""
        if length < MINIMUM_LENGTH or length % 8 or length > MAX_INFLATED_BYTES * 8:
            raise StatusError("status_list_length", f"a list has a multiple of 8, at least {MINIMUM_LENGTH} entries")
        return cls(bytearray(length // 8))

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self._bits) * 8

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StatusBits) and self._bits == other._bits

    __hash__ = None  # type: ignore[assignment]  # mutable

    def _locate(self, index: int) -> tuple[int, int]:
        if not 0 <= index < len(self):
            raise StatusError("status_index_out_of_range", f"index {index} is outside the list")
        return index >> 3, 0x80 >> (index & 7)

    def get(self, index: int) -> bool:
        """Whether the status at `index` is set. StatusError outside the list."""
        byte, mask = self._locate(index)
        return bool(self._bits[byte] & mask)

    def set(self, index: int, value: bool) -> None:
        """Set or clear the status at `index`. StatusError outside the list."""
        byte, mask = self._locate(index)
        if value:
            self._bits[byte] |= mask
        else:
            self._bits[byte] &= ~mask

    def encoded(self) -> str:
        """The `encodedList`: multibase base64url of the gzipped bits. The same bits give the same text."""
        return encode_base64url(igzip.compress(bytes(self._bits), compresslevel=1, mtime=0))

    @classmethod
    def decode(cls, encoded: str, *, max_bytes: int = MAX_INFLATED_BYTES) -> StatusBits:
        """The bits of an `encodedList`. Never inflates past `max_bytes`; refuses truncated and trailing data."""
        if not isinstance(encoded, str) or len(encoded) > _MAX_ENCODED:
            raise StatusError("status_list_malformed", "an encodedList must be a text of bounded length")
        try:
            packed = decode_base64url(encoded)
            inflater = isal_zlib.decompressobj(wbits=_GZIP)
            bits = inflater.decompress(packed, max_bytes + 1)
        except CredentialError as error:
            raise StatusError("status_list_malformed", error.detail) from None
        except _INFLATE_ERRORS:
            raise StatusError("status_list_malformed", "an encodedList must hold gzipped data") from None
        if len(bits) > max_bytes:
            raise StatusError("status_list_too_large", f"a list may inflate to {max_bytes} bytes")
        if not inflater.eof or inflater.unused_data:
            raise StatusError("status_list_malformed", "the gzipped list is cut short or has trailing data")
        return cls(bytearray(bits))


def entry(list_url: str, index: int, purpose: str) -> dict[str, str]:
    """The `credentialStatus` of a credential: its place in a list (§2.1)."""
    return {
        "id": f"{list_url}#{index}",
        "type": ENTRY_TYPE,
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": list_url,
    }


def status_list_credential(
    *,
    list_url: str,
    issuer: str,
    purpose: str,
    bits: StatusBits,
    valid_from: datetime,
    ttl_ms: int,
    valid_until: datetime | None = None,
) -> dict[str, Any]:
    """An unsigned status list credential (§2.2)."""
    document: dict[str, Any] = {
        "@context": [CREDENTIALS_V2],
        "id": list_url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": format_timestamp(valid_from),
    }
    if valid_until is not None:
        document["validUntil"] = format_timestamp(valid_until)
    document["credentialSubject"] = {
        "id": f"{list_url}#list",
        "type": "BitstringStatusList",
        "statusPurpose": purpose,
        "encodedList": bits.encoded(),
        "ttl": ttl_ms,
    }
    return document


def list_url(status: Mapping[str, Any]) -> str:
    """The list that a status entry points to."""
    url = status.get("statusListCredential")
    if not isinstance(url, str) or not url:
        raise StatusError("status_malformed", "a status entry needs a statusListCredential")
    return url


def read_status(list_credential: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """Whether the status of an entry is set in its list (§3.2 steps 6 to 11). Proof and dates are the caller's.

    StatusError if the two do not belong together, are malformed, or the list is too short or the index outside.
    """
    purpose = status.get("statusPurpose")
    subject = _subject_of(list_credential)
    if list_credential.get("id") != list_url(status):
        raise StatusError("status_list_mismatch", "the list is not the one that the entry names")
    if not isinstance(purpose, str) or purpose not in _as_list(subject.get("statusPurpose")):
        raise StatusError("status_purpose_mismatch", "the list does not serve the purpose of the entry")
    if status.get("statusSize", 1) != 1:
        raise StatusError("status_size_unsupported", "only statuses of one bit are read so far")
    bits = StatusBits.decode(subject.get("encodedList", ""))
    if len(bits) < MINIMUM_LENGTH:
        raise StatusError("status_list_length", f"a list must have {MINIMUM_LENGTH} entries")
    return bits.get(_index_of(status))


def _subject_of(list_credential: Mapping[str, Any]) -> Mapping[str, Any]:
    subject = list_credential.get("credentialSubject")
    if "BitstringStatusListCredential" not in _as_list(list_credential.get("type")):
        raise StatusError("status_list_malformed", "not a BitstringStatusListCredential")
    if not isinstance(subject, Mapping) or "BitstringStatusList" not in _as_list(subject.get("type")):
        raise StatusError("status_list_malformed", "the list's subject is not one BitstringStatusList")
    return subject


def _index_of(status: Mapping[str, Any]) -> int:
    text = status.get("statusListIndex")
    if not isinstance(text, str) or not _INDEX.match(text):
        raise StatusError("status_malformed", "a statusListIndex is a number in base 10, written as a string")
    return int(text)


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]

"""The bits of a status list, index 0 left-most in the first byte, and their packed form (Bitstring Status List §4)."""

from __future__ import annotations

from typing import Final, cast

from isal import igzip, isal_zlib

from credential_core.errors import CredentialError, StatusError
from credential_core.multibase import decode_base64url, encode_base64url

MINIMUM_LENGTH: Final = 131_072  # entries; 16 kB, for herd privacy (§4.1)
MAX_INFLATED_BYTES: Final = 16 * 1024 * 1024
_MAX_ENCODED: Final = 32 * 1024 * 1024  # characters
_GZIP: Final = 31  # zlib window bits: 15, plus 16 for a gzip header
# isal's stub calls its error class an instance, so the cast happens here, once.
_INFLATE_ERRORS: Final[tuple[type[Exception], ...]] = (cast("type[Exception]", isal_zlib.error), EOFError, ValueError)


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

    def value(self, index: int, size: int) -> int:
        """The `size` bits of entry `index`, the left-most the most significant. StatusError outside the list."""
        if not 0 <= index < len(self) // size:
            raise StatusError("status_index_out_of_range", f"index {index} is outside the list")
        value = 0
        for place in range(index * size, (index + 1) * size):
            value = value << 1 | (self._bits[place >> 3] >> (7 - (place & 7)) & 1)
        return value

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

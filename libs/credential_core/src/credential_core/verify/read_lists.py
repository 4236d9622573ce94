"""Status lists read once in a verification, however many of the credentials inside are on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from credential_core.bitstring import MAX_INFLATED_BYTES, StatusBits
from credential_core.errors import StatusError
from credential_core.report import Check

MAX_LISTS: Final = 32
_MAX_HELD: Final = 32 * 1024 * 1024  # bytes of all lists together


class ReadLists:
    """The proofs judged and the lists inflated so far.

    What each list may take depends on how many there are, known beforehand, and not on which comes first.
    """

    def __init__(self, lists: int = 1) -> None:
        self._refuses = lists > MAX_LISTS
        self._max_bytes = min(MAX_INFLATED_BYTES, _MAX_HELD // max(lists, 1))
        self._proofs: dict[str, Check] = {}
        self._bits: dict[str, StatusBits] = {}

    def proof(self, url: str, judge: Callable[[], Check]) -> Check:
        """The result on the proof of the list at `url`."""
        if url not in self._proofs:
            self._proofs[url] = judge()
        return self._proofs[url]

    def decode(self, encoded: str) -> StatusBits:
        """As StatusBits.decode. StatusError `status_lists_too_many` if a verification has more than 32 lists."""
        if self._refuses:
            raise StatusError("status_lists_too_many", f"{MAX_LISTS} status lists are read in one verification")
        if encoded not in self._bits:
            self._bits[encoded] = StatusBits.decode(encoded, max_bytes=self._max_bytes)
        return self._bits[encoded]

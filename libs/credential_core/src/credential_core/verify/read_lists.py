"""Status lists read once in a verification, however many of the credentials inside are on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from credential_core.bitstring import StatusBits
from credential_core.errors import StatusError
from credential_core.report import Check

MAX_INFLATIONS: Final = 16
_MAX_HELD: Final = 2**28  # bits: 32 MiB


class ReadLists:
    """The proofs judged and the lists inflated so far. What no longer fits is inflated again, within the budget."""

    def __init__(self) -> None:
        self._proofs: dict[str, Check] = {}
        self._bits: dict[str, StatusBits] = {}
        self._inflations = 0

    def proof(self, url: str, judge: Callable[[], Check]) -> Check:
        """The result on the proof of the list at `url`."""
        if url not in self._proofs:
            self._proofs[url] = judge()
        return self._proofs[url]

    def decode(self, encoded: str) -> StatusBits:
        """As StatusBits.decode. StatusError `status_lists_too_many` beyond 16 lists inflated in one verification."""
        found = self._bits.get(encoded)
        if found is not None:
            return found
        if self._inflations >= MAX_INFLATIONS:
            raise StatusError("status_lists_too_many", f"{MAX_INFLATIONS} status lists are read in one verification")
        self._inflations += 1
        found = StatusBits.decode(encoded)
        if sum(map(len, self._bits.values())) + len(found) <= _MAX_HELD:
            self._bits[encoded] = found
        return found

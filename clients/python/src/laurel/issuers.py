"""Who signs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from laurel.models import Issuer
from laurel.transport import Transport

PATH: Final = "/issuers"


class Issuers:
    """Your organization's issuers."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[Issuer]:
        """All of them, the first made first."""
        return map(Issuer.from_json, self._transport.pages(PATH))

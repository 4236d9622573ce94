"""Credentials that fail on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from laurel.models import SandboxCase
from laurel.transport import Transport

PATH: Final = "/sandbox"


class Sandbox:
    """One credential for each way in which a verifier says no. NotFound where a Laurel has none."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[SandboxCase]:
        """Every case by name, with the verdict and the code that a verifier gives."""
        return map(SandboxCase.from_json, self._transport.pages(PATH))

    def read(self, name: str) -> str:
        """The credential of one case as text, to be sent to a verifier as it is: some are not JSON."""
        return self._transport.send("GET", f"{PATH}/{quote(name, safe='')}", headers={"Accept": "*/*"}).text

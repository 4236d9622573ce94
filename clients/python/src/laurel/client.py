"""The entrance: one object for one organization at one Laurel."""

from __future__ import annotations

import ssl
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx

from laurel.achievements import Achievements
from laurel.batches import Batches
from laurel.credentials import Credentials
from laurel.errors import UnusableAddress
from laurel.issuers import Issuers
from laurel.keys import Keys
from laurel.own_credentials import OwnCredentials
from laurel.own_recognitions import OwnRecognitions
from laurel.recognitions import Recognitions
from laurel.sandbox import Sandbox
from laurel.stacks import Stacks
from laurel.tokens import Authentication
from laurel.transport import Transport
from laurel.verifications import Verifications

DEFAULT_TIMEOUT: Final = 30.0
AGENT: Final = "laurel-client/0.1"


class Laurel:
    """The Laurel API at one address. Close it, or use it in `with`. Threads may share it.

    `base_url` is the origin (`https://laurel.example`); `timeout` is in seconds, for each step of a request; `ca` is a
    PEM file to trust instead of the usual authorities. UnusableAddress if either is none.
    """

    def __init__(
        self,
        base_url: str,
        authentication: Authentication,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        ca: Path | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        http = httpx.Client(
            base_url=_origin(base_url),
            timeout=timeout,
            verify=_trusted(ca) if ca else True,
            headers={"User-Agent": AGENT},
            transport=transport,
        )
        self._transport = Transport(http, authentication)
        self.achievements = Achievements(self._transport)
        self.batches = Batches(self._transport)
        self.credentials = Credentials(self._transport)
        self.issuers = Issuers(self._transport)
        self.keys = Keys(self._transport)
        self.own_credentials = OwnCredentials(self._transport)
        self.own_recognitions = OwnRecognitions(self._transport)
        self.recognitions = Recognitions(self._transport)
        self.sandbox = Sandbox(self._transport)
        self.stacks = Stacks(self._transport)
        self.verifications = Verifications(self._transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def access_token(self) -> str:
        """A token that is valid now. LoginFailed if the authorization server refuses."""
        return self._transport.token()

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """Any JSON object of the API, for what has no method here yet."""
        return self._transport.get(path, params=params)


def _origin(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url.strip().rstrip("/"))
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("https", "http") or not url.host:
        raise UnusableAddress(
            f"the address must begin with https:// or http://, such as https://laurel.example: {base_url}"
        )
    return url


def _trusted(ca: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca))
    except OSError as error:  # ssl.SSLError is one
        reason = "it holds no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise UnusableAddress(f"{ca} cannot be read: {reason}") from error

"""Public documents: read where they are published, or from a copy that was kept of them."""

from __future__ import annotations

import hashlib
import json
import ssl
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self
from urllib.parse import urlsplit

import httpx

from credential_core.errors import CredentialError
from credential_core.timestamps import parse_timestamp
from credential_core.verify import Failure, Resolution, parse
from laurel import clock
from laurel.client import AGENT
from laurel.errors import LaurelError

TIMEOUT: Final = 10.0
LARGEST: Final = 4 * 1024 * 1024
INDEX: Final = "index.json"
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class NoCopy(LaurelError):
    """A directory that holds no copy of public documents, or none that can be read or written."""


class Public(Protocol):
    """What is public. `at` is when it was so: all is judged as of then."""

    at: datetime

    def get(self, url: str, accept: str) -> Resolution:
        """The document at an address, or why there is none."""
        ...


class Web:
    """The web, as anybody sees it: https alone, but for this machine itself; no redirects, no cookies, no login.

    `ca` is a PEM file to trust instead of the usual authorities. Use it in `with`.
    """

    def __init__(self, *, ca: Path | None = None, transport: httpx.BaseTransport | None = None) -> None:
        self.at = clock.now()
        self._read: dict[str, bytes] = {}
        self._http = httpx.Client(
            timeout=TIMEOUT,
            verify=ssl.create_default_context(cafile=str(ca)) if ca else True,
            headers={"User-Agent": AGENT},
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._http.close()

    def get(self, url: str, accept: str) -> Resolution:
        """See Public. What cannot be had leaves open what hangs on it."""
        if not _is_public(url):
            return Failure("url_refused", f"{url} is no https address")
        try:
            with self._http.stream("GET", url, headers={"Accept": accept}) as answer:
                if answer.status_code != httpx.codes.OK:
                    return Failure("status", f"{url} answers {answer.status_code}")
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > LARGEST:
                        return Failure("too_large", f"{url} has more than {LARGEST:,} bytes")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Failure("unreachable", f"{url} cannot be read: {error}")
        self._read[url] = body
        return _document(url, body)

    def keep(self, directory: Path) -> None:
        """A copy of all that was read, from which the same can be decided without any network. NoCopy if it fails."""
        names = {url: f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json" for url in self._read}
        index = {"at": self.at.isoformat(timespec="seconds"), "documents": names}
        try:
            directory.mkdir(parents=True, exist_ok=True)
            for url, name in names.items():
                (directory / name).write_bytes(self._read[url])
            (directory / INDEX).write_text(json.dumps(index, indent=2) + "\n")
        except OSError as error:
            raise NoCopy(f"{directory} cannot be written: {error.strerror}") from error


class Copy:
    """What a directory kept of the web, as of the day when it was kept. NoCopy if it holds no such copy."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        try:
            index: Any = json.loads((directory / INDEX).read_text())
            self.at = parse_timestamp(index["at"])
            self._names = {str(url): Path(str(name)).name for url, name in index["documents"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, CredentialError) as error:
            raise NoCopy(f"{directory} holds no copy of public documents: it was not kept by --keep") from error

    def get(self, url: str, accept: str) -> Resolution:
        """See Public."""
        if url not in self._names:
            return Failure("not_kept", f"{url} is not in the copy", transient=False)
        try:
            body = (self._directory / self._names[url]).read_bytes()
        except OSError as error:
            return Failure("not_kept", f"the copy of {url} cannot be read: {error.strerror}", transient=False)
        return _document(url, body)


def _is_public(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL))


def _document(url: str, body: bytes) -> Resolution:
    try:
        return parse(body)
    except CredentialError as error:
        return Failure(error.code, f"{url} is not a document that is read: {error.detail}")

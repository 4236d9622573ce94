"""Public documents: read where they are published, or from a copy that was kept of them."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from threading import Thread
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
ONE_S: Final = 20.0
"""For a whole document, however little at a time it comes."""
ALL_S: Final = 120.0
"""For all of them."""
LARGEST: Final = 4 * 1024 * 1024
INDEX: Final = "index.json"
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# IPv4 inside IPv6: NAT64 (RFC 6052, RFC 8215) and SIIT's IPv4-translated addresses (RFC 2765).
_TRANSLATED: Final = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96")))
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str], Sequence[str]]
"""The addresses of a host; none for one that only a proxy knows."""


class NoCopy(LaurelError):
    """A directory that holds no copy of public documents, or none that can be read or written."""


class Public(Protocol):
    """What is public. `at` is when it was so: all is judged as of then."""

    at: datetime

    def get(self, url: str, accept: str) -> Resolution:
        """The document at an address, or why there is none."""
        ...


def resolved(host: str) -> Sequence[str]:
    """As the system knows it."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return ()


class Web:
    """The web, as anybody sees it: https alone, public addresses alone; no redirects, no cookies, no login.

    What is read somebody else's credential names. `private` reads networks that are not public too, and by http this
    machine itself. `ca` is a PEM file to trust instead of the usual authorities. Use it in `with`.
    """

    def __init__(
        self,
        *,
        ca: Path | None = None,
        private: bool = False,
        transport: httpx.BaseTransport | None = None,
        resolve: Resolve = resolved,
        one_s: float = ONE_S,
        all_s: float = ALL_S,
    ) -> None:
        self.at = clock.now()
        self._private = private
        self._resolve = resolve
        self._one_s = one_s
        self._left_s = all_s
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
        if not _is_read(url, private=self._private):
            return Failure("url_refused", f"{url} is no https address")
        begun, within = clock.monotonic(), min(self._one_s, self._left_s)
        answer: Future[Resolution | bytes] = Future()
        # Its own thread: whoever sends a header or a body drop by drop would hold us for as long as it likes.
        Thread(target=self._into, args=(answer, url, accept), daemon=True).start()
        try:
            found = answer.result(within)
        except TimeoutError:
            return Failure("unreachable", f"{url} takes longer than it may")
        finally:
            self._left_s = max(0.0, self._left_s - (clock.monotonic() - begun))
        if not isinstance(found, bytes):
            return found
        self._read[url] = found
        return _document(url, found)

    def _into(self, answer: Future[Resolution | bytes], url: str, accept: str) -> None:
        try:
            answer.set_result(self._fetched(url, accept))
        except BaseException as error:  # raised where it is waited for
            answer.set_exception(error)

    def _fetched(self, url: str, accept: str) -> Resolution | bytes:
        host = urlsplit(url).hostname or ""
        if not self._private and not all(_is_global(one) for one in self._resolve(host)):
            return Failure("address_not_public", f"{host} is no host of the public web", transient=False)
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
        return body

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


def _is_read(url: str, *, private: bool) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    by_http = private and parts.scheme == "http" and parts.hostname in _LOCAL
    return bool(parts.hostname) and (parts.scheme == "https" or by_http)


def _is_global(address: str) -> bool:
    """Whether it belongs to the public Internet, whatever it is wrapped in."""
    found: _Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        found = _inside(found) or found
    return found.is_global and not found.is_multicast


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if any(address in network for network in _TRANSLATED) or int(address) >> 32 == 0:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = None if address.teredo is None else address.teredo[1]
    return address.ipv4_mapped or address.sixtofour or teredo


def _document(url: str, body: bytes) -> Resolution:
    try:
        return parse(body)
    except CredentialError as error:
        return Failure(error.code, f"{url} is not a document that is read: {error.detail}")

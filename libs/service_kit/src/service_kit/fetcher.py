"""The one way to the public web: https only, public addresses only, bounded in size and time, no redirects.

The address that was checked is the address that is connected to, so a name cannot be rebound in between.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from service_kit.askers import Turns
from service_kit.connections import Connector
from service_kit.lookups import Lookups
from service_kit.metrics import FETCHES
from service_kit.settings import FetcherSettings
from service_kit.tls import trusting

T = TypeVar("T")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS = frozenset({443, 8443})
MAX_URL = 2048
MOST_CONNECTIONS = 100
MOST_OF_ASKER = 16
MAX_AGE = re.compile(r'(?:^|,)\s*max-age="?(\d{1,10})"?\s*(?:,|$)', re.ASCII | re.IGNORECASE)
# What the registries of special addresses say and `is_global` does not: site-local (RFC 3879), documentation (RFC
# 9637), segments (RFC 9602), 6to4 relays (RFC 7526); and the address of Azure's own agent on every machine there.
SPECIAL = tuple(
    map(ipaddress.ip_network, ("fec0::/10", "3fff::/20", "5f00::/16", "192.88.99.0/24", "168.63.129.16/32"))
)
# IPv4 inside IPv6: NAT64 (RFC 6052, RFC 8215) and SIIT's IPv4-translated addresses (RFC 2765).
TRANSLATED = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96")))

_REASONS: Mapping[type[Exception], str] = {  # the first that fits: some are kinds of others
    aiohttp.ClientConnectorDNSError: "its name leads nowhere (DNS)",
    aiohttp.ClientConnectorCertificateError: "its certificate is not trusted",
    aiohttp.ClientSSLError: "there is no TLS to be had with it",
    aiohttp.ClientConnectorError: "nobody answers there",
    TimeoutError: "it took too long",
    aiohttp.ServerDisconnectedError: "the connection was closed",
    aiohttp.ClientPayloadError: "the answer breaks off",
}


class FetchError(Exception):
    """The document cannot be had. `transient` says whether trying again may help."""

    def __init__(self, code: str, detail: str, *, transient: bool) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.transient = transient


@dataclass(frozen=True, slots=True)
class Document:
    """What was read: its bytes, its media type without parameters, for how many seconds it may be kept if it says."""

    body: bytes
    media_type: str
    max_age: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a host answered to a request, whatever the status: its body, and its Link header."""

    status: int
    body: bytes
    link: str


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public Internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not any(address in network for network in SPECIAL)


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in TRANSLATED) or int(address) >> 32 == 0:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


class PublicResolver(AbstractResolver):
    """Resolves a name once and refuses it when any of its addresses is not public."""

    def __init__(self) -> None:
        self._names = Lookups()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        if not found or not all(is_public(ipaddress.ip_address(entry["host"])) for entry in found):
            raise FetchError("address_not_public", f"{host} does not lead to a public address", transient=False)
        return found

    async def close(self) -> None:
        await self._names.close()


class Fetcher:
    """Reads documents within the limits of its settings."""

    def __init__(self, settings: FetcherSettings, session: aiohttp.ClientSession, turns: Turns | None = None) -> None:
        self._settings = settings
        self._session = session
        self._turns = turns

    async def get(self, url: str, *, accept: str = "application/json") -> Document:
        """GET one document. Raises FetchError, and nothing else."""
        return await self._guarded(url, partial(self._read, url, accept))

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, max_bytes: int | None = None
    ) -> Reply:
        """Any request, under the same guard. Raises FetchError, and nothing else.

        `max_bytes` bounds the answer instead of the settings.
        """
        return await self._guarded(url, partial(self._send, method, url, headers, body, max_bytes))

    async def _guarded(self, url: str, ask: Callable[[], Awaitable[T]]) -> T:
        try:
            self._check(url)
            answer = await self._in_turn(ask)
        except FetchError as error:
            FETCHES.labels(error.code).inc()
            raise
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            FETCHES.labels("unreachable").inc()
            raise FetchError("unreachable", f"{url} cannot be read: {_reason(error)}", transient=True) from error
        FETCHES.labels("ok").inc()
        return answer

    async def _in_turn(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Waiting counts."""
        if self._turns is None:
            return await ask()
        async with asyncio.timeout(self._settings.total_s), self._turns.one():
            return await ask()

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, max_bytes: int | None
    ) -> Reply:
        request = self._session.request(method, url, headers=headers, data=body or None, allow_redirects=False)
        async with request as response:
            content = await self._bounded(url, response, max_bytes)
            return Reply(response.status, content, response.headers.get("Link", ""))

    def check(self, url: str) -> None:
        """Raises FetchError for an address that is not read, whatever is there; its name is resolved when it is."""
        try:
            self._check(url)
        except ValueError as error:
            raise FetchError("url_refused", "the address cannot be read", transient=False) from error

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        private = self._settings.allow_private
        if len(url) > MAX_URL or not url.isascii() or not url.isprintable():
            raise FetchError("url_refused", "the address is too long or has odd characters", transient=False)
        if parts.scheme != "https" and not (private and parts.scheme == "http"):
            raise FetchError("url_refused", "only https addresses are read", transient=False)
        if not parts.hostname or parts.username is not None or parts.password is not None:
            raise FetchError("url_refused", "the address names no host, or a user", transient=False)
        if private:
            return
        if (parts.port or 443) not in PORTS:
            raise FetchError("url_refused", f"port {parts.port} is not read", transient=False)
        self._check_literal(parts.hostname)

    @staticmethod
    def _check_literal(host: str) -> None:
        """Literal addresses bypass the resolver, in every spelling the C library understands (0x7f.1, 2130706433)."""
        try:
            address: Address | None = ipaddress.ip_address(host.split("%", maxsplit=1)[0])
        except ValueError:
            try:
                address = ipaddress.IPv4Address(socket.inet_aton(host))
            except OSError:
                address = None
        if address is not None and not is_public(address):
            raise FetchError("address_not_public", f"{host} is not a public address", transient=False)

    async def _read(self, url: str, accept: str) -> Document:
        async with self._session.get(url, headers={"Accept": accept}, allow_redirects=False) as response:
            if response.status != 200:
                transient = response.status >= 500 or response.status == 429
                raise FetchError("status", f"{url} answered {response.status}", transient=transient)
            body = await self._bounded(url, response)
            said = ",".join(response.headers.getall("Cache-Control", ()))
            return Document(body, response.content_type, _max_age(said))

    async def _bounded(self, url: str, response: aiohttp.ClientResponse, max_bytes: int | None = None) -> bytes:
        limit = max_bytes or self._settings.max_bytes
        body = bytearray()
        async for chunk in response.content.iter_chunked(65536):
            body += chunk
            if len(body) > limit:
                raise FetchError("too_large", f"{url} is larger than {limit} bytes", transient=False)
        return bytes(body)


def _max_age(cache_control: str) -> float | None:
    """RFC 9111 §5.2.2.1. Of several the least; None if nothing of the kind is said."""
    return min(map(float, MAX_AGE.findall(cache_control)), default=None)


def _reason(error: Exception) -> str:
    """In words, for who is told that a document could not be had; what is rare by its class."""
    return next((words for kind, words in _REASONS.items() if isinstance(error, kind)), type(error).__name__)


@asynccontextmanager
async def open_fetcher(settings: FetcherSettings, *, of_each_asker: int | None = None) -> AsyncIterator[Fetcher]:
    """A Fetcher with its connections, closed at the end. Proxies and cookies of the environment are not used.

    `of_each_asker`: how many of them one asker has at once. Not where one asker's read answers others too.
    """
    connector = Connector(
        resolver=Lookups() if settings.allow_private else PublicResolver(),
        ssl=trusting(settings.ca_file),
        limit=MOST_CONNECTIONS,
        limit_per_host=8,
    )
    timeout = aiohttp.ClientTimeout(total=settings.total_s, sock_connect=settings.connect_s)
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        headers={"User-Agent": "laurel"},
        auto_decompress=True,
    ) as session:
        yield Fetcher(settings, session, Turns(of_each_asker) if of_each_asker else None)

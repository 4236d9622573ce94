"""The guarded fetcher: where it refuses to go, and how little it takes from where it does (OPERATIONS G-S2)."""

from __future__ import annotations

import asyncio
import socket
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult

from service_kit.fetcher import Fetcher, FetchError, PublicResolver, open_fetcher
from service_kit.lookups import Lookups
from service_kit.settings import FetcherSettings
from tools.ports import free_ports

pytestmark = pytest.mark.asyncio

HOSTILE = [
    # no https
    "http://example.org/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "data:application/json,{}",
    "javascript:alert(1)",
    "//example.org/",
    "example.org",
    "",
    "https:",
    "https://",
    "https:///path",
    "https:example.org",
    # odd ports, users, characters
    "https://example.org:22/",
    "https://example.org:6379/",
    "https://example.org:99999/",
    "https://example.org:-1/",
    "https://user@example.org/",
    "https://user:password@example.org/",
    "https://@example.org/",
    "https://example.org\\@127.0.0.1/",
    "https://exa mple.org/",
    "https://example.org/\r\nX-Injected: 1",
    "https://example.org/\x00",
    "https://exämple.org/",
    "https://。。/",
    "https://" + "a" * 3000,
    # this machine and its neighbours
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://0/",
    "https://0.0.0.0/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fec0::1]/",
    "https://[3fff::1]/",
    "https://192.88.99.1/",
    "https://168.63.129.16/",
    "https://[::ffff:0:7f00:1]/",
    "https://[2001:0:0:0:0:0:80ff:fffe]/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1]/",
    "https://[fc00::1]/",
    "https://[ff02::1]/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/",
    "https://100.64.0.1/",
    "https://198.18.0.1/",
    "https://192.0.2.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://240.0.0.1/",
    "https://[::1",
    "https://[not-an-address]/",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://ip6-localhost/",
]

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """The world's name server: a name to the answers it gives, one after the other; the last one stays."""
    table: dict[str, list[list[str]]] = {
        name: [["127.0.0.1"]] for name in ("localhost", "localhost.", "ip6-localhost", "LOCALHOST")
    }

    async def resolve(self: Any, host: str, port: int = 0, family: int = socket.AF_UNSPEC) -> list[ResolveResult]:
        answers = table.get(host, [[]])
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        if not addresses:
            raise OSError(f"no such name: {host}")
        return [
            ResolveResult(hostname=host, host=a, port=port, family=socket.AF_INET, proto=0, flags=0) for a in addresses
        ]

    monkeypatch.setattr(Lookups, "resolve", resolve)
    return table


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that anybody tried to connect to."""
    tried: list[str] = []

    async def connect(self: Any, *args: Any, addr_infos: Any, **kwargs: Any) -> Any:
        tried.extend(info[4][0] for info in addr_infos)
        raise aiohttp.ClientConnectionError("not in a test")

    monkeypatch.setattr(aiohttp.TCPConnector, "_wrap_create_connection", connect)
    return tried


@pytest.mark.parametrize("url", HOSTILE)
async def test_nobody_is_connected_to(url: str, names: object, connections: list[str]) -> None:
    async with open_fetcher(FetcherSettings()) as fetcher:
        with pytest.raises(FetchError):
            await fetcher.get(url)
    assert connections == []


@pytest.mark.parametrize("url", HOSTILE)
async def test_nobody_is_sent_anything(url: str, names: object, connections: list[str]) -> None:
    async with open_fetcher(FetcherSettings()) as fetcher:
        with pytest.raises(FetchError):
            await fetcher.send("POST", url, headers={}, body=b"secret")
    assert connections == []


@pytest.mark.parametrize(
    "url", ["https://10.0.0.1/", "http://example.org/", "https://[::1", "https://u@example.org/", ""]
)
async def test_an_address_can_be_checked_before_it_is_used(url: str) -> None:
    async with open_fetcher(FetcherSettings()) as fetcher:
        with pytest.raises(FetchError):
            fetcher.check(url)
        fetcher.check("https://example.org/path?query")


async def test_a_public_name_is_connected_to_by_its_public_address(
    names: dict[str, list[list[str]]], connections: list[str]
) -> None:
    names["example.org"] = [["93.184.216.34"]]
    async with open_fetcher(FetcherSettings()) as fetcher:
        with pytest.raises(FetchError) as refused:
            await fetcher.get("https://example.org/")
    assert (connections, refused.value.code, refused.value.transient) == (["93.184.216.34"], "unreachable", True)


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "64:ff9b::a00:1", "224.0.0.1"])
async def test_a_name_with_one_private_address_among_public_ones(
    names: dict[str, list[list[str]]], connections: list[str], inner: str
) -> None:
    names["mixed.example"] = [["93.184.216.34", inner]]
    async with open_fetcher(FetcherSettings()) as fetcher:
        with pytest.raises(FetchError) as refused:
            await fetcher.get("https://mixed.example/")
    assert (connections, refused.value.code) == ([], "address_not_public")


async def test_a_name_that_is_rebound_is_resolved_once_and_checked_each_time(
    names: dict[str, list[list[str]]], connections: list[str]
) -> None:
    names["rebind.example"] = [["93.184.216.34"], ["127.0.0.1"]]
    async with open_fetcher(FetcherSettings()) as fetcher:
        for _ in range(3):
            with pytest.raises(FetchError):
                await fetcher.get("https://rebind.example/")
    assert set(connections) <= {"93.184.216.34"}


async def test_a_proxy_of_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch, names: dict[str, list[list[str]]], connections: list[str]
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:3128")
    names["example.org"] = [["93.184.216.34"]]
    async with open_fetcher(FetcherSettings()) as fetcher:
        with pytest.raises(FetchError):
            await fetcher.get("https://example.org/")
    assert connections == ["93.184.216.34"]


async def test_the_resolver_refuses_no_addresses(names: object) -> None:
    with pytest.raises((FetchError, OSError)):
        await PublicResolver().resolve("nowhere.example")


LOCAL = FetcherSettings(allow_private=True, total_s=1.0, connect_s=0.5, max_bytes=100_000)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[tuple[Fetcher, str]]:
    """A web server on this machine, and a fetcher that may read it."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with open_fetcher(LOCAL) as fetcher:
            yield fetcher, f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def code_of(handler: Handler, path: str = "/") -> tuple[str, bool]:
    """The code of the failure, and whether trying again may help."""
    async with serving(handler) as (fetcher, origin):
        with pytest.raises(FetchError) as refused:
            await fetcher.get(origin + path)
    return refused.value.code, refused.value.transient


async def test_a_document_comes_with_its_type() -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.headers["Accept"] == "application/did+json"
        return web.json_response({"id": 1}, content_type="application/did+json")

    async with serving(handler) as (fetcher, origin):
        document = await fetcher.get(origin, accept="application/did+json")
    assert (document.body, document.media_type) == (b'{"id": 1}', "application/did+json")


@pytest.mark.parametrize("status", [201, 204, 301, 302, 303, 307, 308, 400, 401, 404, 410])
async def test_only_a_200_is_a_document_and_no_redirect_is_followed(status: int) -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    assert await code_of(handler) == ("status", False)
    assert asked == ["/"]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_an_overloaded_server_may_answer_later(status: int) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    assert await code_of(handler) == ("status", True)


async def test_a_body_past_the_limit_is_cut_off() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 10_000)
        return response

    assert await code_of(handler) == ("too_large", False)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_bomb_is_measured_inflated(encoding: str) -> None:
    bomb = _zeros(encoding, 50_000_000)
    assert len(bomb) < LOCAL.max_bytes

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": encoding})

    tracemalloc.start()
    try:
        assert await code_of(handler) == ("too_large", False)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def _zeros(encoding: str, size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)) + packer.flush()


async def test_a_server_that_trickles_is_given_up() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    assert await code_of(handler) == ("unreachable", True)


async def test_a_server_that_says_nothing_is_given_up() -> None:
    async def handler(_request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    assert await code_of(handler) == ("unreachable", True)


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: \xff\xfe\r\nContent-Length: 0\r\nX\x00: 1\r\n\r\n",
        b"",
    ],
    ids=range(8),
)
async def test_what_is_not_http_is_unreachable(answer: bytes) -> None:
    async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, open_fetcher(LOCAL) as fetcher:
        with pytest.raises(FetchError) as refused:
            await fetcher.get(f"http://127.0.0.1:{port}/")
    assert refused.value.code == "unreachable"


@pytest.mark.parametrize(("waits", "is_read"), [(0, True), (3, True), (1000, False), (100_000, False)])
async def test_a_host_may_say_that_it_goes_on_but_not_for_ever(waits: int, is_read: bool) -> None:
    async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * waits)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server, open_fetcher(FetcherSettings(allow_private=True, total_s=60)) as fetcher:
        if is_read:
            assert (await fetcher.get(address)).body == b"{}"
            return
        for _ in range(10):  # more than a host has connections
            with pytest.raises(FetchError) as refused:
                await fetcher.get(address)
            assert refused.value.code == "unreachable"


async def test_why_nothing_came_is_told_in_words() -> None:
    (port,) = free_ports(1)
    async with open_fetcher(LOCAL) as fetcher:
        with pytest.raises(FetchError, match="cannot be read: nobody answers there"):
            await fetcher.get(f"http://127.0.0.1:{port}/")
        with pytest.raises(FetchError, match=r"cannot be read: its name leads nowhere \(DNS\)"):
            await fetcher.get("https://nobody.invalid/")


async def test_cookies_are_not_kept() -> None:
    seen = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "a=1"})

    async with serving(handler) as (fetcher, origin):
        await fetcher.get(origin)
        await fetcher.get(origin)
    assert seen == [None, None]


async def test_whatever_a_host_answers_to_a_request_is_an_answer() -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append((request.method, request.headers["Content-Type"], await request.read()))
        return web.Response(status=307, body=b"no", headers={"Location": "/elsewhere", "Link": '<a>; rel="next"'})

    async with serving(handler) as (fetcher, origin):
        reply = await fetcher.send("POST", origin, headers={"Content-Type": "text/plain"}, body=b"hello")
    assert (reply.status, reply.body, reply.link) == (307, b"no", '<a>; rel="next"')
    assert asked == [("POST", "text/plain", b"hello")]


@pytest.mark.parametrize(("most", "is_read"), [(None, False), (300_000, True)])
async def test_an_answer_is_bounded_as_the_caller_says(most: int | None, is_read: bool) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 200_000)

    async with serving(handler) as (fetcher, origin):
        try:
            reply = await fetcher.send("GET", origin, headers={}, body=b"", max_bytes=most)
        except FetchError as error:
            assert (error.code, is_read) == ("too_large", False)
        else:
            assert (len(reply.body), is_read) == (200_000, True)

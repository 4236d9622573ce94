"""Names whose name servers do not answer: they take their own turns, and nobody else's."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from service_kit.lookups import MOST_OF_DOMAIN, Infos, Lookups, domain_of

pytestmark = pytest.mark.asyncio


HANGING = ("hangs.example", "hangs.ac.uk")


class NameServer:
    """Answers, but for names below two: those wait until it is told to go on."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, family: socket.AddressFamily) -> Infos:
        self.asked.append(host)
        if host.endswith(HANGING):
            self.go_on.wait()
        if host == "nowhere.example":
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", port))]


class NoThread:
    """What the system says that has no more of them."""

    def __init__(self, **_: object) -> None:
        raise RuntimeError("can't start new thread")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[NameServer]:
    made = NameServer()
    yield made
    made.go_on.set()


async def given_up(names: Lookups, host: str) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(0.01):
            await names.resolve(host)


async def test_a_name_server_that_hangs_holds_up_its_own_names_only(server: NameServer) -> None:
    names = Lookups(server)
    await asyncio.gather(*(given_up(names, f"{number}.hangs.example") for number in range(100)))
    assert len(server.asked) == MOST_OF_DOMAIN, "whoever gave up still has the thread, and nobody got another"

    [found] = await names.resolve("university.example", 443)
    assert (found["host"], found["port"], found["hostname"]) == ("192.0.2.1", 443, "university.example")
    await asyncio.get_running_loop().getaddrinfo("localhost", 0)

    server.go_on.set()
    assert await names.resolve("new.hangs.example")


async def test_one_university_of_a_country_holds_up_no_other(server: NameServer) -> None:
    names = Lookups(server)
    await asyncio.gather(*(given_up(names, f"{number}.hangs.ac.uk") for number in range(100)))
    assert len(server.asked) == MOST_OF_DOMAIN
    async with asyncio.timeout(10):
        assert await names.resolve("www.other.ac.uk")


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("Keys.Cam.ac.UK.", "cam.ac.uk"),
        ("a.b.uni.com.br", "uni.com.br"),
        ("a.b.uni.de", "uni.de"),  # short, and registered all the same
        ("a.ac.example", "ac.example"),
        ("ac.uk", "ac.uk"),
        ("localhost", "localhost"),
    ],
)
async def test_a_domain_is_what_somebody_registered(host: str, domain: str) -> None:
    assert domain_of(host) == domain


async def test_no_turn_is_lost_where_there_is_no_thread(server: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Lookups(server)
    with monkeypatch.context() as full:
        full.setattr("service_kit.lookups.Thread", NoThread)
        for _ in range(MOST_OF_DOMAIN):
            with pytest.raises(OSError, match="no thread"):
                await names.resolve("university.example")
    async with asyncio.timeout(10):
        assert await names.resolve("university.example")


async def test_what_is_no_name_is_told_as_that(server: NameServer) -> None:
    with pytest.raises(socket.gaierror):
        await Lookups(server).resolve("nowhere.example")


async def test_the_system_is_asked() -> None:
    assert {found["host"] for found in await Lookups().resolve("localhost", 443)} <= {"127.0.0.1", "::1"}

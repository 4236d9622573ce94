"""Names whose name servers do not answer: they take their own turns, and nobody else's."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from service_kit.lookups import MOST_OF_DOMAIN, Infos, Lookups

pytestmark = pytest.mark.asyncio


class NameServer:
    """Answers, but for names below hangs.example: those wait until it is told to go on."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, family: socket.AddressFamily) -> Infos:
        self.asked.append(host)
        if host.endswith("hangs.example"):
            self.go_on.wait()
        if host == "nowhere.example":
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", port))]


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


async def test_what_is_no_name_is_told_as_that(server: NameServer) -> None:
    with pytest.raises(socket.gaierror):
        await Lookups(server).resolve("nowhere.example")


async def test_the_system_is_asked() -> None:
    assert {found["host"] for found in await Lookups().resolve("localhost", 443)} <= {"127.0.0.1", "::1"}

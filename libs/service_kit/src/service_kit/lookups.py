"""Names of the web looked up apart from all others: a name server that does not answer holds up its own names only.

The loop's own way has a few threads for a whole process: some such names would keep it from its database and Kafka.
"""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from weakref import WeakValueDictionary

from aiohttp.abc import AbstractResolver, ResolveResult

MOST = 64  # names that are being looked up at once
MOST_OF_DOMAIN = 8  # of names of one domain
# Below a country's label, each of the universities or firms of that country has a name of its own under one of these.
SHARED = frozenset(
    {"ac", "asso", "co", "com", "edu", "go", "gob", "gouv", "gov", "gv", "ne", "net", "or", "org", "sch"}
)
Infos = list[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int] | tuple[str, int, int, int]]]
Ask = Callable[[str, int, socket.AddressFamily], Infos]


def ask_system(host: str, port: int, family: socket.AddressFamily) -> Infos:
    """The C library, which may take half a minute to give up. OSError."""
    flags = socket.AI_ADDRCONFIG
    return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, flags)  # type: ignore[return-value]  # wider


def domain_of(host: str) -> str:
    """What somebody registered, to whom it belongs how its names are answered: the last two labels, or three."""
    labels = host.casefold().rstrip(".").split(".")
    is_below_shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SHARED
    return ".".join(labels[-3:] if is_below_shared else labels[-2:])


class Lookups(AbstractResolver):
    """Looks names up, each in a thread of its own, of which there are so many and no more.

    Whoever gives up leaves the thread behind, and its turn ends when it does. No thread keeps a process from ending.
    """

    def __init__(self, ask: Ask = ask_system) -> None:
        self._ask = ask
        self._turns = asyncio.Semaphore(MOST)
        self._of_domain: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Its addresses. OSError."""
        domain = domain_of(host)
        of_domain = self._of_domain.get(domain) or self._of_domain.setdefault(domain, asyncio.Semaphore(MOST_OF_DOMAIN))
        await of_domain.acquire()
        try:
            await self._turns.acquire()
        except BaseException:
            of_domain.release()
            raise
        answer = self._start(host, port, family, of_domain)
        return [
            ResolveResult(
                hostname=host, host=str(address[0]), port=address[1], family=kind, proto=proto, flags=_NUMERIC
            )
            for kind, _, proto, _, address in await asyncio.wrap_future(answer)
        ]

    def _start(
        self, host: str, port: int, family: socket.AddressFamily, of_domain: asyncio.Semaphore
    ) -> "Future[Infos]":
        loop = asyncio.get_running_loop()
        answer: Future[Infos] = Future()
        answer.set_running_or_notify_cancel()  # from now on nobody can cancel it: the thread will answer

        def release() -> None:
            self._turns.release()
            of_domain.release()

        def work() -> None:
            try:
                answer.set_result(self._ask(host, port, family))
            except Exception as error:  # whatever it is, it is told to whoever waits for it
                answer.set_exception(error)
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(release)

        try:
            Thread(target=work, name=f"look up {host}"[:60], daemon=True).start()
        except RuntimeError as error:  # as many as the system allows
            release()
            raise OSError("there is no thread to look a name up") from error
        return answer

    async def close(self) -> None:
        """Nothing is held: threads end when they are answered."""


_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV

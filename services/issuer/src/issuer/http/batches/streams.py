"""What is sent bit by bit: the results of a batch, and its progress."""

import asyncio
import csv
import io
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar
from weakref import finalize

import orjson

from issuer.core.batches.batch import Batch, BatchState, Counts
from issuer.http.batches.bodies import batch_reply
from issuer.http.services import Services
from service_kit.errors import Limited
from service_kit.ids import random_bytes
from service_kit.inputs import PageRequest
from service_kit.pause import pause
from service_kit.together import Shared

T = TypeVar("T")
EVENTS = "text/event-stream"
PIECE = 1000  # rows
EVERY_S = 1.0
LONGEST = 100  # events; a client comes back by itself, and the edge lets no answer take longer
ENDED = frozenset({BatchState.DONE, BatchState.CANCELLED})
# The edge has a thousand requests under way at a room, whoever asks: those who follow leave most to those who act.
MOST = 200  # in one process
MOST_OF_ORG = 20


class Places:
    """Places for answers that take long, in this process."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def take(self, org_id: str, pieces: AsyncGenerator[T]) -> AsyncIterator[T]:
        """The same pieces, holding a place until they are let go, read or not. Raises Limited where there is none."""
        self.check(org_id)
        self._taken[org_id] += 1
        # Once: when they end, or when nobody has them any more, since an answer whose client has gone never begins.
        return _held(pieces, finalize(pieces, self._give_back, org_id))

    def check(self, org_id: str) -> None:
        """Raises Limited where there is none, before anything is read for who gets none."""
        if self._taken[org_id] >= MOST_OF_ORG or self._taken.total() >= MOST:
            raise Limited(f"at most {MOST_OF_ORG} such answers at once; ask for the batch itself now and then")

    def _give_back(self, org_id: str) -> None:
        self._taken -= Counter({org_id: 1})


async def _held(pieces: AsyncGenerator[T], give_back: Callable[[], object]) -> AsyncIterator[T]:
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece
    finally:
        give_back()


async def results(services: Services, batch: Batch) -> AsyncGenerator[str]:
    """CSV: row, status, credential, problem."""
    yield _line(("row", "status", "credential", "problem"))
    page = PageRequest(PIECE, None)
    while True:
        found = await services.batches.rows(batch.org_id, batch.id, None, page)
        yield "".join(
            _line(
                (
                    str(row.number),
                    row.state.value,
                    services.addresses.credential(row.credential_id) if row.credential_id else "",
                    str(row.problem["detail"]) if row.problem else "",
                )
            )
            for row in found.items
        )
        if found.next is None:
            return
        page = PageRequest(PIECE, found.next)


@dataclass(frozen=True, slots=True)
class Follower:
    """Who follows a batch: what it saw last, whether it may go on, and what ends its process."""

    seen: str
    is_welcome: Callable[[], Awaitable[bool]]
    stopping: asyncio.Event


class Progress:
    """What those who follow batches are told. Who follows the same batch is told by the same reading."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._read = Shared(self._reading)

    async def __call__(self, batch: Batch, follower: Follower) -> AsyncGenerator[bytes]:
        """Server-sent events: the batch whenever it changed, and once more when it has ended.

        It ends earlier when the token does or the process is told to stop. Each is told another time to come back
        after, so that they do not come all at once, and comes with the id of what it saw.
        """
        seen = follower.seen
        yield b"retry: %d\n\n" % (1000 + 16 * random_bytes(1)[0])
        for _ in range(LONGEST):
            found, counts = await self._read((batch.org_id, batch.id))
            body = orjson.dumps(batch_reply(found, counts, self._services.addresses))
            if (name := sha256(body).hexdigest()[:16]) != seen:
                seen = name
                yield f"id: {name}\nevent: progress\ndata: ".encode() + body + b"\n\n"
            if found.state in ENDED:
                yield b"event: end\ndata: {}\n\n"
                return
            await pause(follower.stopping, _until_next(batch))
            if follower.stopping.is_set() or not await follower.is_welcome():
                return

    async def _reading(self, key: tuple[str, str]) -> tuple[Batch, Counts]:
        return await self._services.batches.batch(*key)


def _until_next(batch: Batch) -> float:
    """Until the next moment at which whoever follows this batch looks again: a moment of its own for each batch."""
    own = int.from_bytes(sha256(batch.id.encode()).digest()[:4]) / 2**32
    return EVERY_S - (time.monotonic() + own * EVERY_S) % EVERY_S


def _line(cells: Iterable[str]) -> str:
    """One line; a cell that a spreadsheet would run as a formula is made text."""
    text = io.StringIO()
    csv.writer(text).writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in cells])
    return text.getvalue()

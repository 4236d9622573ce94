"""What is sent bit by bit: the results of a batch, and its progress."""

import asyncio
import csv
import io
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from typing import TypeVar
from weakref import finalize

import orjson

from issuer.core.batches.batch import Batch, BatchState
from issuer.http.batches.bodies import batch_reply
from issuer.http.services import Services
from service_kit.errors import Limited
from service_kit.inputs import PageRequest

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
        if self._taken[org_id] >= MOST_OF_ORG or self._taken.total() >= MOST:
            raise Limited(f"at most {MOST_OF_ORG} such answers at once; ask for the batch itself now and then")
        self._taken[org_id] += 1
        # Once: when they end, or when nobody has them any more, since an answer whose client has gone never begins.
        return _held(pieces, finalize(pieces, self._give_back, org_id))

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


async def progress(services: Services, batch: Batch) -> AsyncGenerator[bytes]:
    """Server-sent events: the batch whenever it changed, and once more when it has ended."""
    last = b""
    for _ in range(LONGEST):
        found, counts = await services.batches.batch(batch.org_id, batch.id)
        body = orjson.dumps(batch_reply(found, counts, services.addresses))
        if body != last:
            last = body
            yield b"event: progress\ndata: " + body + b"\n\n"
        if found.state in ENDED:
            yield b"event: end\ndata: {}\n\n"
            return
        await asyncio.sleep(EVERY_S)


def _line(cells: Iterable[str]) -> str:
    """One line; a cell that a spreadsheet would run as a formula is made text."""
    text = io.StringIO()
    csv.writer(text).writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in cells])
    return text.getvalue()

"""What is sent bit by bit: the results of a batch, and its progress."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterable

import orjson

from issuer.core.batches.batch import Batch, BatchState
from issuer.http.batches.bodies import batch_reply
from issuer.http.services import Services
from service_kit.inputs import PageRequest

EVENTS = "text/event-stream"
PIECE = 1000  # rows
EVERY_S = 1.0
LONGEST = 100  # events; a client comes back by itself, and the edge lets no answer take longer
ENDED = frozenset({BatchState.DONE, BatchState.CANCELLED})


async def results(services: Services, batch: Batch) -> AsyncIterator[str]:
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


async def progress(services: Services, batch: Batch) -> AsyncIterator[bytes]:
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

"""The transaction of a rebuild.

Why nothing is lost or applied twice while the consumer carries on: the inbox is rebuilt together with the projections,
so at every commit a row in the inbox means "its effect is in the projections". The exclusive lock is taken before the
topics' ends are read. What the consumer had committed by then stands before those ends and is replayed; what it had
only read waits for the lock, and is then a duplicate (its claim is in the new inbox) or new (it stood behind the ends).
Keeping the old inbox would be wrong: after a broker lost its topics, events published again would pass for duplicates.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence

from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from registry.adapters.state_hash import fingerprint
from registry.adapters.tables import PROJECTIONS
from registry.adapters.unit_of_work import Projecting, ProjectingAlone
from registry.core.rebuild import Fingerprint, Progress, Replayed
from service_kit.bus import Record
from service_kit.database import Database
from service_kit.inbox import Inbox, MalformedRecord, Outcome
from service_kit.logs import get_logger
from service_kit.tables import INBOX

log = get_logger(__name__)

CHUNK = 500
CHUNKS_PER_PROGRESS = 20


class Rebuilding(ProjectingAlone):
    """See core.rebuild.RebuildWork. `records` must look for its own end only once it is iterated, as `replay` does."""

    def __init__(self, database: Database, inbox: Inbox[Projecting], records: AsyncIterator[Record]) -> None:
        super().__init__(database)
        self._inbox = inbox
        self._records = records

    async def fingerprint(self) -> Fingerprint:
        """See core.rebuild.RebuildWork."""
        return await fingerprint(self.session)

    async def clear(self) -> None:
        """See core.rebuild.RebuildWork."""
        for table in (*PROJECTIONS, INBOX):
            await self.session.execute(delete(table))

    async def replay(self, progress: Progress) -> Replayed:
        """See core.rebuild.RebuildWork."""
        outcomes: Counter[Outcome | None] = Counter()
        chunks = 0
        async for chunk in _chunks(self._records):
            outcomes.update(await self._apply(chunk))
            chunks += 1
            if chunks % CHUNKS_PER_PROGRESS == 0:
                progress(outcomes.total())
        return Replayed(
            records=outcomes.total(),
            applied=outcomes[Outcome.APPLIED],
            repeated=outcomes[Outcome.DUPLICATE],
            ignored=outcomes[Outcome.IGNORED],
            left_out=outcomes[None],
        )

    async def _apply(self, chunk: Sequence[Record]) -> list[Outcome | None]:
        """A chunk behind one savepoint; if that fails, each record behind its own, to leave out only the hopeless."""
        try:
            return list(await self._apply_together(chunk))
        except (DBAPIError, MalformedRecord, ValueError):
            return [await self._apply_one(record) for record in chunk]

    async def _apply_one(self, record: Record) -> Outcome | None:
        """None for a record that the consumer gave to the dead letters."""
        try:
            return (await self._apply_together([record]))[0]
        except (DBAPIError, MalformedRecord, ValueError) as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                raise
            place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
            log.warning("record_left_out", **place, error=str(error))
            return None

    async def _apply_together(self, records: Sequence[Record]) -> list[Outcome]:
        events = [self._inbox.read(record) for record in records]
        async with self.session.begin_nested():
            outcomes = await self._inbox.apply(self, events)
            await self.projections.flush()
        return outcomes


async def _chunks(records: AsyncIterator[Record]) -> AsyncIterator[list[Record]]:
    chunk: list[Record] = []
    async for record in records:
        chunk.append(record)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk

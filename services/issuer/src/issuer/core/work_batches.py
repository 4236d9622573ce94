"""The worker's part of a batch: some rows at a time, each piece one transaction. A crash repeats and loses none."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace

from issuer.core.batch import Batch, BatchRow, BatchState, RowState, order_of, problem_of
from issuer.core.compose import Award, Compose, allow
from issuer.core.issue import choose_issuer
from issuer.core.model import Achievement, Credential, CredentialId, Issuer
from issuer.core.ports import Reading, UnitOfWork, UnitsOfWork
from issuer.core.slots import Slots
from service_kit.clock import Clock
from service_kit.errors import Conflict, ServiceError
from service_kit.ids import NewId

PIECE = 100  # rows
ALREADY = Conflict("this person has this achievement already", code="already-awarded")


class WorkBatches:
    """Issues the next rows of the batch that has waited longest for its turn."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: Reading,
        slots: Slots,
        compose: Compose,
        clock: Clock,
        new_id: NewId,
        piece: int = PIECE,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._slots = slots
        self._compose = compose
        self._clock = clock
        self._new_id = new_id
        self._piece = piece

    async def __call__(self) -> int:
        """Do one piece. Returns how many rows it settled; 0 when no batch has any, or others are at them."""
        async with self._unit_of_work() as work:
            batch = await work.batches.next_running()
            if batch is None:
                return 0
            rows = await work.batches.waiting(batch.id, self._piece)
            settled = await self._settle(work, batch, rows)
            await work.batches.settle(batch.id, settled)
            state = batch.state if len(rows) == self._piece else BatchState.DONE
            await work.batches.save(replace(batch, state=state, changed_at=self._clock()))
            await work.commit()
        return len(rows)

    async def _settle(self, work: UnitOfWork, batch: Batch, rows: Sequence[BatchRow]) -> list[BatchRow]:
        """What became of the rows; their credentials are stored with their events."""
        try:
            issuer, achievement = await self._who_and_what(batch)
        except ServiceError as error:
            return [_failed(row, error) for row in rows]
        taken = set() if batch.allow_duplicates else await self._taken(work, batch, rows)
        composed: dict[int, Credential] = {}
        settled: dict[int, BatchRow] = {}
        for row in rows:
            try:
                composed[row.number] = await self._compose_row(batch, row, issuer, achievement, taken)
            except ServiceError as error:
                settled[row.number] = _failed(row, error)
            await asyncio.sleep(0)  # others on this loop have their turn
        stored = await work.credentials.add_all(list(composed.values()))
        for row in rows:
            credential = composed.get(row.number)
            if credential is not None:
                settled[row.number] = _issued(row, credential) if credential.id in stored else _failed(row, ALREADY)
        events = [
            self._compose.event(credential, issuer) for credential in composed.values() if credential.id in stored
        ]
        await work.outbox.append(*events)
        return [settled[row.number] for row in rows]

    async def _who_and_what(self, batch: Batch) -> tuple[Issuer, Achievement]:
        issuer = choose_issuer(await self._reading.issuers_of(batch.org_id), batch.issuer)
        achievement = await self._reading.achievement(batch.achievement_id, batch.achievement_version)
        if achievement is None:
            raise Conflict("no such achievement has been published", code="achievement-not-known")
        return issuer, achievement

    async def _taken(self, work: UnitOfWork, batch: Batch, rows: Sequence[BatchRow]) -> set[bytes]:
        """The recipients among these who have the achievement, unrevoked."""
        keys = [self._compose.key_of(order_of(batch, row.request)) for row in rows if row.request]
        return set(await work.credentials.holders(batch.achievement_id, keys))

    async def _compose_row(
        self, batch: Batch, row: BatchRow, issuer: Issuer, achievement: Achievement, taken: set[bytes]
    ) -> Credential:
        order, now = order_of(batch, row.request or {}), self._clock()
        key = self._compose.key_of(order)
        if key in taken:
            raise ALREADY
        award: Award = allow(order, issuer, achievement, now)
        slot = await self._slots.take(issuer)
        made = await self._compose(award, credential_id=CredentialId(self._new_id()), slot=slot, now=now)
        if batch.allow_duplicates:
            return made
        taken.add(key)
        return replace(made, once=hashlib.sha256(batch.achievement_id.encode() + b"\0" + key).digest())


def _issued(row: BatchRow, credential: Credential) -> BatchRow:
    return BatchRow(row.number, RowState.ISSUED, None, credential.id)


def _failed(row: BatchRow, error: ServiceError) -> BatchRow:
    return BatchRow(row.number, RowState.FAILED, row.request, problem=problem_of(error))

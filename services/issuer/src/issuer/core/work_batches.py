"""The worker's part of a batch: some rows at a time, each piece one transaction. A crash repeats and loses none."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from issuer.core.batch import Batch, BatchRow, BatchState, RowState, order_of, problem_of
from issuer.core.compose import Award, Compose, Composed, allow
from issuer.core.issue import choose_issuer
from issuer.core.model import Achievement, Credential, CredentialId, Issuer
from issuer.core.ports import Reading, UnitOfWork, UnitsOfWork
from issuer.core.slots import Slots
from service_kit.clock import Clock
from service_kit.errors import Conflict, ServiceError
from service_kit.ids import NewId

PIECE = 1000  # rows
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
        settled, allowed = await self._allowed(work, batch, rows, issuer, achievement)
        composed = await self._composed(batch, allowed, issuer)
        fit = {row.number: made for row, made in composed if isinstance(made, Credential)}
        stored = await work.credentials.add_all(list(fit.values()))
        for row, made in composed:
            if isinstance(made, ServiceError):
                settled[row.number] = _failed(row, made)
            else:
                settled[row.number] = _issued(row, made) if made.id in stored else _failed(row, ALREADY)
        await work.outbox.append(*(self._compose.event(made, issuer) for made in fit.values() if made.id in stored))
        return [settled[row.number] for row in rows]

    async def _allowed(
        self, work: UnitOfWork, batch: Batch, rows: Sequence[BatchRow], issuer: Issuer, achievement: Achievement
    ) -> tuple[dict[int, BatchRow], list[tuple[BatchRow, Award]]]:
        """The rows that came to nothing, and the awards of the others."""
        orders = [order_of(batch, row.request or {}) for row in rows]
        keys = [self._compose.key_of(order) for order in orders]
        taken = set() if batch.allow_duplicates else set(await work.credentials.holders(batch.achievement_id, keys))
        settled: dict[int, BatchRow] = {}
        allowed: list[tuple[BatchRow, Award]] = []
        for row, order, key in zip(rows, orders, keys, strict=True):
            try:
                if key in taken:
                    raise ALREADY
                allowed.append((row, allow(order, issuer, achievement, self._clock())))
            except ServiceError as error:
                settled[row.number] = _failed(row, error)
                continue
            if not batch.allow_duplicates:
                taken.add(key)
        return settled, allowed

    async def _composed(
        self, batch: Batch, allowed: Sequence[tuple[BatchRow, Award]], issuer: Issuer
    ) -> list[tuple[BatchRow, Composed]]:
        """What becomes of each award, in its place of the status list."""
        slots, now = await self._slots.take_many(issuer, len(allowed)), self._clock()
        drafts = [
            self._compose.draft(award, credential_id=CredentialId(self._new_id()), slot=slot, now=now)
            for (_, award), slot in zip(allowed, slots, strict=True)
        ]
        made = await self._compose.each(drafts)
        return [(row, _marked(batch, one)) for (row, _), one in zip(allowed, made, strict=True)]

    async def _who_and_what(self, batch: Batch) -> tuple[Issuer, Achievement]:
        issuer = choose_issuer(await self._reading.issuers_of(batch.org_id), batch.issuer)
        achievement = await self._reading.achievement(batch.achievement_id, batch.achievement_version)
        if achievement is None:
            raise Conflict("no such achievement has been published", code="achievement-not-known")
        return issuer, achievement


def _marked(batch: Batch, made: Composed) -> Composed:
    """With what holds that nobody gets the achievement twice, unless that is asked for."""
    if isinstance(made, ServiceError) or batch.allow_duplicates:
        return made
    return replace(made, once=hashlib.sha256(batch.achievement_id.encode() + b"\0" + made.recipient_key).digest())


def _issued(row: BatchRow, credential: Credential) -> BatchRow:
    return BatchRow(row.number, RowState.ISSUED, None, credential.id)


def _failed(row: BatchRow, error: ServiceError) -> BatchRow:
    return BatchRow(row.number, RowState.FAILED, row.request, problem=problem_of(error))

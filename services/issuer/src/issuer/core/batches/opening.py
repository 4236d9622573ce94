"""Opening a batch, and what people may do to one: pause, resume, cancel, try the failed rows again."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from issuer.core.addresses import Addresses
from issuer.core.batches.batch import (
    Batch,
    BatchId,
    BatchRow,
    BatchState,
    Counts,
    IssueBatch,
    Reconciliation,
    RowAction,
    RowState,
    problem_of,
    request_of,
)
from issuer.core.batches.ports import Batches, BatchReading
from issuer.core.credentials.achievements import Reference, await_achievement, parse_reference
from issuer.core.credentials.award import allow
from issuer.core.credentials.issue import choose_issuer
from issuer.core.credentials.order import Order
from issuer.core.model import Achievement, Issuer, Json
from issuer.core.ports import Reading, UnitsOfWork
from service_kit.clock import Clock
from service_kit.errors import Conflict, NotFound, ServiceError
from service_kit.ids import NewId, is_id
from service_kit.inputs import Expectation, IdempotencyKey, Page, PageRequest, whatever

MOST_ROWS = 100_000
Offload = Callable[..., Coroutine[Any, Any, list[BatchRow]]]


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A row as it was sent: an order, or what is wrong with it."""

    number: int
    order: Order | None
    problem: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """What a batch is to be. Every row's order is for the same achievement, by the same issuer."""

    org_id: str
    actor: str
    achievement: str
    issuer: str | None
    allow_duplicates: bool
    rows: Sequence[AskedRow]
    key: IdempotencyKey | None = None


class OpenBatch:
    """Checks every row, and keeps them for the worker; or only checks."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: Reading,
        addresses: Addresses,
        offload: Offload,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._addresses = addresses
        self._offload = offload
        self._clock = clock
        self._new_id = new_id

    async def check(self, new: NewBatch) -> list[BatchRow]:
        """What would become of the rows; nothing is kept."""
        issuer, achievement = await self._who_and_what(new)
        return await self._offload(lambda: list(self._rows(new, issuer, achievement)))

    async def __call__(self, new: NewBatch) -> Batch:
        """Keep it, or find the one that this idempotency key made. Raises ServiceError."""
        if new.key is not None:
            earlier = await self._reading.answered(new.org_id, new.key)
            if earlier is not None:
                return await self._found(new.org_id, earlier)
        issuer, achievement = await self._who_and_what(new)
        rows = await self._offload(lambda: list(self._rows(new, issuer, achievement)))
        batch = self._batch(new, achievement, rows)
        async with self._unit_of_work() as work:
            earlier = await work.idempotency.claim(new.org_id, new.key, batch.id) if new.key else None
            if earlier is None:
                await work.batches.add(batch, rows)
                await work.commit()
        return batch if earlier is None else await self._found(new.org_id, earlier)

    async def _who_and_what(self, new: NewBatch) -> tuple[Issuer, Achievement]:
        issuer = choose_issuer(await self._reading.issuers_of(new.org_id), new.issuer)
        reference = parse_reference(new.achievement, self._addresses.base_url)
        return issuer, await await_achievement(self._find_achievement, reference)

    async def _find_achievement(self, reference: Reference) -> Achievement | None:
        return await self._reading.achievement(reference.achievement_id, reference.version)

    def _rows(self, new: NewBatch, issuer: Issuer, achievement: Achievement) -> Iterator[BatchRow]:
        now = self._clock()
        for row in new.rows:
            if row.order is None:
                yield BatchRow(row.number, RowState.REFUSED, None, problem=row.problem)
                continue
            try:
                allow(row.order, issuer, achievement, now)
            except ServiceError as error:
                yield BatchRow(row.number, RowState.REFUSED, None, problem=problem_of(error))
            else:
                yield BatchRow(row.number, RowState.WAITING, request_of(row.order))

    def _batch(self, new: NewBatch, achievement: Achievement, rows: Sequence[BatchRow]) -> Batch:
        now = self._clock()
        return IssueBatch(
            id=BatchId(self._new_id()),
            org_id=new.org_id,
            actor=new.actor,
            achievement_id=achievement.id,
            achievement_version=achievement.version,
            issuer=new.issuer,
            allow_duplicates=new.allow_duplicates,
            action=RowAction.ISSUE,
            state=first_state(rows),
            rows=len(rows),
            created_at=now,
            changed_at=now,
        )

    async def _found(self, org_id: str, batch_id: str) -> Batch:
        async with self._unit_of_work() as work:
            return await locked(work.batches, org_id, batch_id)


def first_state(rows: Sequence[BatchRow]) -> BatchState:
    """Where a new batch stands: nothing is left to do when every row was refused."""
    return BatchState.RUNNING if any(row.state is RowState.WAITING for row in rows) else BatchState.DONE


class BatchAction(StrEnum):
    """What people do to a batch."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"


# From which states, and what it is afterwards. Repeating an action changes nothing.
STEPS: dict[BatchAction, tuple[frozenset[BatchState], BatchState]] = {
    BatchAction.PAUSE: (frozenset({BatchState.RUNNING}), BatchState.PAUSED),
    BatchAction.RESUME: (frozenset({BatchState.PAUSED}), BatchState.RUNNING),
    BatchAction.CANCEL: (frozenset({BatchState.RUNNING, BatchState.PAUSED}), BatchState.CANCELLED),
    BatchAction.RETRY: (frozenset({BatchState.RUNNING, BatchState.PAUSED, BatchState.DONE}), BatchState.RUNNING),
}


class ChangeBatch:
    """Pauses, resumes, cancels a batch, or gives its failed rows another try."""

    def __init__(self, *, unit_of_work: UnitsOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def __call__(
        self, org_id: str, batch_id: str, action: BatchAction, *, expect: Expectation[Batch] = whatever
    ) -> Batch:
        """The batch afterwards. Raises NotFound, Stale, or Conflict when it is not in a state for that."""
        before, after = STEPS[action]
        async with self._unit_of_work() as work:
            batch = await locked(work.batches, org_id, batch_id)
            expect(batch)
            if batch.state is after and action is not BatchAction.RETRY:
                return batch
            if batch.state not in before:
                raise Conflict(
                    f"a batch that is {batch.state} cannot be changed so", code="batch-transition-not-allowed"
                )
            changed = replace(batch, state=after, changed_at=self._clock())
            if action is BatchAction.CANCEL:
                await work.batches.move(batch.id, RowState.WAITING, RowState.CANCELLED)
            if action is BatchAction.RETRY and not await work.batches.move(batch.id, RowState.FAILED, RowState.WAITING):
                return batch
            await work.batches.save(changed)
            await work.commit()
        return changed


class BatchQueries:
    """What an organization may read of its own batches."""

    def __init__(self, *, reading: BatchReading) -> None:
        self._reading = reading

    async def batch(self, org_id: str, batch_id: str) -> tuple[Batch, Counts]:
        """One, and how many of its rows stand where. Raises NotFound."""
        found = await self._reading.batch(org_id, BatchId(batch_id)) if is_id(batch_id) else None
        if found is None:
            raise NotFound("there is no such batch")
        return found, await self._reading.counts(found.id)

    async def batches(self, org_id: str, page: PageRequest) -> Page[Batch]:
        """All of them, newest first."""
        return await self._reading.batches(org_id, page)

    async def rows(self, org_id: str, batch_id: str, state: RowState | None, page: PageRequest) -> Page[BatchRow]:
        """The rows of one, by number. Raises NotFound."""
        batch, _ = await self.batch(org_id, batch_id)
        return await self._reading.rows(batch.id, state, page)

    async def reconciliation(self, org_id: str, batch_id: str) -> Reconciliation:
        """Whether what is there is what the batch did. Raises NotFound."""
        batch, _ = await self.batch(org_id, batch_id)
        return await self._reading.reconciliation(batch)


async def locked(batches: Batches, org_id: str, batch_id: str) -> Batch:
    """One of the organization's batches, locked. Raises NotFound."""
    found = await batches.lock(org_id, BatchId(batch_id)) if is_id(batch_id) else None
    if found is None:
        raise NotFound("there is no such batch")
    return found

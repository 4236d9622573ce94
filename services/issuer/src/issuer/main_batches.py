"""The part of the composition root that is about batches: main calls it, and nothing else does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypedDict, TypeVar

from issuer.adapters.audit import audit
from issuer.adapters.batches.reading import ReadingBatches
from issuer.adapters.batches.record_part import RecordPart
from issuer.adapters.batches.turns import BatchTurns
from issuer.adapters.reading import Reading
from issuer.adapters.unit_of_work import IssuerUnitOfWork
from issuer.core.addresses import Addresses
from issuer.core.batches.batch import Batch
from issuer.core.batches.opening import BatchQueries, ChangeBatch, OpenBatch
from issuer.core.batches.opening_changes import OpenChanges
from issuer.core.batches.work import WorkBatches
from issuer.core.batches.work_changes import WorkChanges
from issuer.core.batches.work_corrections import WorkCorrections
from issuer.core.credentials.amend import Amend
from issuer.core.credentials.compose import Compose
from issuer.core.status_lists.slots import Slots
from issuer.http.batches.bodies import CheckReply, check_reply
from issuer.http.batches.sent import Sent, SentAwards, TakeBatch
from service_kit.apart import Apart
from service_kit.clock import Clock, utc_now
from service_kit.database import Database, open_database
from service_kit.ids import new_id
from service_kit.offload import offload
from service_kit.settings import DatabaseSettings

# Bytes: some ten thousand rows. A thread reads them in tenths of a second, and makes the loop 20 ms late at most (p99).
LARGE = 4 * 1024 * 1024
T = TypeVar("T")


class Batches(TypedDict):
    """What people ask of batches; the workers do the rest."""

    take_batch: TakeBatch
    change_batch: ChangeBatch
    batches: BatchQueries


@dataclass(frozen=True, slots=True)
class LargeBatches:
    """Where large files are read: each by a process with one connection, to the same database by the same role."""

    database: DatabaseSettings
    apart: Apart = field(default_factory=Apart)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeHere:
    """Takes files of batches in this process: reads them in a thread. See http.batches.sent.TakeBatch."""

    open_batch: OpenBatch
    open_changes: OpenChanges
    addresses: Addresses

    async def __call__(self, sent: Sent) -> Batch:
        if isinstance(sent, SentAwards):
            return await self.open_batch(await offload(sent.read))
        return await self.open_changes(await offload(sent.read))

    async def check(self, sent: Sent) -> CheckReply:
        """What would become of it."""
        if isinstance(sent, SentAwards):
            rows = await self.open_batch.check(await offload(sent.read))
        else:
            rows = await self.open_changes.check(await offload(sent.read))
        return check_reply(rows, self.addresses)


@dataclass(frozen=True, slots=True)
class TakeApart:
    """Takes small files here, and large ones in a process that is begun for each (ADR 119)."""

    here: TakeHere
    large: LargeBatches

    async def __call__(self, sent: Sent) -> Batch:
        if len(sent.file.content) <= LARGE:
            return await self.here(sent)
        return await self.large.apart(sent.org_id, keep_apart, self.large.database, self.here.addresses, sent)

    async def check(self, sent: Sent) -> CheckReply:
        """What would become of it."""
        if len(sent.file.content) <= LARGE:
            return await self.here.check(sent)
        return await self.large.apart(sent.org_id, check_apart, self.large.database, self.here.addresses, sent)


def keep_apart(settings: DatabaseSettings, addresses: Addresses, sent: Sent) -> Batch:
    """The whole of it, in the process that was begun for it: only the batch goes home, without its rows."""
    return asyncio.run(_alone(settings, addresses, lambda take: take(sent)))


def check_apart(settings: DatabaseSettings, addresses: Addresses, sent: Sent) -> CheckReply:
    """The same of a dry run."""
    return asyncio.run(_alone(settings, addresses, lambda take: take.check(sent)))


async def _alone(settings: DatabaseSettings, addresses: Addresses, work: Callable[[TakeHere], Awaitable[T]]) -> T:
    async with open_database(settings.model_copy(update={"pool_size": 1}), "issuer-batch") as database:
        return await work(take_here(database, addresses, utc_now))


def take_here(database: Database, addresses: Addresses, clock: Clock) -> TakeHere:
    """What takes any file in this process."""
    unit_of_work, reading = partial(IssuerUnitOfWork, database), Reading(database)
    return TakeHere(
        open_batch=OpenBatch(
            unit_of_work=unit_of_work,
            reading=reading,
            addresses=addresses,
            offload=offload,
            clock=clock,
            new_id=new_id,
        ),
        open_changes=OpenChanges(
            unit_of_work=unit_of_work,
            reading=reading,
            batches=ReadingBatches(database, addresses),
            offload=offload,
            clock=clock,
            new_id=new_id,
        ),
        addresses=addresses,
    )


def wire_batches(database: Database, addresses: Addresses, clock: Clock, large: LargeBatches | None = None) -> Batches:
    """What people ask of batches. Without `large` all files are read here."""
    here = take_here(database, addresses, clock)
    return {
        "take_batch": here if large is None else TakeApart(here, large),
        "change_batch": ChangeBatch(unit_of_work=partial(IssuerUnitOfWork, database), clock=clock),
        "batches": BatchQueries(reading=ReadingBatches(database, addresses)),
    }


def work_batches(database: Database, slots: Slots, compose: Compose, clock: Clock) -> WorkBatches:
    """The worker of batches that issue."""
    return WorkBatches(
        unit_of_work=partial(IssuerUnitOfWork, database),
        record=RecordPart(database),
        reading=Reading(database),
        turns=BatchTurns(database),
        slots=slots,
        compose=compose,
        clock=clock,
        new_id=new_id,
    )


def work_changes(database: Database, amend: Amend, addresses: Addresses, clock: Clock) -> WorkChanges:
    """The worker of batches that change what was issued."""
    unit_of_work, reading = partial(IssuerUnitOfWork, database), Reading(database)
    return WorkChanges(
        unit_of_work=unit_of_work,
        reading=reading,
        turns=BatchTurns(database),
        corrections=WorkCorrections(
            unit_of_work=unit_of_work,
            reading=reading,
            batches=ReadingBatches(database, addresses),
            amend=amend,
            audit=audit,
            clock=clock,
        ),
        addresses=addresses,
        audit=audit,
        clock=clock,
    )

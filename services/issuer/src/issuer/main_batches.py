"""The part of the composition root that is about batches: main calls it, and nothing else does."""

from functools import partial
from typing import TypedDict

from issuer.adapters.audit import audit
from issuer.adapters.batches.reading import ReadingBatches
from issuer.adapters.batches.record_part import RecordPart
from issuer.adapters.batches.turns import BatchTurns
from issuer.adapters.reading import Reading
from issuer.adapters.unit_of_work import IssuerUnitOfWork
from issuer.core.addresses import Addresses
from issuer.core.batches.opening import BatchQueries, ChangeBatch, OpenBatch
from issuer.core.batches.opening_changes import OpenChanges
from issuer.core.batches.work import WorkBatches
from issuer.core.batches.work_changes import WorkChanges
from issuer.core.batches.work_corrections import WorkCorrections
from issuer.core.credentials.amend import Amend
from issuer.core.credentials.compose import Compose
from issuer.core.status_lists.slots import Slots
from service_kit.clock import Clock
from service_kit.database import Database
from service_kit.ids import new_id
from service_kit.offload import offload


class Batches(TypedDict):
    """What people ask of batches; the workers do the rest."""

    open_batch: OpenBatch
    open_changes: OpenChanges
    change_batch: ChangeBatch
    batches: BatchQueries


def wire_batches(database: Database, addresses: Addresses, clock: Clock) -> Batches:
    """What people ask of batches."""
    unit_of_work, reading = partial(IssuerUnitOfWork, database), Reading(database)
    batches = ReadingBatches(database, addresses)
    return {
        "open_batch": OpenBatch(
            unit_of_work=unit_of_work,
            reading=reading,
            addresses=addresses,
            offload=offload,
            clock=clock,
            new_id=new_id,
        ),
        "open_changes": OpenChanges(
            unit_of_work=unit_of_work,
            reading=reading,
            batches=batches,
            offload=offload,
            clock=clock,
            new_id=new_id,
        ),
        "change_batch": ChangeBatch(unit_of_work=unit_of_work, clock=clock),
        "batches": BatchQueries(reading=batches),
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

"""The worker's part of a batch that changes: as in work_batches, each piece of rows one transaction."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from issuer.core.addresses import Addresses
from issuer.core.amend import Amend, Amended
from issuer.core.batch import Batch, BatchRow, BatchState, RowAction, RowState, problem_of
from issuer.core.change_status import Action, next_state, status_event
from issuer.core.correct import achievement_of, replace_document
from issuer.core.correction import correction_of
from issuer.core.model import Credential, CredentialId, Issuer, IssuerId, StatusChange
from issuer.core.open_changes import no_such_credential
from issuer.core.ports import Audit, Reading, UnitOfWork, UnitsOfWork
from service_kit.clock import Clock
from service_kit.errors import ServiceError

PIECE = 1000  # rows
SIGNED_PIECE = 100  # rows that need a signature
AT_ONCE = 8  # signatures, before others on this loop have their turn
IN_A_LINE = 50  # credentials named by one line of the audit trail


class WorkChanges:
    """Changes what the next rows name, of the batch that has waited longest for its turn."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: Reading,
        amend: Amend,
        addresses: Addresses,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._amend = amend
        self._addresses = addresses
        self._audit = audit
        self._clock = clock

    async def __call__(self) -> int:
        """Do one piece. Returns how many rows it settled; 0 when no batch has any, or others are at them."""
        async with self._unit_of_work() as work:
            batch = await work.batches.next_changing()
            if batch is None:
                return 0
            corrects = batch.action is RowAction.CORRECT
            piece = SIGNED_PIECE if corrects else PIECE
            rows = await work.batches.waiting(batch.id, piece)
            named = [row.credential_id for row in rows if row.credential_id is not None]
            credentials = await work.changes.lock(batch.org_id, named, documents=corrects)
            settle = self._corrected if corrects else self._restated
            settled = await settle(work, batch, rows, credentials)
            await work.changes.settle(batch.id, settled)
            state = batch.state if len(rows) == piece else BatchState.DONE
            await work.batches.save(replace(batch, state=state, changed_at=self._clock()))
            await work.commit()
        return len(rows)

    async def _restated(
        self, work: UnitOfWork, batch: Batch, rows: Sequence[BatchRow], credentials: Mapping[CredentialId, Credential]
    ) -> list[BatchRow]:
        """Revoked, suspended or reinstated, each with its history and its event."""
        settled, changes, now = [], [], self._clock()
        for row in rows:
            try:
                credential = _named(row, credentials)
                target = next_state(credential.state, credential.revision, Action(batch.action.value))
            except ServiceError as error:
                settled.append(_failed(row, error))
                continue
            if target is None:
                settled.append(_done(row, RowState.UNCHANGED))
                continue
            reason = str((row.request or {})["reason"])
            changes.append(StatusChange(credential.id, credential.revision + 1, target, reason, batch.actor, now))
            settled.append(_done(row, RowState.CHANGED, credential.revision + 1))
        await self._restate(work, batch, changes, credentials)
        return settled

    async def _restate(
        self,
        work: UnitOfWork,
        batch: Batch,
        changes: Sequence[StatusChange],
        credentials: Mapping[CredentialId, Credential],
    ) -> None:
        self._trail("changing_status", batch, changes)
        await work.changes.set_states(changes)
        pairs = [(credentials[change.credential_id], change) for change in changes]
        lists = {before.slot.list_id for before, change in pairs if change.state.bit is not before.state.bit}
        for list_id in sorted(lists):
            await work.status_lists.note_change(list_id)
        issuers = await self._issuers(batch)
        await work.outbox.append(
            *(status_event(self._addresses, before, issuers[before.issuer_id].did, change) for before, change in pairs)
        )

    async def _corrected(
        self, work: UnitOfWork, batch: Batch, rows: Sequence[BatchRow], credentials: Mapping[CredentialId, Credential]
    ) -> list[BatchRow]:
        """Signed anew, each with its history and its event."""
        issuers = await self._issuers(batch)
        settled: dict[int, BatchRow] = {}
        plain: list[Amended] = []
        told: list[Amended] = []
        for number, row in enumerate(rows, 1):
            try:
                before = _named(row, credentials)
                amended = await self._amended(batch, row, before, issuers[before.issuer_id])
                if amended.credential.recipient_key == before.recipient_key:
                    plain.append(amended)
                else:  # others may get the achievement at this moment
                    await replace_document(work, before, amended)
            except ServiceError as error:
                settled[row.number] = _failed(row, error)
            else:
                told.append(amended)
                settled[row.number] = _done(row, RowState.CHANGED, amended.credential.revision)
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        await work.changes.correct([one.credential for one in plain], [one.change for one in plain])
        await work.outbox.append(*(one.event for one in told))
        self._trail("correcting", batch, [one.change for one in told])
        return [settled[row.number] for row in rows]

    async def _amended(self, batch: Batch, row: BatchRow, before: Credential, issuer: Issuer) -> Amended:
        return await self._amend(
            before,
            correction_of(row.request or {}),
            issuer=issuer,
            achievement=await achievement_of(self._reading, before),
            actor=batch.actor,
            now=self._clock(),
        )

    async def _issuers(self, batch: Batch) -> dict[IssuerId, Issuer]:
        return {issuer.id: issuer for issuer in await self._reading.issuers_of(batch.org_id)}

    def _trail(self, event: str, batch: Batch, changes: Sequence[StatusChange]) -> None:
        for start in range(0, len(changes), IN_A_LINE):
            names = " ".join(change.credential_id for change in changes[start : start + IN_A_LINE])
            self._audit(event, action=batch.action.value, batch=batch.id, actor=batch.actor, credentials=names)


def _named(row: BatchRow, credentials: Mapping[CredentialId, Credential]) -> Credential:
    found = None if row.credential_id is None else credentials.get(row.credential_id)
    if found is None:
        raise no_such_credential()
    return found


def _done(row: BatchRow, state: RowState, revision: int | None = None) -> BatchRow:
    return BatchRow(row.number, state, None, row.credential_id, revision=revision)


def _failed(row: BatchRow, error: ServiceError) -> BatchRow:
    return replace(row, state=RowState.FAILED, problem=problem_of(error))

"""The worker's part of a batch that changes. Changes of state need no signature: each piece is one transaction."""

from collections.abc import Mapping, Sequence

from issuer.core.addresses import Addresses
from issuer.core.batches.batch import Batch, BatchRow, RowAction, RowState
from issuer.core.batches.change_rows import done, failed, named, trail
from issuer.core.batches.ports import Turn, Turns
from issuer.core.batches.turn import end_turn, still_running, take_turn
from issuer.core.batches.work_corrections import WorkCorrections
from issuer.core.credentials.change_status import Action, next_state, status_event
from issuer.core.model import Credential, CredentialId, IssuerId, StatusChange
from issuer.core.ports import Audit, Reading, UnitOfWork, UnitsOfWork
from service_kit.clock import Clock
from service_kit.errors import ServiceError

PIECE = 1000  # rows


class WorkChanges:
    """Changes what the next rows name, of the batch that has waited longest for its turn."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: Reading,
        turns: Turns,
        corrections: WorkCorrections,
        addresses: Addresses,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._turns = turns
        self._corrections = corrections
        self._addresses = addresses
        self._audit = audit
        self._clock = clock

    async def __call__(self) -> int:
        """Do one piece. Returns how many rows it settled; 0 when no batch has any, or others are at them."""
        return await take_turn(self._turns.changing(), self._piece, self._unit_of_work)

    async def _piece(self, turn: Turn[Batch]) -> int:
        batch = turn.batch
        if batch.action is RowAction.CORRECT:
            return await self._corrections(batch)
        dids = {issuer.id: issuer.did for issuer in await self._reading.issuers_of(batch.org_id)}
        async with self._unit_of_work() as work:
            await still_running(work, batch)
            rows = await work.batches.waiting(batch.id, PIECE)
            ids = [row.credential_id for row in rows if row.credential_id is not None]
            credentials = await work.changes.lock(batch.org_id, ids)
            settled, changes = self._restated(batch, rows, credentials)
            await self._restate(work, batch, [(credentials[one.credential_id], one) for one in changes], dids)
            await work.changes.settle(batch.id, settled)
            await end_turn(work, batch)
            await work.commit()
        return len(rows)

    def _restated(
        self, batch: Batch, rows: Sequence[BatchRow], credentials: Mapping[CredentialId, Credential]
    ) -> tuple[list[BatchRow], list[StatusChange]]:
        """The rows as they end, and the changes that they are."""
        settled: list[BatchRow] = []
        changes: list[StatusChange] = []
        now = self._clock()
        for row in rows:
            try:
                credential = named(row, credentials)
                target = next_state(credential.state, credential.revision, Action(batch.action.value))
            except ServiceError as error:
                settled.append(failed(row, error))
                continue
            if target is None:
                settled.append(done(row, RowState.UNCHANGED))
                continue
            reason = str((row.request or {})["reason"])
            changes.append(StatusChange(credential.id, credential.revision + 1, target, reason, batch.actor, now))
            settled.append(done(row, RowState.CHANGED, credential.revision + 1))
        return settled, changes

    async def _restate(
        self,
        work: UnitOfWork,
        batch: Batch,
        changes: Sequence[tuple[Credential, StatusChange]],
        dids: Mapping[IssuerId, str],
    ) -> None:
        """Revoked, suspended or reinstated, each with its history and its event."""
        steps = [step for _, step in changes]
        trail(self._audit, "changing_status", batch, steps)
        await work.changes.set_states(steps)
        lists = {before.slot.list_id for before, step in changes if step.state.bit is not before.state.bit}
        for list_id in sorted(lists):
            await work.status_lists.note_change(list_id)
        await work.outbox.append(
            *(status_event(self._addresses, before, dids[before.issuer_id], step) for before, step in changes)
        )

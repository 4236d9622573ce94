"""The worker's part of a batch that corrects: signed first, with no transaction open, then stored in one.

What changed in between is left for the next look: the credential of a row, or the key that signed.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from issuer.core.batches.batch import Batch, BatchRow, RowState
from issuer.core.batches.change_rows import done, failed, named, trail
from issuer.core.batches.ports import BatchReading
from issuer.core.batches.turn import TurnOver, end_turn, still_running
from issuer.core.credentials.amend import Amend, Amended
from issuer.core.credentials.correct import achievement_of, replace_document
from issuer.core.credentials.correction import correction_of
from issuer.core.model import Credential, CredentialId, Issuer, IssuerId, IssuerKey, KeyId
from issuer.core.ports import Audit, Reading, UnitOfWork, UnitsOfWork
from service_kit.clock import Clock
from service_kit.errors import ServiceError, Unavailable

PIECE = 100  # rows
AT_ONCE = 8  # documents prepared, before others on this loop have their turn
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Corrected:
    """A row's credential as it was, and signed anew by a key."""

    row: BatchRow
    before: Credential
    amended: Amended
    key: IssuerKey


Outcome = Corrected | BatchRow


class WorkCorrections:
    """Corrects what the next rows of a batch name."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: Reading,
        batches: BatchReading,
        amend: Amend,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._batches = batches
        self._amend = amend
        self._audit = audit
        self._clock = clock

    async def __call__(self, batch: Batch) -> int:
        """Do one piece. Returns how many rows it settled. Raises TurnOver, or Unavailable for a key store."""
        settled = 0
        for _ in range(ATTEMPTS):
            rows = await self._batches.waiting(batch.id, PIECE)
            ids = [row.credential_id for row in rows if row.credential_id is not None]
            credentials = await self._batches.credentials(batch.org_id, ids, documents=True)
            outcomes = await self._signed(batch, rows, credentials)
            settled = await self._store(batch, outcomes, credentials)
            if settled or not rows:
                break
        return settled

    async def _signed(
        self, batch: Batch, rows: Sequence[BatchRow], credentials: Mapping[CredentialId, Credential]
    ) -> list[Outcome]:
        """What becomes of each row, if nothing changes until it is stored."""
        issuers = {issuer.id: issuer for issuer in await self._reading.issuers_of(batch.org_id)}
        made = await asyncio.gather(
            *(self._became(batch, row, credentials, issuers, turn=number // AT_ONCE) for number, row in enumerate(rows))
        )
        outcomes: list[Outcome] = []
        for one in made:
            if isinstance(one, Unavailable):
                raise one
            outcomes.append(one)
        return outcomes

    async def _became(
        self,
        batch: Batch,
        row: BatchRow,
        credentials: Mapping[CredentialId, Credential],
        issuers: Mapping[IssuerId, Issuer],
        *,
        turn: int,
    ) -> Outcome | Unavailable:
        """All rows wait for their signatures at once; they are prepared some at a time."""
        for _ in range(turn):
            await asyncio.sleep(0)
        try:
            before = named(row, credentials)
            issuer = issuers[before.issuer_id]
            return Corrected(row, before, await self._amended(batch, row, before, issuer), issuer.key)
        except Unavailable as error:  # the row is not to blame: it waits
            return error
        except ServiceError as error:
            return failed(row, error)

    async def _amended(self, batch: Batch, row: BatchRow, before: Credential, issuer: Issuer) -> Amended:
        return await self._amend(
            before,
            correction_of(row.request or {}),
            issuer=issuer,
            achievement=await achievement_of(self._reading, before),
            actor=batch.actor,
            now=self._clock(),
        )

    async def _store(self, batch: Batch, outcomes: Sequence[Outcome], before: Mapping[CredentialId, Credential]) -> int:
        """Store the outcomes that still hold, with their histories and events. Returns how many."""
        keys = {one.key.id: one.key for one in outcomes if isinstance(one, Corrected)}
        async with self._unit_of_work() as work:
            await still_running(work, batch)
            held = await work.issuers.hold_keys(list(keys.values())) if keys else ()
            current = await work.changes.lock(batch.org_id, before)
            standing = [one for one in outcomes if _stands(one, before, current, held)]
            settled = await self._correct_all(work, batch, standing)
            if not await work.changes.settle(batch.id, settled):
                raise TurnOver("another worker was at these rows")
            await end_turn(work, batch)
            await work.commit()
        return len(settled)

    async def _correct_all(self, work: UnitOfWork, batch: Batch, outcomes: Sequence[Outcome]) -> list[BatchRow]:
        settled: list[BatchRow] = []
        plain: list[Amended] = []
        told: list[Amended] = []
        for one in outcomes:
            if isinstance(one, BatchRow):
                settled.append(one)
                continue
            if one.amended.credential.recipient_key == one.before.recipient_key:
                plain.append(one.amended)
            else:  # others may get the achievement at this moment
                try:
                    await replace_document(work, one.before, one.amended)
                except ServiceError as error:
                    settled.append(failed(one.row, error))
                    continue
            told.append(one.amended)
            settled.append(done(one.row, RowState.CHANGED, one.amended.credential.revision))
        await work.changes.correct([one.credential for one in plain], [one.change for one in plain])
        await work.outbox.append(*(one.event for one in told))
        trail(self._audit, "correcting", batch, [one.change for one in told])
        return settled


def _stands(
    outcome: Outcome,
    before: Mapping[CredentialId, Credential],
    current: Mapping[CredentialId, Credential],
    held: Collection[KeyId],
) -> bool:
    """Whether an outcome still holds: the credential is as it was, and the key that signed is active."""
    credential_id = outcome.row.credential_id if isinstance(outcome, Corrected) else outcome.credential_id
    was = None if credential_id is None else before.get(credential_id)
    if was is not None and current[was.id].revision != was.revision:
        return False
    return isinstance(outcome, BatchRow) or outcome.key.id in held

"""Opening a batch that changes what was issued: every row is checked against the credential that it names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from issuer.core.batches.batch import Batch, BatchId, BatchRow, RowAction, RowState, problem_of
from issuer.core.batches.opening import Offload, first_state, locked
from issuer.core.batches.ports import BatchReading
from issuer.core.credentials.achievements import NotKnownYet
from issuer.core.credentials.change_status import Action, next_state
from issuer.core.credentials.correction import allow_correction, correction_of
from issuer.core.model import Achievement, Credential, CredentialId, Issuer, IssuerId, Json
from issuer.core.ports import Reading, UnitsOfWork
from service_kit.clock import Clock
from service_kit.errors import FieldError, NotFound, ServiceError, invalid_field
from service_kit.ids import NewId
from service_kit.inputs import IdempotencyKey

AT_ONCE = 5000  # credentials read by one statement
Version = tuple[str, int]


@dataclass(frozen=True, slots=True)
class AskedChange:
    """A row as it was sent: which credential, and what of it; or what is wrong with the row."""

    number: int
    credential_id: CredentialId | None
    request: Json | None
    problem: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChanges:
    """What a batch is to change."""

    org_id: str
    actor: str
    action: RowAction
    rows: Sequence[AskedChange]
    key: IdempotencyKey | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What rows are judged by. Another organization's credentials are not among them."""

    credentials: Mapping[CredentialId, Credential]
    issuers: Mapping[IssuerId, Issuer]
    achievements: Mapping[Version, Achievement]


class OpenChanges:
    """Checks every row, and keeps them for the worker; or only checks."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        reading: Reading,
        batches: BatchReading,
        offload: Offload,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._batches = batches
        self._offload = offload
        self._clock = clock
        self._new_id = new_id

    async def check(self, new: NewChanges) -> list[BatchRow]:
        """What would become of the rows; nothing is kept."""
        known = await self._known(new)
        return await self._offload(lambda: list(self._judged(new, known)))

    async def __call__(self, new: NewChanges) -> Batch:
        """Keep it, or find the one that this idempotency key made. Raises ServiceError."""
        if new.key is not None:
            earlier = await self._reading.answered(new.org_id, new.key)
            if earlier is not None:
                return await self._found(new.org_id, earlier)
        rows = await self.check(new)
        batch = self._batch(new, rows)
        async with self._unit_of_work() as work:
            earlier = await work.idempotency.claim(new.org_id, new.key, batch.id) if new.key else None
            if earlier is None:
                await work.batches.add(batch, rows)
                await work.commit()
        return batch if earlier is None else await self._found(new.org_id, earlier)

    async def _known(self, new: NewChanges) -> Known:
        ids = list({row.credential_id for row in new.rows if row.credential_id is not None})
        credentials: dict[CredentialId, Credential] = {}
        for start in range(0, len(ids), AT_ONCE):
            credentials |= await self._batches.credentials(new.org_id, ids[start : start + AT_ONCE])
        if new.action is not RowAction.CORRECT:
            return Known(credentials, {}, {})
        issuers = {issuer.id: issuer for issuer in await self._reading.issuers_of(new.org_id)}
        wanted = {(one.achievement_id, one.achievement_version) for one in credentials.values()}
        found = {version: await self._reading.achievement(*version) for version in wanted}
        return Known(credentials, issuers, {version: one for version, one in found.items() if one is not None})

    def _judged(self, new: NewChanges, known: Known) -> Iterator[BatchRow]:
        first: dict[CredentialId, int] = {}
        for row in new.rows:
            if row.credential_id is None or row.request is None:
                yield BatchRow(row.number, RowState.REFUSED, None, problem=row.problem)
                continue
            try:
                earlier = first.setdefault(row.credential_id, row.number)
                if earlier != row.number:
                    raise invalid_field("credential", f"is that of row {earlier} already")
                self._check(new.action, row.request, known.credentials.get(row.credential_id), known)
            except ServiceError as error:
                yield BatchRow(row.number, RowState.REFUSED, None, problem=problem_of(error))
            else:
                yield BatchRow(row.number, RowState.WAITING, row.request, row.credential_id)

    def _check(self, action: RowAction, request: Json, credential: Credential | None, known: Known) -> None:
        """Raises ServiceError for what would be refused now."""
        if credential is None:
            raise no_such_credential()
        if action is not RowAction.CORRECT:
            next_state(credential.state, credential.revision, Action(action.value))
            return
        achievement = known.achievements.get((credential.achievement_id, credential.achievement_version))
        if achievement is None:
            raise NotKnownYet
        issuer = known.issuers[credential.issuer_id]
        allow_correction(correction_of(request), credential, issuer, achievement, self._clock())

    def _batch(self, new: NewChanges, rows: Sequence[BatchRow]) -> Batch:
        now = self._clock()
        return Batch(
            id=BatchId(self._new_id()),
            org_id=new.org_id,
            actor=new.actor,
            action=new.action,
            state=first_state(rows),
            rows=len(rows),
            created_at=now,
            changed_at=now,
        )

    async def _found(self, org_id: str, batch_id: str) -> Batch:
        async with self._unit_of_work() as work:
            return await locked(work.batches, org_id, batch_id)


def no_such_credential() -> NotFound:
    """What a row that names nothing of ours is told."""
    detail = "there is no such credential"
    return NotFound(detail, errors=[FieldError("credential", detail)])

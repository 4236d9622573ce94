"""The use case: correct one credential. The document, its history and the event change in one transaction."""

from dataclasses import dataclass

from issuer.core.credentials.achievements import NotKnownYet
from issuer.core.credentials.amend import Amend, Amended
from issuer.core.credentials.correction import Correction
from issuer.core.credentials.once import already_awarded
from issuer.core.model import Achievement, Credential, CredentialId, Issuer, IssuerKey
from issuer.core.ports import Audit, Reading, UnitOfWork, UnitsOfWork
from service_kit.clock import Clock
from service_kit.errors import Conflict, NotFound
from service_kit.inputs import Expectation, IdempotencyKey, whatever

ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionCommand:
    """Who corrects what in which credential."""

    org_id: str
    actor: str
    credential_id: CredentialId
    correction: Correction
    key: IdempotencyKey | None = None
    expect: Expectation[Credential] = whatever


class Correct:
    """Corrects one credential. The new document leaves the process only when it has replaced the one of before."""

    def __init__(
        self, *, unit_of_work: UnitsOfWork, reading: Reading, amend: Amend, audit: Audit, clock: Clock
    ) -> None:
        self._unit_of_work = unit_of_work
        self._reading = reading
        self._amend = amend
        self._audit = audit
        self._clock = clock

    async def __call__(self, command: CorrectionCommand) -> Credential:
        """The credential as it now is; to an idempotency key that is known, nothing more happens.

        Raises NotFound, Stale, Conflict, Forbidden or Invalid.
        """
        if command.key is not None and await self._reading.answered(command.org_id, command.key) is not None:
            return await self._found(command)
        for _ in range(ATTEMPTS):
            before = await self._found(command)
            issuer = await self._reading.issuer(before.issuer_id)
            amended = await self._amended(command, before, issuer)
            stored = await self._store(command, before, amended, issuer.key)
            if stored is not None:
                return stored
        raise Conflict("the credential changes all the time; try again", code="changed-meanwhile")

    async def _found(self, command: CorrectionCommand) -> Credential:
        found = await self._reading.credential(command.org_id, command.credential_id)
        if found is None:
            raise NotFound("there is no such credential")
        return found

    async def _amended(self, command: CorrectionCommand, before: Credential, issuer: Issuer) -> Amended:
        return await self._amend(
            before,
            command.correction,
            issuer=issuer,
            achievement=await achievement_of(self._reading, before),
            actor=command.actor,
            now=self._clock(),
        )

    async def _store(
        self, command: CorrectionCommand, before: Credential, amended: Amended, key: IssuerKey
    ) -> Credential | None:
        """None when the credential changed while the new document was signed, or the key is not active any more."""
        async with self._unit_of_work() as work:
            if command.key is not None:
                earlier = await work.idempotency.claim(command.org_id, command.key, command.credential_id)
                if earlier is not None:
                    return await self._found(command)
            if not await work.issuers.hold_keys([key]):
                return None
            current = await work.credentials.lock(command.org_id, command.credential_id)
            if current is not None:
                command.expect(current)
            if current is None or current.revision != before.revision:
                return None
            await replace_document(work, before, amended)
            await work.outbox.append(amended.event)
            await work.commit()
        self._audit("credential_corrected", credential=command.credential_id, actor=command.actor)
        return amended.credential


async def achievement_of(reading: Reading, credential: Credential) -> Achievement:
    """What the credential is about. Raises Conflict."""
    found = await reading.achievement(credential.achievement_id, credential.achievement_version)
    if found is None:
        raise NotKnownYet
    return found


async def replace_document(work: UnitOfWork, before: Credential, amended: Amended) -> None:
    """Store a correction. Raises Conflict when it would give somebody an achievement twice."""
    made = amended.credential
    anew = made.recipient_key != before.recipient_key
    if anew and await work.credentials.holders(made.achievement_id, [made.recipient_key]):
        raise already_awarded()
    if not await work.credentials.correct(made, amended.change):
        raise already_awarded()

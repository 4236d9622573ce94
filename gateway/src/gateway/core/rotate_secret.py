"""Give a client a new secret, and let the old one live on for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core.errors import no_such_client
from gateway.core.model import Actor, AuditEntry, ClientId
from gateway.core.ports import NewUnitOfWork
from gateway.core.register_client import SecretReceipts
from gateway.core.secret import digest, new_secret
from service_kit.clock import Clock
from service_kit.errors import Conflict
from service_kit.inputs import IdempotencyKey


@dataclass(frozen=True, slots=True)
class RotatedSecret:
    """The new secret, shown this once. None when this repeats an earlier answer for a client without a secret."""

    client: ClientId
    secret: str | None
    previous_until: datetime


class RotateSecret:
    """Two secrets are good at most: the new one, and the one before it until its grace ends."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, receipts: SecretReceipts, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._receipts = receipts
        self._clock = clock

    async def __call__(self, actor: Actor, client: str, grace: timedelta, key: IdempotencyKey | None) -> RotatedSecret:
        """Raises NotFound, also for another tenant's client, and Conflict for a client that has no secret."""
        now = self._clock()
        async with self._unit_of_work() as work:
            found = await work.clients.get(client, actor.reach, lock=True)
            if found is None:
                raise no_such_client()
            if not found.auth_method.uses_secret:
                raise Conflict("this client signs with its own key and has no secret", code="client-has-no-secret")
            if key and (stored := await work.idempotency.claim(actor.keys_owner, key)):
                return self._repeated(found.id, stored, now)
            secret = new_secret()
            await work.clients.add_secret(found.id, digest(secret), now, others_until=now + grace)
            detail = {"grace_s": int(grace.total_seconds())}
            entry = AuditEntry(now, "client.secret_rotated", actor.name, found.organization, found.id, detail)
            await work.audit.record(entry)
            if key:
                receipt = self._receipts.write(found.id, secret, (now + grace).isoformat())
                await work.idempotency.store(actor.keys_owner, key, receipt)
            await work.commit()
        return RotatedSecret(found.id, secret, now + grace)

    def _repeated(self, client: ClientId, stored: str, now: datetime) -> RotatedSecret:
        """The first answer. Receipts of earlier releases do not know until when."""
        until = [datetime.fromisoformat(moment) for moment in self._receipts.more(stored)]
        return RotatedSecret(client, self._receipts.read(stored)[1], until[0] if until else now)

"""Take a client's credentials away for good."""

from gateway.core.errors import no_such_client
from gateway.core.model import Actor, AuditEntry, Client
from gateway.core.ports import NewUnitOfWork
from service_kit.clock import Clock
from service_kit.inputs import Expectation, whatever


class RemoveClient:
    """No new tokens from now on. Tokens already out end here at once, elsewhere when the event arrives."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def __call__(self, actor: Actor, client: str, *, expect: Expectation[Client] = whatever) -> None:
        """Raises NotFound, also for another tenant's client, and Stale."""
        now = self._clock()
        async with self._unit_of_work() as work:
            found = await work.clients.get(client, actor.reach, lock=True)
            if found is None:
                raise no_such_client()
            expect(found)
            await work.clients.remove(found.id, now)
            await work.audit.record(AuditEntry(now, "client.removed", actor.name, found.organization, found.id))
            await work.commit()

"""An organization corrects its name or address; slug and kind stay."""

from collections.abc import Mapping
from typing import Any

from gateway.core.errors import no_such_organization
from gateway.core.model import Actor, AuditEntry, Organization
from gateway.core.ports import NewUnitOfWork
from service_kit.clock import Clock
from service_kit.inputs import Expectation, whatever


class UpdateOrganization:
    """Changes `name` and `url`, those that are given."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def __call__(
        self,
        actor: Actor,
        organization: str,
        changes: Mapping[str, Any],
        *,
        expect: Expectation[Organization] = whatever,
    ) -> Organization:
        """Raises NotFound, also for another tenant's organization, and Stale."""
        now = self._clock()
        async with self._unit_of_work() as work:
            found = await work.organizations.get(organization, actor.reach, lock=True)
            if found is None:
                raise no_such_organization()
            expect(found)
            updated = await work.organizations.update(found.id, changes, now)
            detail = {"changed": sorted(changes)}
            await work.audit.record(AuditEntry(now, "organization.updated", actor.name, updated.id, detail=detail))
            await work.commit()
        return updated

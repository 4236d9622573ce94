"""A new organization joins the fleet. Only an operator lets one in."""

from dataclasses import dataclass

from gateway.core.model import Actor, AuditEntry, Organization, OrganizationId
from gateway.core.ports import NewUnitOfWork
from gateway.core.scopes import Kind
from service_kit.clock import Clock
from service_kit.errors import Conflict, Forbidden
from service_kit.ids import NewId
from service_kit.inputs import IdempotencyKey


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """What an operator says about it."""

    name: str
    slug: str
    kind: Kind
    url: str | None = None


class CreateOrganization:
    """Stores the organization. Its first client is registered separately."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, clock: Clock, ids: NewId) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    async def __call__(self, actor: Actor, new: NewOrganization, key: IdempotencyKey | None) -> Organization:
        """Raises Forbidden for a caller who is no operator, Conflict when the slug is taken."""
        if not actor.is_operator:
            raise Forbidden("only an operator creates organizations", code="not-an-operator")
        now = self._clock()
        made = Organization(OrganizationId(self._ids()), new.name, new.slug, new.kind, new.url, now, now)
        async with self._unit_of_work() as work:
            if key and (known := await work.idempotency.claim(actor.keys_owner, key)):
                found = await work.organizations.get(known, None)
                assert found is not None  # noqa: S101 - organizations are never removed
                return found
            if not await work.organizations.add(made):
                raise Conflict("an organization with this slug exists", code="slug-taken")
            await work.audit.record(
                AuditEntry(now, "organization.created", actor.name, made.id, detail={"kind": made.kind})
            )
            if key:
                await work.idempotency.store(actor.keys_owner, key, made.id)
            await work.commit()
        return made

"""Reads: organizations and clients within the caller's reach."""

from gateway.core.errors import no_such_client, no_such_organization
from gateway.core.model import Actor, Client, Organization
from gateway.core.ports import NewUnitOfWork
from service_kit.inputs import Page, PageRequest


class Queries:
    """Changes nothing. What is out of reach does not exist."""

    def __init__(self, *, unit_of_work: NewUnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def organization(self, actor: Actor, organization: str) -> Organization:
        """Raises NotFound."""
        async with self._unit_of_work() as work:
            found = await work.organizations.get(organization, actor.reach)
        if found is None:
            raise no_such_organization()
        return found

    async def organizations(self, actor: Actor, request: PageRequest) -> Page[Organization]:
        """All for an operator, its own for anyone else."""
        async with self._unit_of_work() as work:
            return await work.organizations.page(actor.reach, request)

    async def client(self, actor: Actor, client: str) -> Client:
        """Raises NotFound."""
        async with self._unit_of_work() as work:
            found = await work.clients.get(client, actor.reach)
        if found is None:
            raise no_such_client()
        return found

    async def clients(self, actor: Actor, organization: str | None, request: PageRequest) -> Page[Client]:
        """The clients of an organization; of all of them for an operator who names none."""
        async with self._unit_of_work() as work:
            if organization is not None and await work.organizations.get(organization, actor.reach) is None:
                raise no_such_organization()
            return await work.clients.page(organization or actor.reach, request)

"""The one organization that takes people in as learners, where the operator names one."""

from collections.abc import Sequence
from datetime import datetime

from gateway.core.model import AuditEntry, Organization
from gateway.core.people import Membership, User
from gateway.core.ports import NewUnitOfWork, UnitOfWork
from gateway.core.roles import Role
from service_kit.clock import Clock
from service_kit.errors import Forbidden, NotFound


class Learners:
    """`organization` is its slug; None where people come by invitation alone."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, clock: Clock, organization: str | None) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._organization = organization

    @property
    def are_taken_in(self) -> bool:
        """Whether there is such an organization."""
        return self._organization is not None

    async def place(self, memberships: Sequence[Membership]) -> Organization | None:
        """The organization, if a person with these memberships could join it."""
        if self._organization is None:
            return None
        async with self._unit_of_work() as work:
            found = await work.organizations.by_slug(self._organization)
        return None if found is None or any(one.organization == found.id for one in memberships) else found

    async def join(self, user: User) -> None:
        """Nothing happens for a member. Raises NotFound, and Forbidden for an address that is not confirmed."""
        if user.email_verified_at is None:
            raise Forbidden("confirm your e-mail address first")
        async with self._unit_of_work() as work:
            await self.enrol(work, user, self._clock())
            await work.commit()

    async def taker(self, work: UnitOfWork) -> Organization:
        """Raises NotFound."""
        found = await work.organizations.by_slug(self._organization or "")
        if found is None:
            raise NotFound("this Laurel takes nobody in on their own; ask to be invited")
        return found

    async def enrol(self, work: UnitOfWork, user: User, at: datetime) -> None:
        """Make the person a learner in the caller's transaction. Who is a member already keeps their roles."""
        taker = await self.taker(work)
        membership = Membership(user.id, taker.id, taker.name, taker.kind, (Role.LEARNER,))
        if await work.memberships.add(membership, at):
            detail = {"user": user.id, "roles": [Role.LEARNER]}
            await work.audit.record(AuditEntry(at, "member.joined", f"user:{user.id}", taker.id, detail=detail))

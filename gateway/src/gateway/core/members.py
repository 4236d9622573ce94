"""An organization's members: their roles change, and they leave. There is always an owner left."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.core.errors import no_such_member
from gateway.core.invitations import organization_of
from gateway.core.model import Actor, AuditEntry
from gateway.core.people import Member
from gateway.core.ports import NewUnitOfWork, UnitOfWork
from gateway.core.roles import Role
from service_kit.clock import Clock
from service_kit.errors import Conflict
from service_kit.inputs import Expectation, Page, PageRequest, whatever


class Members:
    """Every method raises NotFound for an organization out of reach."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def page(self, actor: Actor, organization: str, request: PageRequest) -> Page[Member]:
        """By name."""
        async with self._unit_of_work() as work:
            found = await organization_of(work, actor, organization)
            return await work.memberships.members(found.id, request)

    async def one(self, actor: Actor, organization: str, user: str) -> Member:
        """One of them. Raises NotFound."""
        async with self._unit_of_work() as work:
            found = await organization_of(work, actor, organization)
            member = await work.memberships.member(found.id, user)
        if member is None:
            raise no_such_member()
        return member

    async def change(
        self,
        actor: Actor,
        organization: str,
        user: str,
        roles: Sequence[Role],
        *,
        expect: Expectation[Member] = whatever,
    ) -> Member:
        """What programs were allowed beyond the new roles ends. Raises NotFound, Stale, Conflict for the last owner."""
        now = self._clock()
        async with self._unit_of_work() as work:
            member = await self._member(work, actor, organization, user, expect, owns_on=Role.OWNER in roles)
            changed = replace(member.membership, roles=tuple(dict.fromkeys(roles)))
            await work.memberships.set(changed, now)
            await work.memberships.end_beyond(changed, now)
            await self._record(work, actor, "member.changed", member, {"roles": list(changed.roles)})
            await work.commit()
        return replace(member, membership=changed)

    async def remove(
        self, actor: Actor, organization: str, user: str, *, expect: Expectation[Member] = whatever
    ) -> None:
        """What the person allowed programs to do here ends too. Raises as `change`."""
        async with self._unit_of_work() as work:
            member = await self._member(work, actor, organization, user, expect, owns_on=False)
            await work.memberships.remove(member.membership, self._clock())
            await self._record(work, actor, "member.removed", member, {})
            await work.commit()

    async def _member(
        self,
        work: UnitOfWork,
        actor: Actor,
        organization: str,
        user: str,
        expect: Expectation[Member],
        *,
        owns_on: bool,
    ) -> Member:
        found = await organization_of(work, actor, organization)
        # All rows are locked: two owners who remove each other at the same moment must not both succeed.
        members = {one.user.id: one for one in await work.memberships.lock(found.id)}
        member = next((one for id_, one in members.items() if id_ == user), None)
        if member is None:
            raise no_such_member()
        expect(member)
        owners = {id_ for id_, one in members.items() if Role.OWNER in one.membership.roles}
        if owners == {member.user.id} and not owns_on:
            raise Conflict("an organization keeps an owner; make somebody else one first", code="last-owner")
        return member

    async def _record(
        self, work: UnitOfWork, actor: Actor, action: str, member: Member, detail: dict[str, object]
    ) -> None:
        about = {"user": member.user.id} | detail
        organization = member.membership.organization
        await work.audit.record(AuditEntry(self._clock(), action, actor.name, organization, detail=about))

"""An invited person becomes a member: with an account of long ago, or with one made now."""

from contextlib import suppress

from gateway.core.confirm_address import ConfirmAddress
from gateway.core.errors import no_such_invitation
from gateway.core.model import AuditEntry
from gateway.core.people import Invitation, Membership, User, UserId
from gateway.core.ports import NewUnitOfWork, Passwords, UnitOfWork
from gateway.core.roles import Role
from gateway.core.secret import digest
from service_kit.clock import Clock
from service_kit.errors import Conflict, Forbidden, Limited
from service_kit.ids import NewId


class AcceptInvitation:
    """An invitation counts once. It adds roles to those that a member has, and takes none away.

    One that came by mail proves that its address is the person's.
    """

    def __init__(
        self, *, unit_of_work: NewUnitOfWork, passwords: Passwords, confirm: ConfirmAddress, clock: Clock, ids: NewId
    ) -> None:
        self._unit_of_work = unit_of_work
        self._confirm = confirm
        self._passwords = passwords
        self._clock = clock
        self._ids = ids

    async def find(self, token: str) -> tuple[Invitation, bool]:
        """The invitation, and whether its address has an account. Raises NotFound."""
        async with self._unit_of_work() as work:
            found = await work.invitations.find(digest(token), self._clock())
            if found is None:
                raise no_such_invitation()
            return found, await work.users.by_email(found.email) is not None

    async def with_account(self, token: str, user: User) -> None:
        """Raises NotFound, and Forbidden when the invitation is for another address."""
        async with self._unit_of_work() as work:
            await self._join(work, token, user)
            await work.commit()

    async def with_new_account(self, token: str, name: str, password: str) -> None:
        """Raises NotFound, and Conflict when somebody made an account with this address meanwhile."""
        invitation, _ = await self.find(token)
        hashed = await self._passwords.hash(password)
        user = User(UserId(self._ids()), invitation.email, name, hashed, self._clock())
        async with self._unit_of_work() as work:
            if not await work.users.add(user):
                raise Conflict("there is an account with this address; sign in", code="account-exists")
            if not await self._join(work, token, user) and self._confirm.is_possible:
                with suppress(Limited):  # the person asks for a link later
                    await self._confirm.send(work, user, user.email)
            await work.commit()

    async def _join(self, work: UnitOfWork, token: str, user: User) -> bool:
        """Whether the address is confirmed by that."""
        now = self._clock()
        invitation = await work.invitations.take(digest(token), now)
        if invitation is None:
            raise no_such_invitation()
        if invitation.email != user.email:
            raise Forbidden("this invitation is for another person", code="not-invited")
        joined = await _membership(work, user, invitation)
        await work.memberships.set(joined, now)
        detail = {"invitation": invitation.id, "user": user.id, "roles": list(joined.roles)}
        entry = AuditEntry(now, "member.joined", f"user:{user.id}", invitation.organization, detail=detail)
        await work.audit.record(entry)
        return invitation.by_mail and await work.accounts.verify(user.id, user.email, now)


async def _membership(work: UnitOfWork, user: User, invitation: Invitation) -> Membership:
    found = await work.organizations.get(invitation.organization, None)
    assert found is not None  # noqa: S101 - organizations are never removed
    known = await work.memberships.of(user.id)
    held: tuple[Role, ...] = next((one.roles for one in known if one.organization == found.id), ())
    return Membership(user.id, found.id, found.name, found.kind, tuple(dict.fromkeys((*held, *invitation.roles))))

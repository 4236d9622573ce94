"""An organization invites a person by a link, and may withdraw the invitation until it is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway.core.errors import no_such_invitation, no_such_organization
from gateway.core.letters import INVITATION_PATH, invitation_mail
from gateway.core.model import Actor, AuditEntry, ClientId, Organization
from gateway.core.people import Invitation, plain_address
from gateway.core.ports import NewUnitOfWork, UnitOfWork
from gateway.core.post import Post, Purpose
from gateway.core.register_client import SecretReceipts
from gateway.core.roles import Role
from gateway.core.secret import SecretKind, digest, new_secret
from service_kit.clock import Clock
from service_kit.errors import Conflict
from service_kit.ids import NewId
from service_kit.inputs import IdempotencyKey, Page, PageRequest

LIFETIME = timedelta(days=7)
MAX_OPEN = 200


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation with the secret of its link, which is shown this once."""

    invitation: Invitation
    token: str


class Invitations:
    """Every method raises NotFound for an organization out of reach."""

    def __init__(
        self, *, unit_of_work: NewUnitOfWork, receipts: SecretReceipts, post: Post, clock: Clock, ids: NewId
    ) -> None:
        self._unit_of_work = unit_of_work
        self._post = post
        self._receipts = receipts
        self._clock = clock
        self._ids = ids

    async def invite(
        self, actor: Actor, organization: str, email: str, roles: Sequence[Role], key: IdempotencyKey | None
    ) -> Invited:
        """The address gets a link of its own by mail, where this fleet sends mail.

        Raises Conflict when too many invitations are open, or a repeated one was used meanwhile, and Limited when
        the address was written to often enough.
        """
        now = self._clock()
        async with self._unit_of_work() as work:
            found = await organization_of(work, actor, organization)
            if key and (stored := await work.idempotency.claim(actor.keys_owner, key)):
                return await self._repeat(work, found, stored)
            if await work.invitations.count_open(found.id, now) >= MAX_OPEN:
                raise Conflict(f"{MAX_OPEN} invitations are open; withdraw some", code="too-many-invitations")
            made = Invitation(
                self._ids(),
                found.id,
                found.name,
                plain_address(email),
                tuple(dict.fromkeys(roles)),
                now,
                now + LIFETIME,
            )
            token = new_secret(SecretKind.INVITATION)
            await self._add(work, made, token)
            detail = {"invitation": made.id, "roles": list(made.roles)}
            await work.audit.record(AuditEntry(now, "member.invited", actor.name, found.id, detail=detail))
            if key:
                await work.idempotency.store(actor.keys_owner, key, self._receipts.write(ClientId(made.id), token))
            await work.commit()
        return Invited(made, token)

    async def open(self, actor: Actor, organization: str, request: PageRequest) -> Page[Invitation]:
        """Those that may still be used."""
        async with self._unit_of_work() as work:
            found = await organization_of(work, actor, organization)
            return await work.invitations.open(found.id, self._clock(), request)

    async def withdraw(self, actor: Actor, organization: str, invitation: str) -> None:
        """Raises NotFound also for one that was used."""
        async with self._unit_of_work() as work:
            found = await organization_of(work, actor, organization)
            if not await work.invitations.withdraw(invitation, found.id):
                raise no_such_invitation()
            detail = {"invitation": invitation}
            entry = AuditEntry(self._clock(), "invitation.withdrawn", actor.name, found.id, detail=detail)
            await work.audit.record(entry)
            await work.commit()

    async def _add(self, work: UnitOfWork, made: Invitation, token: str) -> None:
        if not self._post.is_open:
            await work.invitations.add(digest(token), made)
            return
        await self._post.count(work, made.email, Purpose.INVITE, made.organization)
        mailed = new_secret(SecretKind.INVITATION)
        await work.invitations.add(digest(token), made, digest(mailed))
        link = self._post.link(INVITATION_PATH, mailed)
        await self._post.put(work, invitation_mail(made, link), made.expires_at)

    async def _repeat(self, work: UnitOfWork, organization: Organization, stored: str) -> Invited:
        invitation, token = self._receipts.read(stored)
        found = await work.invitations.get(invitation)
        if found is None or token is None or found.organization != organization.id:
            raise Conflict("the invitation that this request made is gone", code="invitation-gone")
        return Invited(found, token)


async def organization_of(work: UnitOfWork, actor: Actor, organization: str) -> Organization:
    """The organization, if the actor reaches it. Raises NotFound."""
    found = await work.organizations.get(organization, actor.reach)
    if found is None:
        raise no_such_organization()
    return found

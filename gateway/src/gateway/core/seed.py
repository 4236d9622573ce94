"""Organizations and clients that somebody else decided on: a demonstration's file, or the first operator."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.errors import scopes_beyond
from gateway.core.model import AuditEntry, AuthMethod, Client, ClientId, Organization, OrganizationId
from gateway.core.people import Membership, User, UserId, plain_address
from gateway.core.ports import NewUnitOfWork, UnitOfWork
from gateway.core.roles import Role
from gateway.core.scopes import USUAL, Kind, beyond
from gateway.core.secret import digest, matches, new_secret
from service_kit.clock import Clock
from service_kit.errors import Conflict
from service_kit.ids import NewId

ACTOR = "operator:command"


@dataclass(frozen=True, slots=True)
class Owner:
    """A person who owns the organization. `password` is a hash."""

    email: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Seedling:
    """One organization with one client. The secret is the caller's own, and must be random."""

    name: str
    slug: str
    kind: Kind
    client_id: str
    secret: str
    scopes: tuple[str, ...]
    owner: Owner | None = None


class Seed:
    """Makes what is missing, and sets a client's secret and scopes to what is asked for. Safe to repeat."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, clock: Clock, ids: NewId) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._ids = ids

    async def __call__(self, seedlings: Sequence[Seedling]) -> list[Client]:
        """All or nothing. Raises Conflict where an organization or client of that name is something else."""
        async with self._unit_of_work() as work:
            clients = [await self._plant(work, seedling) for seedling in seedlings]
            await work.commit()
        return clients

    async def operator(self, name: str) -> tuple[Client, str]:
        """The first operator and its client's secret. Raises Conflict when there is an operator already."""
        secret = new_secret()
        async with self._unit_of_work() as work:
            await work.signing_keys.lock()
            if await work.organizations.has(Kind.OPERATOR):
                raise Conflict("there is an operator already; its clients can register others")
            seedling = Seedling(name, "operator", Kind.OPERATOR, self._ids(), secret, USUAL[Kind.OPERATOR])
            client = await self._plant(work, seedling)
            await work.commit()
        return client, secret

    async def _plant(self, work: UnitOfWork, seedling: Seedling) -> Client:
        if excess := beyond(seedling.kind, seedling.scopes):
            raise scopes_beyond(seedling.kind, excess)
        organization = await self._organization(work, seedling)
        client = await self._client(work, seedling, organization)
        now = self._clock()
        if not matches(seedling.secret, await work.clients.secrets(client.id, now)):
            await work.clients.add_secret(client.id, digest(seedling.secret), now, others_until=now)
        if seedling.owner:
            await self._owner(work, seedling.owner, organization)
        return client

    async def _owner(self, work: UnitOfWork, owner: Owner, organization: Organization) -> None:
        """A person who is there already gets this password."""
        now, email = self._clock(), plain_address(owner.email)
        new = User(UserId(self._ids()), email, owner.name, owner.password, now)
        if await work.users.add(new):
            await work.audit.record(AuditEntry(now, "user.created", ACTOR, organization.id, detail={"user_id": new.id}))
        known = await work.users.by_email(email)
        assert known is not None  # noqa: S101 - users are never removed
        await work.users.set_password(known.id, owner.password)
        membership = Membership(known.id, organization.id, organization.name, organization.kind, (Role.OWNER,))
        await work.memberships.set(membership, now)

    async def _organization(self, work: UnitOfWork, seedling: Seedling) -> Organization:
        now = self._clock()
        new = Organization(OrganizationId(self._ids()), seedling.name, seedling.slug, seedling.kind, None, now, now)
        if await work.organizations.add(new):
            await work.audit.record(AuditEntry(now, "organization.created", ACTOR, new.id, detail={"kind": new.kind}))
            return new
        known = await work.organizations.by_slug(seedling.slug)
        if known is None or known.kind is not seedling.kind:
            raise Conflict(f"{seedling.slug} is an organization of another kind")
        return known

    async def _client(self, work: UnitOfWork, seedling: Seedling, organization: Organization) -> Client:
        now = self._clock()
        new = Client(
            ClientId(seedling.client_id),
            organization.id,
            seedling.name,
            seedling.scopes,
            AuthMethod.SECRET_BASIC,
            (),
            now,
        )
        if await work.clients.add(new, ACTOR):
            entry = AuditEntry(now, "client.registered", ACTOR, organization.id, new.id, {"scopes": list(new.scopes)})
            await work.audit.record(entry)
            return new
        known = await work.clients.get(seedling.client_id, organization.id, lock=True)
        if known is None or not known.auth_method.uses_secret:
            raise Conflict(f"{seedling.client_id} is another client, or was removed")
        if known.scopes != seedling.scopes:
            await work.clients.update(known.id, {"scopes": seedling.scopes})
        return known

"""What the rules need from outside: a unit of work over the gateway's own database, and a maker of keys."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from gateway.core.account_ports import Accounts, Attempts, Mails, Passkeys
from gateway.core.authorization import AuthorizationRequest, Code, Grant, RefreshToken
from gateway.core.logout import LogoutNotices
from gateway.core.model import AuditEntry, Client, ClientId, KnownClient, Organization, OrganizationId
from gateway.core.people import Invitation, Member, Membership, Session, User, UserId
from gateway.core.scopes import Kind
from gateway.core.signing_key import Algorithm, KeyId, KeyState, SigningKey
from service_kit.inputs import IdempotencyKey, Page, PageRequest

T = TypeVar("T")


class Organizations(Protocol):
    """The tenants. `within` limits an operation to one of them; None means all."""

    async def add(self, organization: Organization) -> bool:
        """False when the slug is taken."""

    async def get(self, organization: str, within: str | None, *, lock: bool = False) -> Organization | None: ...

    async def by_slug(self, slug: str) -> Organization | None: ...

    async def has(self, kind: Kind) -> bool: ...

    async def page(self, within: str | None, request: PageRequest) -> Page[Organization]: ...

    async def update(self, organization: OrganizationId, changes: Mapping[str, Any], at: datetime) -> Organization: ...


class Clients(Protocol):
    """The registered clients, without the removed ones."""

    async def add(self, client: Client, created_by: str, registration: bytes | None = None) -> bool:
        """False when the id was ever taken. `registration` is the digest of its management token (RFC 7592)."""

    async def registration(self, client: str) -> bytes | None: ...

    async def replace(self, client: Client, registration: bytes) -> None: ...

    async def claim_key_refresh(self, client: str, at: datetime, every: timedelta) -> Client | None:
        """A client that publishes its keys, unless somebody read them within `every`."""

    async def get(self, client: str, within: str | None, *, lock: bool = False) -> Client | None: ...

    async def page(self, within: str | None, request: PageRequest) -> Page[Client]: ...

    async def update(self, client: ClientId, changes: Mapping[str, Any]) -> None: ...

    async def remove(self, client: ClientId, at: datetime) -> None: ...

    async def add_secret(self, client: ClientId, digest: bytes, at: datetime, *, others_until: datetime) -> None:
        """Add a secret. The newest of the others lives until `others_until` at most, older ones end now."""

    async def secrets(self, client: ClientId, at: datetime) -> Sequence[bytes]:
        """The digests that are good at this time."""


class Users(Protocol):
    """The people who may sign in."""

    async def add(self, user: User) -> bool:
        """False when the address is taken."""

    async def get(self, user: UserId) -> User | None: ...

    async def by_email(self, email: str) -> User | None: ...

    async def set_password(self, user: UserId, password: str) -> None:
        """`password` is a hash."""


class Memberships(Protocol):
    """Who is what in which organization."""

    async def of(self, user: UserId) -> Sequence[Membership]:
        """By the organization's name."""

    async def set(self, membership: Membership, at: datetime) -> None:
        """Add the person, or change the roles."""

    async def add(self, membership: Membership, at: datetime) -> bool:
        """False when the person is a member already, whose roles stay."""

    async def members(self, organization: str, request: PageRequest) -> Page[Member]:
        """By name."""

    async def member(self, organization: str, user: str) -> Member | None: ...

    async def lock(self, organization: str) -> Sequence[Member]:
        """All of them; nobody else changes any until this transaction ends."""

    async def remove(self, membership: Membership, at: datetime) -> None:
        """The person's grants in this organization are revoked too."""

    async def end_beyond(self, membership: Membership, at: datetime) -> None:
        """Revoke the person's grants in this organization that hold a scope which these roles do not lend."""


class Invitations(Protocol):
    """Who may become a member, by the digest of a link."""

    async def add(self, digest: bytes, invitation: Invitation, mailed: bytes | None = None) -> None:
        """`mailed` is the digest of another link, that its address is sent."""

    async def find(self, digest: bytes, at: datetime) -> Invitation | None: ...

    async def take(self, digest: bytes, at: datetime) -> Invitation | None:
        """Find it and forget it: of many who ask at once, one gets it."""

    async def get(self, invitation: str) -> Invitation | None: ...

    async def open(self, organization: str, at: datetime, request: PageRequest) -> Page[Invitation]:
        """Those that may still be used, oldest first."""

    async def count_open(self, organization: str, at: datetime) -> int: ...

    async def withdraw(self, invitation: str, organization: str) -> bool:
        """False when there is none."""


class Sessions(Protocol):
    """Browsers that a person signed in with."""

    async def open(self, digest: bytes, session: Session, replaces: bytes | None = None) -> None:
        """`replaces`: what the browser held until now."""

    async def find(self, digest: bytes, at: datetime) -> Session | None: ...

    async def close(self, digest: bytes, at: datetime) -> Session | None:
        """What this ended. None where there was none, or its time was over; of several calls one gets it."""

    async def close_next(self, digest: bytes, user: UserId, at: datetime) -> Session | None:
        """The person's session that replaced this one. Whoever asks for the same person waits until this is done."""


class SigningKeys(Protocol):
    """The authorization server's keys."""

    async def lock(self) -> None:
        """Keep every other process from changing keys until this transaction ends."""

    async def present(self) -> Sequence[SigningKey]:
        """All but the removed ones, oldest first."""

    async def add(self, key: SigningKey) -> None: ...

    async def move(self, key: KeyId, before: KeyState, after: KeyState, at: datetime) -> None: ...


class Audit(Protocol):
    """The audit trail. It only grows."""

    async def record(self, entry: AuditEntry) -> None: ...


class IdempotencyKeys(Protocol):
    """See service_kit.idempotency."""

    async def claim(self, owner: str, key: IdempotencyKey) -> str | None: ...

    async def store(self, owner: str, key: IdempotencyKey, result: str) -> None: ...


class Grants(Protocol):
    """What the OAuth endpoints read and write. Synchronous: Authlib calls it, inside one transaction."""

    def client(self, client_id: str, at: datetime) -> KnownClient | None: ...

    def use_assertion(self, client: ClientId, digest: bytes, until: datetime) -> bool:
        """False when this client has used an assertion with this digest before."""

    def use_proof(self, proof: bytes, until: datetime) -> bool:
        """False when it was used before."""

    def revoke(self, token_id: str, client: ClientId, at: datetime, until: datetime) -> None: ...

    def is_revoked(self, token_id: str, client: str, subject: str, grant: str | None) -> bool:
        """Whether the token, one it was exchanged for, or the grant it comes from was revoked, or a client is gone.

        The clients are the one that holds it, and the one it speaks for: the grant's, or the subject.
        """

    def record(self, entry: AuditEntry) -> None: ...

    def keep_request(self, digest: bytes, request: AuthorizationRequest) -> None: ...

    def find_request(self, digest: bytes, at: datetime) -> AuthorizationRequest | None: ...

    def take_request(self, digest: bytes, at: datetime) -> AuthorizationRequest | None:
        """Find it and forget it: of many who ask at once, one gets it."""

    def answer_pushed(self, digest: bytes, client: ClientId, until: datetime) -> bool:
        """Remember until then that it was answered. False where it was before: of many at once, one gets True."""

    def add_grant(self, grant: Grant) -> None: ...

    def standing(self, client: ClientId, user: UserId, since: datetime) -> Sequence[Grant]:
        """What this person gave this client since then and nobody revoked, the widest first; not all of many.

        Nobody revokes any of it until this transaction ends.
        """

    def revoke_grant(self, grant: str, at: datetime) -> None:
        """With what it renews, and all that renews the same."""

    def add_code(self, digest: bytes, code: Code) -> None: ...

    def lock_code(self, digest: bytes) -> Code | None:
        """Everyone else who asks for it waits until this transaction ends."""

    def use_code(self, digest: bytes, at: datetime) -> None: ...

    def add_refresh_token(self, digest: bytes, token: RefreshToken) -> None: ...

    def lock_refresh_token(self, digest: bytes) -> RefreshToken | None:
        """Everyone else who asks for it waits until this transaction ends."""

    def use_refresh_token(self, digest: bytes, at: datetime) -> None: ...

    def user(self, user: UserId) -> User | None: ...

    def membership(self, user: UserId, organization: str) -> Membership | None: ...


class UnitOfWork(Protocol):
    """One transaction. Leaving it without `commit` rolls back."""

    @property
    def organizations(self) -> Organizations: ...
    @property
    def clients(self) -> Clients: ...
    @property
    def users(self) -> Users: ...
    @property
    def memberships(self) -> Memberships: ...
    @property
    def invitations(self) -> Invitations: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def passkeys(self) -> Passkeys: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def mails(self) -> Mails: ...
    @property
    def logouts(self) -> LogoutNotices: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def signing_keys(self) -> SigningKeys: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def idempotency(self) -> IdempotencyKeys: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def with_grants(self, use: Callable[[Grants], T]) -> T:
        """Run synchronous code on this transaction. It waits for the database without holding up the loop."""

    async def commit(self) -> None: ...


NewUnitOfWork = Callable[[], UnitOfWork]
NewSigningKey = Callable[[Algorithm, KeyState, datetime], Awaitable[SigningKey]]


class Vault(Protocol):
    """Encryption under the key that the environment holds. `purpose` binds a box to what it is for."""

    def seal(self, plain: bytes, purpose: str) -> bytes: ...

    def open(self, box: bytes, purpose: str) -> bytes:
        """Raises ValueError when the box was sealed for another purpose, under another key, or was changed."""


class Passwords(Protocol):
    """Slow hashes of what people choose."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Takes as long for None, which never matches."""

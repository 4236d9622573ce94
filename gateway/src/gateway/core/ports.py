"""What the rules need from outside: a unit of work over the gateway's own database, and a maker of keys."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from gateway.core.model import AuditEntry, Client, ClientId, KnownClient, Organization
from gateway.core.scopes import Kind
from gateway.core.signing_key import KeyId, KeyState, SigningKey
from service_kit.inputs import IdempotencyKey, Page, PageRequest

T = TypeVar("T")


class Organizations(Protocol):
    """The tenants. `within` limits an operation to one of them; None means all."""

    async def add(self, organization: Organization) -> bool:
        """False when the slug is taken."""

    async def get(self, organization: str, within: str | None) -> Organization | None: ...

    async def by_slug(self, slug: str) -> Organization | None: ...

    async def has(self, kind: Kind) -> bool: ...

    async def page(self, within: str | None, request: PageRequest) -> Page[Organization]: ...

    async def update(
        self, organization: str, within: str | None, changes: Mapping[str, Any], at: datetime
    ) -> Organization | None: ...


class Clients(Protocol):
    """The registered clients, without the removed ones."""

    async def add(self, client: Client, created_by: str) -> bool:
        """False when the id was ever taken."""

    async def get(self, client: str, within: str | None, *, lock: bool = False) -> Client | None: ...

    async def page(self, within: str | None, request: PageRequest) -> Page[Client]: ...

    async def update(self, client: ClientId, changes: Mapping[str, Any]) -> None: ...

    async def remove(self, client: ClientId, at: datetime) -> None: ...

    async def add_secret(self, client: ClientId, digest: bytes, at: datetime, *, others_until: datetime) -> None:
        """Add a secret. The newest of the others lives until `others_until` at most, older ones end now."""

    async def secrets(self, client: ClientId, at: datetime) -> Sequence[bytes]:
        """The digests that are good at this time."""


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

    def revoke(self, token_id: str, client: ClientId, until: datetime) -> None: ...

    def is_revoked(self, token_id: str, client: str) -> bool:
        """Whether the token was revoked, or its client is no longer registered."""

    def record(self, entry: AuditEntry) -> None: ...


class UnitOfWork(Protocol):
    """One transaction. Leaving it without `commit` rolls back."""

    @property
    def organizations(self) -> Organizations: ...
    @property
    def clients(self) -> Clients: ...
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
NewSigningKey = Callable[[KeyState, datetime], SigningKey]


class Vault(Protocol):
    """Encryption under the key that the environment holds. `purpose` binds a box to what it is for."""

    def seal(self, plain: bytes, purpose: str) -> bytes: ...

    def open(self, box: bytes, purpose: str) -> bytes:
        """Raises ValueError when the box was sealed for another purpose, under another key, or was changed."""

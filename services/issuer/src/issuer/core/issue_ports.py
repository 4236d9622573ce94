"""What issuing one credential after the other needs from outside: one read of what orders stand on, one transaction."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from issuer.core.achievements import Reference
from issuer.core.model import Achievement, Credential, CredentialId, Issuer
from issuer.core.ports import HoldsKeys, Outbox
from service_kit.errors import Conflict
from service_kit.inputs import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Basis:
    """What an order stands on. `earlier` is what an earlier request with its idempotency key gave."""

    earlier: str | None
    issuers: Sequence[Issuer]
    achievement: Achievement | None


ReadBasis = Callable[[str, IdempotencyKey | None, Reference], Awaitable[Basis]]
"""The basis of an organization's order. Raises Conflict when its key stands for another request."""


class NewCredentials(Protocol):
    """Credentials that were just signed."""

    async def add_all(self, credentials: Sequence[Credential]) -> Collection[CredentialId]:
        """Store new credentials, but for those whose `once` is taken. Returns the ids of the others."""


class IdempotencyClaims(Protocol):
    """See service_kit.idempotency."""

    async def claim_all(self, asked: Sequence[tuple[str, IdempotencyKey, str]]) -> Sequence[str | Conflict | None]: ...


class Recording(Protocol):
    """One transaction of what issuing stores, and no more than that. Leaving it without `commit` undoes everything."""

    @property
    def issuers(self) -> HoldsKeys: ...

    @property
    def credentials(self) -> NewCredentials: ...

    @property
    def idempotency(self) -> IdempotencyClaims: ...

    @property
    def outbox(self) -> Outbox: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self) -> None: ...

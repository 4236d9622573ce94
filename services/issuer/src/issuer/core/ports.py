"""What the core needs from outside: storage in a unit of work, reads without one, keys, an audit trail."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from contracts.payload import Payload
from credential_core.errors import ContextError, DocumentError
from credential_core.template import Filled, Sealed
from issuer.core.batches.ports import Batches, Changes
from issuer.core.credentials.securing import Manner, Secured
from issuer.core.endorsements.ports import Endorsements
from issuer.core.model import (
    Achievement,
    Algorithm,
    AnyCredential,
    AnyPublicKey,
    Credential,
    CredentialId,
    Issuer,
    IssuerId,
    IssuerKey,
    Json,
    KeyId,
    Lease,
    ListId,
    StatusChange,
    StatusList,
)
from issuer.core.recognition.ports import Recognitions
from issuer.core.stacks.ports import Pathways, Stacks
from service_kit.inputs import IdempotencyKey, Page, PageRequest


class KeyStore(Protocol):
    """Holds private keys. They never leave it in the clear. Any of this raises Unavailable when a store is away."""

    async def create(self, issuer_id: IssuerId, key_id: KeyId, algorithm: Algorithm) -> tuple[AnyPublicKey, bytes]:
        """A new key: its public part, and its private part sealed for this issuer and key id."""

    async def sign(self, document: Json, key: IssuerKey, created: datetime) -> Json:
        """A copy of the document with a proof by the key's rdfc suite. CredentialError for one that has no meaning."""

    async def seal(
        self, fills: Sequence[Filled], key: IssuerKey, created: datetime
    ) -> Sequence[Sealed | DocumentError | ContextError] | None:
        """Each of these filled templates as `sign` would sign it; each signature checked.

        None when this store cannot: `sign` then does it, one by one.
        """

    async def secure(self, document: Json, key: IssuerKey, manner: Manner) -> Secured:
        """The document secured in some manner, and verified. CredentialError for one that has no meaning."""

    async def destroy(self, key: IssuerKey) -> None:
        """Give up the private part for good, wherever it is beside `sealed`. Doing it again does nothing."""


class Audit(Protocol):
    """Writes one line of the audit trail. Fields never hold personal data."""

    def __call__(self, event: str, **fields: str | int) -> None: ...


class Issuers(Protocol):
    """Issuers and their keys."""

    async def add(self, issuer: Issuer) -> bool:
        """Store a new issuer with its keys. False when its slug is taken."""

    async def lock(self, org_id: str, slug: str) -> Issuer | None:
        """One of the organization's issuers, locked until the end of the transaction."""

    async def hold_keys(self, keys: Collection[IssuerKey]) -> Collection[KeyId]:
        """Those of the keys that are active. They stay so until the end of the transaction."""

    async def take_keys(self, issuer_id: IssuerId) -> None:
        """Wait for all who hold keys of this issuer. Nobody else holds one until the end of the transaction."""

    async def did(self, issuer_id: IssuerId) -> str:
        """The DID of an issuer that is known to exist."""

    async def save(self, issuer: Issuer) -> None:
        """Store profile, policy, activity and revision."""

    async def add_key(self, ordinal: int, key: IssuerKey) -> None:
        """Store a further key, the so-and-so-many-th of its issuer. After the event that tells of it."""

    async def told_at(self, key: IssuerKey) -> datetime | None:
        """When the event that told of a further key reached the bus. None while it has not."""

    async def save_key(self, key: IssuerKey) -> None:
        """Store a key's state, and its sealed private part, which may be destroyed."""


class Credentials(Protocol):
    """Credentials and their history."""

    async def add(self, credential: Credential) -> None:
        """Store a new credential."""

    async def add_all(self, credentials: Sequence[Credential]) -> Collection[CredentialId]:
        """Store new credentials, but for those whose `once` is taken. Returns the ids of the others."""

    async def holders(self, achievement_id: str, recipient_keys: Collection[bytes]) -> Collection[bytes]:
        """Those of the recipients who have the achievement, not revoked."""

    async def lock(self, org_id: str, credential_id: CredentialId) -> Credential | None:
        """One of the organization's credentials, locked until the end of the transaction."""

    async def change(self, change: StatusChange) -> None:
        """Set the state, and add the step to the history."""

    async def correct(self, credential: Credential, change: StatusChange) -> bool:
        """Replace the document, and add the step to the history. False when the new `once` is taken."""


class AnyCredentials(Protocol):
    """Credentials that were issued as they were handed in."""

    async def add(self, credential: AnyCredential) -> None:
        """Store a new one."""

    async def lock(self, org_id: str, name: str) -> Sequence[AnyCredential]:
        """The organization's that go by this name and have a status, newest first, locked; at most 100."""

    async def save(self, credential: AnyCredential) -> None:
        """Store its state."""


class StatusLists(Protocol):
    """Status lists: giving out places, and noting that something changed."""

    async def add(self, status_list: StatusList, digest: str) -> bool:
        """Store a new list that is published so. False when the issuer has a list with free places already."""

    async def lease(self, issuer_id: IssuerId, size: int) -> Lease | None:
        """Take at most `size` counters from the issuer's open list. None when there is no such list."""

    async def note_change(self, list_id: ListId) -> None:
        """A bit has changed: the list is due for publication."""

    async def note_changes(self, issuer_id: IssuerId) -> None:
        """All of the issuer's lists are due for publication."""

    async def advance(self, status_list: StatusList, published_at: datetime, digest: str) -> bool:
        """Count a publication of this snapshot. False when another one came first."""


class Achievements(Protocol):
    """Our copy of the catalog's publications."""

    async def apply(self, achievement: Achievement, changed_at: datetime) -> None:
        """Keep this state unless a newer one is known."""


class IdempotencyKeys(Protocol):
    """See service_kit.idempotency."""

    async def claim(self, owner: str, key: IdempotencyKey, result: str | None = None) -> str | None: ...

    async def store(self, owner: str, key: IdempotencyKey, result: str) -> None: ...


class Outbox(Protocol):
    """See service_kit.outbox."""

    async def append(self, *payloads: Payload) -> None: ...


class UnitOfWork(Protocol):
    """One transaction. Leaving it without `commit` undoes everything."""

    @property
    def issuers(self) -> Issuers: ...

    @property
    def credentials(self) -> Credentials: ...

    @property
    def any_credentials(self) -> AnyCredentials: ...

    @property
    def batches(self) -> Batches: ...

    @property
    def changes(self) -> Changes: ...

    @property
    def status_lists(self) -> StatusLists: ...

    @property
    def achievements(self) -> Achievements: ...

    @property
    def pathways(self) -> Pathways: ...

    @property
    def stacks(self) -> Stacks: ...

    @property
    def recognitions(self) -> Recognitions: ...

    @property
    def endorsements(self) -> Endorsements: ...

    @property
    def idempotency(self) -> IdempotencyKeys: ...

    @property
    def outbox(self) -> Outbox: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self) -> None: ...


UnitsOfWork = Callable[[], UnitOfWork]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which credentials to list. None means any."""

    status: str | None = None
    achievement_id: str | None = None
    recipient_key: bytes | None = None
    now: datetime | None = None


class Reading(Protocol):
    """Reads outside any transaction: each sees what is committed when it runs."""

    async def answered(self, owner: str, key: IdempotencyKey) -> str | None:
        """What an earlier request with this key gave. Raises Conflict when the key stands for another request."""

    async def document(self, org_id: str, credential_id: CredentialId) -> str | None:
        """The signed text of one of the organization's credentials."""

    async def any_document(self, org_id: str, credential_id: CredentialId) -> str | None:
        """The text of one of the organization's credentials that were issued as they were handed in."""

    async def credential(self, org_id: str, credential_id: CredentialId) -> Credential | None:
        """One of the organization's credentials."""

    async def history(self, credential_id: CredentialId) -> Sequence[StatusChange]:
        """The steps after issuing, oldest first."""

    async def credentials(self, org_id: str, wanted: Wanted, page: PageRequest) -> Page[Credential]:
        """The organization's credentials, newest first, without their documents."""

    async def issuers_of(self, org_id: str) -> Sequence[Issuer]:
        """All of the organization's issuers, by slug."""

    async def issuers(self, org_id: str, page: PageRequest) -> Page[Issuer]:
        """The organization's issuers, by slug."""

    async def issuer(self, issuer_id: IssuerId) -> Issuer:
        """An issuer that is known to exist."""

    async def achievement(self, achievement_id: str, version: int | None) -> Achievement | None:
        """A version of an achievement; without a number, the newest that is not retired, else the newest."""

    async def lists_due(self, *, changed_before: datetime, signed_before: datetime, now: datetime) -> Sequence[ListId]:
        """Lists that changed and were last published before one moment, and lists signed before another.

        Only those of issuers that have a key to sign them with.
        """

    async def list_snapshot(self, list_id: ListId) -> tuple[StatusList, Sequence[int]]:
        """A list and its set indexes, at one moment."""

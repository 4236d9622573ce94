"""What batches need from outside: storage in a unit of work, many changes at once, and reads without one."""

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from contracts.events import CredentialIssued
from issuer.core.batches.batch import Batch, BatchId, BatchRow, Counts, IssueBatch, Reconciliation, RowState
from issuer.core.model import Credential, CredentialId, IssuerKey, Json, StatusChange
from service_kit.inputs import Page, PageRequest


class Batches(Protocol):
    """Batches and their rows."""

    async def add(self, batch: Batch, rows: Sequence[BatchRow]) -> None:
        """Store a new batch."""

    async def lock(self, org_id: str, batch_id: BatchId) -> Batch | None:
        """One of the organization's batches, locked until the end of the transaction: nobody else locks or holds it."""

    async def hold(self, org_id: str, batch_id: BatchId) -> Batch | None:
        """The same, but others may hold it as well; nobody may lock it."""

    async def waiting(self, batch_id: BatchId, most: int) -> Sequence[BatchRow]:
        """The next waiting rows, by number."""

    async def move(self, batch_id: BatchId, before: RowState, after: RowState) -> int:
        """All rows of one state into another. Returns how many."""

    async def save(self, batch: Batch) -> None:
        """Store its state."""


class Changes(Protocol):
    """Many credentials changed at once, by a batch."""

    async def lock(self, org_id: str, ids: Collection[CredentialId]) -> Mapping[CredentialId, Credential]:
        """Those of the organization's, without their documents, locked until the end of the transaction."""

    async def set_states(self, changes: Sequence[StatusChange]) -> None:
        """Set the states, and add the steps to the histories."""

    async def correct(self, credentials: Sequence[Credential], changes: Sequence[StatusChange]) -> None:
        """Replace the documents, and add the steps to the histories. No learner is named anew."""

    async def settle(self, batch_id: BatchId, rows: Sequence[BatchRow]) -> bool:
        """Store what became of waiting rows. False when some wait no longer."""


B_co = TypeVar("B_co", bound=Batch, covariant=True)


class Turn(Protocol[B_co]):
    """A worker's turn at a batch."""

    @property
    def batch(self) -> B_co: ...


class IssuingTurn(Turn[IssueBatch], Protocol):
    """A turn that others may share, each at other rows. It begins with its first ones, if any wait."""

    @property
    def rows(self) -> Sequence[BatchRow]: ...

    async def claim(self) -> Sequence[BatchRow]:
        """Waiting rows behind those of before that no other worker is at. They are this turn's to its end."""

    async def holders(self, recipient_keys: Collection[bytes]) -> Collection[bytes]:
        """Those of the recipients who have the batch's achievement, not revoked."""


class Turns(Protocol):
    """Whose turn it is among the running batches. Leaving the context ends the turn; so does the end of the process.

    It keeps workers from doing the same twice and locks nothing: what is stored must be checked when it is stored.
    """

    def issuing(self, at_once: int) -> AbstractAsyncContextManager[IssuingTurn | None]:
        """A turn at the running batch that issues and was worked on longest ago; so many rows are claimed at once.

        Not at one whose waiting rows others have all. None when there is no other.
        """

    def changing(self) -> AbstractAsyncContextManager[Turn[Batch] | None]:
        """A turn, alone, at the running batch that changes what was issued and was worked on longest ago."""


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """A row that becomes a signed credential, which its event tells of."""

    number: int
    credential: Credential
    event: CredentialIssued


@dataclass(frozen=True, slots=True)
class Failed:
    """A row that becomes nothing, and why."""

    number: int
    problem: Json


Outcome = Fulfilled | Failed
RecordPart = Callable[[IssueBatch, IssuerKey | None, Sequence[Outcome]], Coroutine[Any, Any, None]]
"""Stores what became of rows, and the credentials with their events, in one transaction, which ends before this does.

A credential whose `once` is taken is not stored, and its row fails. Raises TurnOver when the batch runs no more or a
row waits no longer, KeyChanged when the key that signed is not active, with nothing stored.
"""


class BatchReading(Protocol):
    """Reads of batches outside any transaction."""

    async def batch(self, org_id: str, batch_id: BatchId) -> Batch | None: ...

    async def batches(self, org_id: str, page: PageRequest) -> Page[Batch]: ...

    async def counts(self, batch_id: BatchId) -> Counts: ...

    async def credentials(
        self, org_id: str, ids: Collection[CredentialId], *, documents: bool = False
    ) -> Mapping[CredentialId, Credential]:
        """Those of the organization's credentials that there are; without their documents, unless they are needed."""

    async def waiting(self, batch_id: BatchId, most: int) -> Sequence[BatchRow]:
        """The next waiting rows, by number."""

    async def rows(self, batch_id: BatchId, state: RowState | None, page: PageRequest) -> Page[BatchRow]: ...

    async def reconciliation(self, batch: Batch) -> Reconciliation: ...

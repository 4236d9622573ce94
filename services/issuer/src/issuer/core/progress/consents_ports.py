"""What consents need from outside: their storage."""

from collections.abc import Callable, Collection
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from issuer.core.backpack.model import PersonId
from issuer.core.progress.consents_model import Consent, ConsentId
from service_kit.inputs import IdempotencyKey, Page, PageRequest


class Keys(Protocol):
    """Idempotency keys, in the same transaction."""

    async def claim(self, owner: str, key: IdempotencyKey, result: str | None = None) -> str | None:
        """Take a key, or return what its first use stored."""


class ConsentWork(Protocol):
    """One transaction over consents. Leaving it without `commit` undoes everything."""

    @property
    def idempotency(self) -> Keys: ...

    async def add(self, consent: Consent) -> bool:
        """Store a new one. One for the same pathway that has expired is ended. False while one stands.

        Of the person's that have ended, the newest KEPT_ENDED stay.
        """

    async def find(self, person: PersonId, consent_id: ConsentId) -> Consent | None:
        """One of the person's, locked until the end of the transaction."""

    async def end(self, consent_id: ConsentId, at: datetime) -> None:
        """Nobody sees anything by it any more. What the person's credentials were found by is gone."""

    async def remove(self, person: PersonId, consent_id: ConsentId) -> bool:
        """False when there is none."""

    async def see(self, org_id: str, ids: Collection[ConsentId], at: datetime) -> Collection[ConsentId]:
        """Those of them that stand at this moment, which are noted as seen."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self) -> None: ...


ConsentWorks = Callable[[], ConsentWork]


class ConsentReading(Protocol):
    """Reads outside any transaction."""

    async def of_person(self, person: PersonId, page: PageRequest) -> Page[Consent]:
        """All of a person's, newest first."""

    async def standing(self, org_id: str, pathway_id: str, now: datetime, page: PageRequest) -> Page[Consent]:
        """Those that let an organization see progress on its pathway, newest first."""

    async def standing_one(self, org_id: str, consent_id: ConsentId, now: datetime) -> Consent | None:
        """One of them."""

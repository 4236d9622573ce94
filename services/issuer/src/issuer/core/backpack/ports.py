"""What backpacks need from outside: their storage, the web under guard, and what this service itself published."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from credential_core.verify import Resolution
from issuer.core.backpack.model import Arrived, Doubt, Kept, KeptId, Notation, Outcome, PersonId, Slice, Texts
from issuer.core.model import Json
from service_kit.inputs import Page, PageRequest


class BackpackWork(Protocol):
    """One transaction over backpacks. Leaving it without `commit` undoes everything."""

    async def open(self, person: PersonId, at: datetime) -> None:
        """The person's backpack, made if there is none, locked until the end of the transaction."""

    async def put(self, person: PersonId, kept_id: KeptId, arrived: Arrived, at: datetime) -> Outcome:
        """Keep it, in place of the same one unless that is newer. The backpack is locked."""

    async def mark(
        self, person: PersonId, kept_id: KeptId, text: str, doubt: Doubt | None, at: datetime
    ) -> Kept | None:
        """What was found of this text. One that has come in its place was verified then, and stays as it is."""

    async def load(self, person: PersonId) -> tuple[int, int]:
        """How many credentials the person keeps, and how many bytes."""

    async def set_profile(self, person: PersonId, profile: str, at: datetime) -> None:
        """The backpack is locked."""

    async def remove(self, person: PersonId, kept_id: KeptId) -> bool:
        """False when there is none."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self) -> None: ...


Backpacks = Callable[[], BackpackWork]


class BackpackReading(Protocol):
    """Reads outside any transaction, of one person's things."""

    async def texts(self, person: PersonId, wanted: Slice) -> Texts: ...

    async def kept(self, person: PersonId, page: PageRequest) -> Page[Kept]: ...

    async def text(self, person: PersonId, kept_id: KeptId) -> tuple[Notation, str] | None: ...

    async def profile(self, person: PersonId) -> str | None: ...


class Web(Protocol):
    """Documents of strangers, read under guard: https, public addresses, bounded in size and time."""

    async def document(self, url: str, accept: str) -> Resolution: ...


class OwnDocuments(Protocol):
    """What this service is itself the source of, so that nothing of our own is asked of the web."""

    async def controllers(self, names: Collection[str]) -> Mapping[str, Json]:
        """The DID documents of those that are our issuers."""

    async def status_list(self, url: str) -> Resolution | None:
        """One of our lists as of now, signed, or why it cannot be. None for an address that is none of ours."""

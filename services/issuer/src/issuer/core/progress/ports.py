"""What progress needs from outside: reads of one person's things, whichever organization has to do with them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from issuer.core.backpack.model import Doubt, KeptId, Notation, PersonId
from issuer.core.model import Credential, Json
from issuer.core.stacks.snapshots import Snapshot
from service_kit.inputs import Page, PageRequest


@dataclass(frozen=True, slots=True)
class KeptText:
    """A kept credential with its text, and what was found when it was last looked at.

    `achievement` is None where it is not known yet. `changed_at` tells this text from one that replaces it. `looked` is
    the snapshot of its status that the look had (`snapshots.Snapshot`), None where none was kept.
    """

    id: KeptId
    notation: Notation
    text: str
    achievement: str | None
    changed_at: datetime
    checked_at: datetime | None
    doubt: Doubt | None
    looked: Json | None = None
    credential_id: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What came of looking at a kept credential again, and when that began.

    `achievement` is empty for one that is no evidence.
    """

    kept: KeptText
    achievement: str
    at: datetime
    doubt: Doubt | None
    snapshot: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class Earned:
    """A credential that was issued here. `is_owners`: by the organization that owns its achievement."""

    credential: Credential
    is_owners: bool


@dataclass(frozen=True, slots=True)
class PathwayName:
    """A pathway, and whose it is."""

    id: str
    org_id: str


class ProgressReading(Protocol):
    """Reads outside any transaction."""

    async def organizations(self) -> Collection[str]:
        """Those that have issuers."""

    async def pathway(self, pathway_id: str) -> PathwayName | None:
        """One that can still be completed."""

    async def begun(self, keys: Collection[bytes], person: PersonId, page: PageRequest) -> Page[PathwayName]:
        """Pathways that something which the learner holds matters to, by id."""

    async def earned(self, keys: Collection[bytes], achievements: Collection[str], most: int) -> Sequence[Earned]:
        """What was issued to the learner for these achievements, `*` for any; newest first."""

    async def kept(self, person: PersonId, achievements: Collection[str], most: int) -> tuple[Sequence[KeptText], int]:
        """What the learner keeps of these achievements, newest first, and how many there are in all.

        With them those whose achievement is not known yet.
        """

    async def profile(self, person: PersonId) -> str | None:
        """The profile's text, if one was set."""


class LookWork(Protocol):
    """One transaction that stores what was found, for a while."""

    async def keep(self, looks: Sequence[Look]) -> None:
        """Each unless its credential has been replaced or deleted meanwhile, or a later look was kept."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self) -> None: ...


LookWorks = Callable[[], LookWork]

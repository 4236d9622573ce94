"""What stacks need from outside: storage in a unit of work, and reads without one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from issuer.core.backpack.model import KeptId
from issuer.core.model import Credential, CredentialId, ListId
from issuer.core.recognition.agreement import AgreementId
from issuer.core.recognition.terms import Dates
from issuer.core.stacks.brought import NOTHING, BroughtRows
from issuer.core.stacks.pieces import Brought
from issuer.core.stacks.stack import Due, Group, ListSnapshot, PathwayVersion, Stack, StackChange, StackId, StackState
from service_kit.inputs import Page, PageRequest


@dataclass(frozen=True, slots=True)
class Components:
    """What a stack rests on: credentials that were issued here, by whomever, and what its learner keeps."""

    issued: Collection[CredentialId] = ()
    kept: Collection[KeptId] = ()


class Pathways(Protocol):
    """Our copy of the catalog's pathways."""

    async def apply(self, version: PathwayVersion, feeds: Collection[str], changed_at: datetime) -> None:
        """Keep this state unless a newer one is known. Everybody whom it may concern is due for evaluation.

        `feeds` are the achievements, and pathways, that matter to it; `*` for any achievement.
        """


class Stacks(Protocol):
    """Stacks, and the evaluations that are due."""

    async def claim(self, most: int, *, now: datetime, until: datetime) -> Sequence[Due]:
        """Take some that are due. Until then nobody else does."""

    async def spread(self, due: Due) -> None:
        """One for each learner whom an evaluation of all concerns, instead of it."""

    async def done(self, ids: Collection[int]) -> None:
        """These are no longer due."""

    async def postpone(self, ids: Collection[int], at: datetime, *, is_attempt: bool) -> None:
        """These are due again at another time. `is_attempt`: it was tried, and could not be."""

    async def on(self, group: Group, pathways: Collection[str]) -> frozenset[tuple[StackId, int]]:
        """The learner's stacks on other pathways, by id and revision. Nobody else awards them anything meanwhile."""

    async def add(self, stack: Stack, components: Components, change: StackChange) -> bool:
        """Store a new one. False when there is one for this learner, or was one for the same evidence."""

    async def save(self, stack: Stack, components: Components, change: StackChange) -> bool:
        """Store its next revision. False when it is another's already."""

    async def hold_brought(self, brought: Collection[Brought], now: datetime) -> bool:
        """Whether these are kept as they were, nothing was found against them, and their consents stand.

        All stays so until the end of the transaction. Of what was issued here our own rows tell.
        """

    async def want_looks(self, kept: Collection[KeptId], now: datetime) -> None:
        """These are to be verified again as soon as may be. Whoever does makes their evaluations due."""


@dataclass(frozen=True, slots=True)
class AgreedPartner:
    """A signed agreement by which an organization recognises an issuer of another's."""

    org_id: str
    id: AgreementId
    version: int
    digest: str
    source_issuer: str
    signed_at: datetime
    in_force: Dates


@dataclass(frozen=True, slots=True)
class Gathered:
    """What evaluations look at, as it was at one moment, for several learners."""

    pathways: Sequence[PathwayVersion]
    stacks: Sequence[Stack]
    credentials: Sequence[Credential]
    lists: Mapping[ListId, ListSnapshot]
    issuers: Mapping[str, frozenset[str]]
    """By organization, the DIDs of its own issuers."""
    agreements: Sequence[AgreedPartner]
    brought: BroughtRows = NOTHING


@dataclass(frozen=True, slots=True)
class WantedStacks:
    """Which stacks to list. None means any."""

    pathway_id: str | None = None
    recipient_key: bytes | None = None
    state: StackState | None = None


class StackReading(Protocol):
    """Reads of stacks outside any transaction."""

    async def gather(self, groups: Collection[Group], at: datetime | None = None) -> Gathered:
        """With what learners keep, by the consents that stand at this moment; without one, without that."""

    async def stack(self, org_id: str, stack_id: StackId) -> Stack | None: ...

    async def changes(self, stack_id: StackId) -> Sequence[StackChange]:
        """Its life, oldest first."""

    async def stacks(self, org_id: str, wanted: WantedStacks, page: PageRequest) -> Page[Stack]:
        """The organization's, newest first."""

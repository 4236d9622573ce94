"""What the core needs from the outside: one transaction with its repositories, and readings of one moment."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from catalog.core.achievements.profile_ports import Profiles
from catalog.core.changes import Changes
from catalog.core.model import (
    AchievementId,
    AchievementSummary,
    AchievementView,
    AgreementState,
    Course,
    CourseId,
    Draft,
    Endorsement,
    IssuerProfile,
    OrgId,
    PathwayDraft,
    PathwayId,
    PathwaySummary,
    PathwayVersion,
    PathwayView,
    Status,
    Version,
)
from catalog.core.skills.ports import Skills
from contracts.payload import Payload
from service_kit.inputs import IdempotencyKey, Page, PageRequest


class Sort(StrEnum):
    """Orders of a list. All are total: the id decides between equals."""

    RELEVANCE = "relevance"
    CODE = "code"
    NAME = "name"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class CourseQuery:
    """Which courses. `None` means any."""

    sort: Sort
    q: str | None = None
    organization: str | None = None
    department: str | None = None
    level: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class AchievementQuery:
    """Which achievements. `None` means any."""

    sort: Sort
    q: str | None = None
    organization: str | None = None
    department: str | None = None
    achievement_type: str | None = None
    course: str | None = None
    skill: str | None = None
    level: float | None = None


@dataclass(frozen=True, slots=True)
class Upserted:
    """Which codes of a batch made new courses and which changed old ones; the others were as they are."""

    created: frozenset[str]
    updated: frozenset[str]


class Courses(Protocol):
    """Courses in the transaction. Everything is asked for with its owner."""

    async def add(self, course: Course) -> bool:
        """Insert. False when the organization has a course of this code."""

    async def upsert(self, courses: Sequence[Course]) -> Upserted:
        """Insert or replace by code. Rows are locked in the order given: sort by code first."""

    async def lock(self, org: OrgId, course_id: CourseId) -> Course | None:
        """Read for a change."""

    async def save(self, course: Course) -> bool:
        """Replace. False when the new code is another course's."""

    async def remove(self, org: OrgId, course_id: CourseId) -> bool:
        """Delete. False when there is none."""

    async def find(self, org: OrgId, reference: str) -> Course | None:
        """By id or by code."""


class Achievements(Protocol):
    """Drafts and versions in the transaction. Everything is asked for with its owner."""

    async def add(self, draft: Draft) -> None:
        """Insert a new draft."""

    async def lock(self, org: OrgId, achievement_id: AchievementId) -> Draft | None:
        """Read for a change; others who want to change it wait."""

    async def save(self, draft: Draft) -> None:
        """Replace a locked draft."""

    async def remove(self, draft: Draft) -> None:
        """Delete a locked draft that has no version."""

    async def add_version(self, version: Version) -> None:
        """Insert a version."""

    async def version(self, achievement_id: AchievementId, number: int) -> Version | None:
        """Read one version."""

    async def retire(self, achievement_id: AchievementId, number: int | None, at: datetime) -> Sequence[Version]:
        """Retire one version or all that are not. Returns those that changed, as they are now."""

    async def newest_published(self, achievement_id: AchievementId) -> int | None:
        """The highest version that is not retired."""

    async def hold_sources(self, org: OrgId) -> None:
        """Others who want to import for this organization wait until the transaction ends."""

    async def of_source(self, org: OrgId, source: str) -> Draft | None:
        """Read for a change what was imported from there."""


class Pathways(Protocol):
    """Pathways in the transaction. Everything is asked for with its owner."""

    async def add(self, draft: PathwayDraft) -> None:
        """Insert a new draft."""

    async def lock(self, org: OrgId, pathway_id: PathwayId) -> PathwayDraft | None:
        """Read for a change; others who want to change it wait."""

    async def save(self, draft: PathwayDraft) -> None:
        """Replace a locked draft."""

    async def remove(self, draft: PathwayDraft) -> None:
        """Delete a locked draft that has no version."""

    async def add_version(self, version: PathwayVersion) -> None:
        """Insert a version."""

    async def version(self, pathway_id: PathwayId, number: int) -> PathwayVersion | None:
        """Read one version."""

    async def retire(self, pathway_id: PathwayId, number: int | None, at: datetime) -> Sequence[PathwayVersion]:
        """Retire one version or all that are not. Returns those that changed, as they are now."""

    async def newest_published(self, pathway_id: PathwayId) -> int | None:
        """The highest version that is not retired."""

    async def published_achievements(self, ids: Collection[str]) -> frozenset[str]:
        """Those of these achievements, by the last part of their address, of which there is a version."""


class Projections(Protocol):
    """What other services told us. Only a higher revision changes anything."""

    async def put_issuer(self, issuer: IssuerProfile) -> None:
        """An issuer as it is now."""

    async def put_issuance(self, credential_id: str, achievement: str, by: str, state: str, revision: int) -> None:
        """A credential of an achievement (its URL) was issued by an organization."""

    async def put_endorsement(self, endorsement: Endorsement, revision: int) -> bool:
        """An endorsement is to be shown. Whether it was not before."""

    async def withdraw_endorsement(self, endorsement_id: str, subject: str, revision: int) -> bool:
        """It is to be shown no more. Whether it was before."""

    async def put_agreement(self, agreement_id: str, state: AgreementState, revision: int) -> bool:
        """Where a recognition agreement stands. Whether that is news: a newer state, and another."""

    async def put_state(self, credential_id: str, state: str, revision: int) -> None:
        """A credential's state changed."""


class Outbox(Protocol):
    """Events that leave with the commit."""

    async def append(self, *payloads: Payload) -> None:
        """Add events, in this order."""


class IdempotencyKeys(Protocol):
    """Requests seen before."""

    async def claim(self, owner: str, key: IdempotencyKey, result: str | None = None) -> str | None:
        """Take a key, with its result if that is known already, or return what its first use stored."""

    async def store(self, owner: str, key: IdempotencyKey, result: str) -> None:
        """Remember what a repetition must give."""


class Work(Protocol):
    """One transaction."""

    @property
    def courses(self) -> Courses: ...
    @property
    def achievements(self) -> Achievements: ...
    @property
    def pathways(self) -> Pathways: ...
    @property
    def profiles(self) -> Profiles: ...
    @property
    def skills(self) -> Skills: ...
    @property
    def projections(self) -> Projections: ...
    @property
    def changes(self) -> Changes: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def idempotency(self) -> IdempotencyKeys: ...

    async def commit(self) -> None:
        """Make it all durable."""


Begin = Callable[[], AbstractAsyncContextManager[Work]]


class Readings(Protocol):
    """Reading for answers. What is somebody's draft is asked for with its owner."""

    async def course(self, course_id: CourseId) -> Course | None:
        """One course."""

    async def courses(self, query: CourseQuery, page: PageRequest) -> Page[Course]:
        """A page of courses."""

    async def achievement(self, achievement_id: AchievementId, owner: OrgId | None) -> AchievementView | None:
        """One achievement: the version the public sees, and for its owner the draft. None if there is neither."""

    async def published(self, query: AchievementQuery, status: Status, page: PageRequest) -> Page[AchievementSummary]:
        """A page of what the public sees."""

    async def chosen(self, ids: Collection[AchievementId]) -> Mapping[AchievementId, AchievementSummary]:
        """Of these, all that were ever published, in one reading."""

    async def drafts(
        self, owner: OrgId, query: AchievementQuery, status: Status | None, page: PageRequest
    ) -> Page[AchievementSummary]:
        """A page of an organization's own achievements, as drafts."""

    async def versions(self, achievement_id: AchievementId, page: PageRequest) -> Page[Version] | None:
        """Versions, newest first. None when there is no published one."""

    async def version(self, achievement_id: AchievementId, number: int) -> Version | None:
        """One version."""


@dataclass(frozen=True, slots=True)
class PathwayQuery:
    """Which pathways. `None` means any."""

    q: str | None = None
    organization: str | None = None


class PathwayReadings(Protocol):
    """Reading pathways for answers. What is somebody's draft is asked for with its owner."""

    async def pathway(self, pathway_id: PathwayId, owner: OrgId | None) -> PathwayView | None:
        """The version the public sees, and for its owner the draft. None if there is neither."""

    async def published(self, query: PathwayQuery, page: PageRequest) -> Page[PathwaySummary]:
        """A page of what the public sees, newest first."""

    async def drafts(self, owner: OrgId, query: PathwayQuery, page: PageRequest) -> Page[PathwaySummary]:
        """A page of an organization's own, newest first."""

    async def versions(self, pathway_id: PathwayId, page: PageRequest) -> Page[PathwayVersion] | None:
        """Versions, newest first. None when there is none."""

    async def version(self, pathway_id: PathwayId, number: int) -> PathwayVersion | None:
        """One version."""

"""The feed of changes: what became public or ceased to be, each with its place in one order."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from catalog.core.model import OrgId, PathwayVersion, Version
from catalog.core.skills.model import Framework
from service_kit.inputs import Page, PageRequest

FIRST = 1  # version


class ChangeKind(StrEnum):
    """What changed."""

    ACHIEVEMENT = "achievement"
    PATHWAY = "pathway"
    FRAMEWORK = "skill-framework"
    ENDORSEMENT = "endorsement"
    AGREEMENT = "recognition-agreement"


class ChangeType(StrEnum):
    """How. `updated`: there was a version before. `retired`: it is closed; an agreement, that it ended or expired.
    `withdrawn`: an endorsement is not shown any more.
    """

    PUBLISHED = "published"
    UPDATED = "updated"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `thing` is the last part of its address; of an endorsement or agreement, all of its address."""

    kind: ChangeKind
    thing: str
    change: ChangeType
    at: datetime
    org_id: OrgId
    version: int | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A change in its place."""

    position: int
    change: Change


@dataclass(frozen=True, slots=True)
class ChangeQuery:
    """Which changes. None means any."""

    kind: ChangeKind | None = None
    organization: str | None = None


class Changes(Protocol):
    """Changes in the transaction."""

    async def note(self, *changes: Change) -> None:
        """Give them the next places. To be called last: others who do the same wait for the end of the transaction."""


class ChangeReadings(Protocol):
    """Reading for answers."""

    async def after(self, query: ChangeQuery, page: PageRequest) -> tuple[Page[Placed], int]:
        """Those behind the cursor's place, in order, and the place up to which there is nothing more to come."""


def of_version(version: Version) -> Change:
    """A version of an achievement was published, or is retired."""
    how = _how(version.number, retired=version.retired_at is not None)
    at = version.retired_at or version.published_at
    return Change(ChangeKind.ACHIEVEMENT, version.achievement_id, how, at, version.org_id, version.number)


def of_pathway(version: PathwayVersion) -> Change:
    """The same for pathways."""
    how = _how(version.number, retired=version.retired_at is not None)
    at = version.retired_at or version.published_at
    return Change(ChangeKind.PATHWAY, version.pathway_id, how, at, version.org_id, version.number)


def of_framework(framework: Framework) -> Change:
    """A framework was imported, for the first time or again."""
    how = _how(framework.version, retired=False)
    return Change(ChangeKind.FRAMEWORK, framework.id, how, framework.updated_at, framework.org_id, framework.version)


def _how(version: int, *, retired: bool) -> ChangeType:
    if retired:
        return ChangeType.RETIRED
    return ChangeType.PUBLISHED if version == FIRST else ChangeType.UPDATED

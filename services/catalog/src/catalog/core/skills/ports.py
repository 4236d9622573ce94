"""What skills need from the outside."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from catalog.core.model import AchievementId, OrgId
from catalog.core.skills.model import (
    Framework,
    FrameworkId,
    FrameworkView,
    KnownSkill,
    Package,
    Relation,
    Skill,
    SkillId,
    SkillKind,
    SkillView,
)
from service_kit.inputs import Page, PageRequest


@dataclass(frozen=True, slots=True)
class Aligned:
    """A skill that an achievement stands for. `level` is None where none is stated; `member` is where it says so."""

    skill: str
    level: float | None
    member: str
    framework: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A skill of an organization's framework, as alignments are checked against it."""

    uri: str
    code: str | None
    retired_in: int | None


class Skills(Protocol):
    """Frameworks and their skills in the transaction. Everything is asked for with its owner."""

    async def lock(self, org: OrgId, uri: str) -> Framework | None:
        """The organization's framework of this identifier; whoever imports it meanwhile waits, also a first time."""

    async def put(self, framework: Framework) -> None:
        """Insert or replace the framework, and add its version to the history."""

    async def replace_skills(self, framework: Framework, skills: Sequence[Skill], language: str) -> tuple[int, int]:
        """Make these its skills. What is no longer there is marked as retired. Returns how many came and went."""

    async def replace_relations(self, framework: FrameworkId, relations: Sequence[Relation]) -> None:
        """Make these its relations."""

    async def named(self, org: OrgId, names: Collection[str]) -> Sequence[Framework]:
        """The organization's frameworks that have one of these titles (case does not matter) or identifiers."""

    async def entries(self, framework: FrameworkId, uris: Collection[str]) -> Sequence[Entry]:
        """Those of its skills, retired ones included."""

    async def index(self, achievement_id: AchievementId, version: int, aligned: Sequence[Aligned]) -> None:
        """Make a version findable by its skills."""


@dataclass(frozen=True, slots=True)
class SkillQuery:
    """Which skills. `None` means any."""

    q: str | None = None
    framework: FrameworkId | None = None
    uri: str | None = None
    kind: SkillKind | None = None
    broader: str | None = None


class SkillReadings(Protocol):
    """Reading for answers. Frameworks are public."""

    async def frameworks(self, organization: str | None, page: PageRequest) -> Page[Framework]:
        """A page, newest first."""

    async def framework(self, framework_id: FrameworkId) -> FrameworkView | None:
        """One, with its versions."""

    async def skills(self, query: SkillQuery, page: PageRequest) -> Page[KnownSkill]:
        """A page: by label, or the best matches of the words first. Retired skills are not in it."""

    async def skill(self, skill_id: SkillId) -> SkillView | None:
        """One, retired ones included, with the first of its neighbours."""


@dataclass(frozen=True, slots=True)
class ReadPackage:
    """A package, and the digest of what it says."""

    package: Package
    digest: str

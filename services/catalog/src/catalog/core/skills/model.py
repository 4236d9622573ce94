"""Skills frameworks as the catalog keeps them, whatever they were published as: skills, and what relates them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from catalog.core.model import Json, OrgId

FrameworkId = NewType("FrameworkId", str)
SkillId = NewType("SkillId", str)


class Source(StrEnum):
    """What a framework is published as."""

    CASE = "case"
    ESCO = "esco"
    ONET = "onet"


class SkillKind(StrEnum):
    """A skill, a group of skills, or an occupation that asks for skills."""

    SKILL = "skill"
    GROUP = "group"
    OCCUPATION = "occupation"


class RelationType(StrEnum):
    """What one skill is to another, read from the first to the second."""

    BROADER = "broader"
    PART_OF = "partOf"
    PEER = "peer"
    EXACT = "exactMatch"
    RELATED = "related"
    PRECEDES = "precedes"
    REPLACED_BY = "replacedBy"
    EXEMPLAR = "exemplar"
    SKILL_LEVEL = "skillLevel"
    TRANSLATION = "translationOf"
    REQUIRES = "requires"
    USES = "uses"


@dataclass(frozen=True, slots=True)
class Scale:
    """The lowest and the highest level that a framework's skills have."""

    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Skill:
    """One entry of a framework. `uri` is the source's own identifier; labels are in the framework's language."""

    uri: str
    label: str
    kind: SkillKind = SkillKind.SKILL
    code: str | None = None
    other_labels: Sequence[str] = ()
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """`source` is `type` to `target`. What an occupation requires may have a level."""

    source: str
    type: RelationType
    target: str
    level: float | None = None


@dataclass(frozen=True, slots=True)
class RowError:
    """Something about one row, or one element, of one file."""

    file: str
    row: int
    line: int | None
    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class Row:
    """One record: cells by the columns' names, in lower case and without other signs; or an element of a JSON list.

    `cells` is None when it could not be read; `error` then says why.
    """

    number: int
    line: int | None
    cells: Mapping[str, object] | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """A framework as it was read: each skill once, each relation once, and what could not be used."""

    source: Source
    uri: str
    title: str
    language: str
    source_version: str | None
    scale: Scale
    skills: Sequence[Skill]
    relations: Sequence[Relation]
    received: int
    errors: Sequence[RowError] = ()


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework that an organization imported. Each import that changed something is a version."""

    id: FrameworkId
    org_id: OrgId
    uri: str
    source: Source
    title: str
    version: int
    language: str
    source_version: str | None
    digest: str
    scale: Scale
    skills: int
    relations: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class FrameworkVersion:
    """One import that changed something."""

    version: int
    source_version: str | None
    language: str
    digest: str
    skills: int
    relations: int
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class FrameworkView:
    """A framework and its newest versions."""

    framework: Framework
    versions: Sequence[FrameworkVersion]


@dataclass(frozen=True, slots=True)
class KnownSkill:
    """A skill as it is kept: labels by language. `retired_in` is the version that no longer had it."""

    id: SkillId
    framework: FrameworkId
    uri: str
    kind: SkillKind
    label: str
    labels: Mapping[str, str]
    other_labels: Mapping[str, Sequence[str]]
    code: str | None
    description: str | None
    retired_in: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A skill that another is related to, in one of the two directions. Another framework's has no label here."""

    type: RelationType
    uri: str
    label: str | None
    level: float | None


@dataclass(frozen=True, slots=True)
class SkillView:
    """A skill and its neighbours: `outgoing` are what it is related to, `incoming` what is related to it."""

    skill: KnownSkill
    outgoing: Sequence[Neighbour]
    incoming: Sequence[Neighbour]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the files. `errors` holds at most 1,000 entries; `rejected` counts all."""

    framework: str
    version: int
    changed: bool
    received: int
    skills: int
    relations: int
    added: int = 0
    removed: int = 0
    rejected: int = 0
    errors: Sequence[Json] = field(default_factory=list)

"""What answers about skills look like, for the API's description."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from catalog.http.answers import Answer

Type = Literal[
    "broader", "partOf", "peer", "exactMatch", "related", "precedes", "replacedBy", "exemplar", "skillLevel",
    "translationOf", "requires", "uses",
]  # fmt: skip
Kind = Literal["skill", "group", "occupation"]


class LevelScale(Answer):
    """The lowest and the highest level of a framework's skills."""

    lowest: float
    highest: float


class FrameworkLine(Answer):
    """A framework that an organization imported."""

    id: str
    uri: str = Field(description="the source's own identifier")
    source: Literal["case", "esco", "onet"]
    title: str
    organization: str
    version: int = Field(description="1, 2, 3 ...: every import that changed something")
    source_version: str | None
    language: str
    levels: LevelScale
    skills: int
    relations: int
    created_at: datetime
    updated_at: datetime


class FrameworkPage(Answer):
    """Frameworks, and the cursor of the next page (which Link carries too)."""

    items: list[FrameworkLine]
    next: str | None


class FrameworkVersionLine(Answer):
    """One import that changed something."""

    version: int
    source_version: str | None
    language: str
    digest: str
    skills: int
    relations: int
    imported_at: datetime


class FrameworkAnswer(FrameworkLine):
    """A framework, and its newest versions."""

    versions: list[FrameworkVersionLine]


class PackageProblem(Answer):
    """Something about one row or element."""

    file: str
    row: int = Field(description="counted from 1, without header and empty lines")
    line: int | None = Field(None, description="where the row begins, in CSV")
    field: str
    detail: str


class FrameworkImport(Answer):
    """What became of the files."""

    framework: str = Field(description="its address")
    version: int
    changed: bool
    received: int = Field(description="rows and elements")
    skills: int
    relations: int
    added: int
    removed: int = Field(description="retired: no longer in the source")
    rejected: int
    errors: list[PackageProblem] = Field(description="the first 1,000; `rejected` counts all")


class SkillLine(Answer):
    """A skill, a group of skills, or an occupation."""

    id: str
    uri: str = Field(description="the source's own identifier: what alignments name as targetUrl")
    kind: Kind
    code: str | None
    label: str
    labels: dict[str, str] = Field(description="by language")
    other_labels: dict[str, list[str]]
    description: str | None
    framework: str
    retired_in: int | None = Field(description="the framework's version that no longer had it")


class SkillPage(Answer):
    """Skills, and the cursor of the next page (which Link carries too)."""

    items: list[SkillLine]
    next: str | None


class NeighbourLine(Answer):
    """A skill that this one is related to."""

    type: Type
    uri: str
    label: str | None = Field(description="null for a skill of another framework")
    level: float | None


class SkillAnswer(SkillLine):
    """A skill and its neighbours, the first hundred each way."""

    relations: list[NeighbourLine] = Field(description="what this skill is to others, such as: broader is")
    related_from: list[NeighbourLine] = Field(description="what others are to this skill")

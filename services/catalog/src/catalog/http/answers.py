"""What answers look like, for the API's description. Replies are built in replies.py; a test holds the two together."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from catalog.core.achievements.kinds import Kind
from service_kit.described import problems


class Answer(BaseModel):
    """A JSON object with these members."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class Course(Answer):
    """A course."""

    id: str
    organization: str
    code: str
    title: str
    department: str | None
    level: int | str | None
    credits: float | None
    type: str | None
    prerequisites: str | None
    description: str | None
    general_education: list[str]
    extra: dict[str, JsonValue] = Field(description="members of an imported row that have no field here")
    created_at: datetime
    updated_at: datetime


class CoursePage(Answer):
    """Courses, and the cursor of the next page (which Link carries too)."""

    items: list[Course]
    next: str | None


class RowProblem(Answer):
    """Something about one row of a file."""

    row: int = Field(description="counted from 1, without header and empty lines")
    line: int | None = Field(None, description="where the row begins, in CSV and NDJSON")
    code: str | None = None
    field: str
    detail: str


class ImportReport(Answer):
    """What became of a file. Every row is created, updated, unchanged or rejected."""

    dry_run: bool
    received: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    error_count: int
    errors: list[RowProblem] = Field(description="the first 1,000; `errorCount` counts all")
    warning_count: int
    warnings: list[RowProblem] = Field(description="rows that were taken and are odd, the first 1,000")
    extra_members: list[str] = Field(description="members without a field here, kept in `extra`")


class ForeignProblem(Answer):
    """Something about one achievement of another catalogue."""

    row: int = Field(description="counted from 1")
    source: str | None
    field: str
    detail: str


class ImportedAchievement(Answer):
    """What one became."""

    row: int
    form: Literal["open-badges-3.0", "open-badges-2.0", "ctdl"]
    source: str | None = Field(description="what it is called where it comes from")
    id: str = Field(description="the achievement here; its draft")
    name: str


class ForeignReportAnswer(Answer):
    """What became of achievements of another catalogue. Each is created, updated, unchanged or rejected."""

    dry_run: bool
    received: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    achievements: list[ImportedAchievement]
    errors: list[ForeignProblem]
    warnings: list[ForeignProblem] = Field(description="what was left out of those that are taken")


class OpenBadgesAchievement(BaseModel):
    """An Open Badges 3.0 Achievement; optional members as there."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel)

    id: str
    type: list[str]
    name: str
    description: str
    criteria: dict[str, str]
    version: str | None = None


class MissingElement(Answer):
    """An element of the EU's Annex I that is not stated."""

    element: str
    member: str = Field(description="where it would stand")
    title: str
    need: Literal["mandatory", "ifApplicable", "optional"]
    example: dict[str, Any] | None = Field(
        None, description="of a draft: how it could be stated, as members that PATCH takes"
    )


class CompletenessAnswer(Answer):
    """How much of the EU's Annex I for micro-credentials is stated. A mandatory element weighs as two."""

    score: int = Field(ge=0, le=100)
    missing: list[MissingElement]
    profiles: list[str] = Field(description="of everybody's metadata profiles, those that are met")


PROFILE = "the metadata profile that decides about publishing; your organization's rule when null"


class DraftAnswer(OpenBadgesAchievement):
    """A draft, for its owner."""

    kind: Kind | None = Field(description="what achievementType is called in the field")
    profile: str | None = Field(description=PROFILE)
    completeness: CompletenessAnswer
    status: Literal["draft", "published", "retired"] = Field(description="of the achievement")
    organization: str
    course: str | None
    department: str | None
    latest_version: int | None
    created_at: datetime
    updated_at: datetime


class VersionAnswer(OpenBadgesAchievement):
    """A published version, and where it stands."""

    kind: Kind | None = Field(description="what achievementType is called in the field")
    profile: str | None = Field(description="the metadata profile that it met")
    completeness: CompletenessAnswer
    status: Literal["published", "retired"]
    organization: str
    version_id: str = Field(description="permanent address of this version")
    published_at: datetime
    retired_at: datetime | None


class IssuerAnswer(Answer):
    """An issuer of the organization."""

    id: str = Field(description="the DID that signs")
    name: str
    url: str


class StatisticsAnswer(Answer):
    """Credentials ever issued, and of these now revoked and suspended."""

    issued: int
    revoked: int
    suspended: int


class EndorserAnswer(Answer):
    """Who endorses, in the endorsement's own words."""

    id: str
    name: str


class EndorsementAnswer(Answer):
    """What somebody else says, signed. It was verified, and the owner of what it is about wants it shown."""

    id: str
    issuer: EndorserAnswer
    comment: str | None
    valid_from: datetime
    valid_until: datetime | None
    credential: dict[str, Any] | str = Field(description="the EndorsementCredential: a document, or a compact JWS")


class AchievementAnswer(OpenBadgesAchievement):
    """The version the public sees. Its owner also gets `draft`, and the draft itself while nothing is published."""

    kind: Kind | None = Field(description="what achievementType is called in the field")
    profile: str | None = Field(description="the metadata profile that it met")
    completeness: CompletenessAnswer
    status: Literal["draft", "published", "retired"]
    organization: str
    course: str | None
    department: str | None
    issuers: list[IssuerAnswer]
    statistics: StatisticsAnswer
    endorsements: list[EndorsementAnswer] = Field(description="of this version")
    created_at: datetime
    draft: dict[str, Any] | None = None


class AchievementLine(BaseModel):
    """One line of a list: without image, alignment and result descriptions."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel)

    id: str
    type: list[str]
    name: str
    description: str
    version: str | None
    kind: Kind | None = Field(description="what achievementType is called in the field")
    completeness: int | None = Field(description="0 to 100, of the published version")
    status: Literal["draft", "published", "retired"]
    organization: str
    course: str | None
    department: str | None
    created_at: datetime
    published_at: datetime | None


class AchievementPage(Answer):
    """Achievements, and the cursor of the next page (which Link carries too)."""

    items: list[AchievementLine]
    next: str | None


class VersionLine(Answer):
    """One line of an achievement's history."""

    id: str
    version: str
    name: str
    status: Literal["published", "retired"]
    published_at: datetime
    retired_at: datetime | None


class VersionPage(Answer):
    """Versions, newest first."""

    items: list[VersionLine]
    next: str | None


def documented(model: Any, *statuses: int, status: int = 200, **more: Any) -> dict[int | str, dict[str, Any]]:
    """`responses=` for a route: its answer and its own problems."""
    return {status: {"description": "Done", **({"model": model} if model else {}), **more}, **problems(*statuses)}


def as_a_page(responses: dict[int | str, dict[str, Any]], *statuses: int) -> dict[int | str, dict[str, Any]]:
    """These answers also as pages: the address is one that people's browsers read too."""
    pages: dict[int | str, dict[str, Any]] = {
        status: {**responses[status], "content": {**responses[status].get("content", {}), "text/html": {}}}
        for status in statuses
    }
    return {**responses, **pages}

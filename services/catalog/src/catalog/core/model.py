"""The catalog's things: courses, achievements as drafts and as published versions, and what other services told us."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from pydantic import JsonValue

from service_kit.errors import FieldError

Json = dict[str, JsonValue]
OrgId = NewType("OrgId", str)
CourseId = NewType("CourseId", str)
AchievementId = NewType("AchievementId", str)
PathwayId = NewType("PathwayId", str)


@dataclass(frozen=True, slots=True)
class CourseFields:
    """What a university says of a course. `extra` holds the members of an imported row that we have no field for."""

    code: str
    title: str
    department: str | None = None
    level: str | None = None
    credits: float | None = None
    type: str | None = None
    prerequisites: str | None = None
    description: str | None = None
    general_education: Sequence[str] = ()
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Course:
    """A course of an organization. Its code is unique there."""

    id: CourseId
    org_id: OrgId
    fields: CourseFields
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CourseRow:
    """One row of an imported file, read: `fields` when it is usable, `errors` when not."""

    number: int
    line: int | None
    code: str | None
    fields: CourseFields | None
    errors: Sequence[FieldError] = ()
    warnings: Sequence[FieldError] = ()


class Status(StrEnum):
    """Where a version of an achievement, or one that has none yet, stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Draft:
    """The working copy of an achievement. `document` holds Open Badges 3.0 members, without id, type and version.

    `profile` names what decides whether it may be published, None the organization's rule. `source` is what another
    catalogue calls it, from which it was imported.
    """

    id: AchievementId
    org_id: OrgId
    document: Json
    revision: int
    course_id: CourseId | None
    department: str | None
    status: Status
    latest_version: int
    current_version: int | None
    created_at: datetime
    updated_at: datetime
    profile: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """An immutable version. Only `status` moves, and `revision` with it.

    `profile` is the one that it met, `completeness` what was known of it when it was published: None for older ones.
    """

    achievement_id: AchievementId
    number: int
    org_id: OrgId
    document: Json
    digest: str
    status: Status
    revision: int
    published_at: datetime
    retired_at: datetime | None = None
    profile: str | None = None
    completeness: Json | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many credentials of an achievement there are: ever issued, and of these now revoked or suspended."""

    issued: int = 0
    revoked: int = 0
    suspended: int = 0


@dataclass(frozen=True, slots=True)
class IssuerProfile:
    """An issuer as its events describe it. The country is the code of its address (ISO 3166-1, two letters)."""

    slug: str
    issuer_id: str
    org_id: OrgId
    name: str
    active: bool
    revision: int
    country: str | None = None


class AgreementState(StrEnum):
    """Where a recognition agreement stands that everybody may read."""

    SIGNED = "signed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Endorsement:
    """What somebody else says of one version of something, verified by the issuer service.

    `credential` is the signed text; `is_token`: it is a compact JWS. It is shown until its end, and as long as it is
    believed.
    """

    id: str
    subject: str
    version: int | None
    issuer_id: str
    issuer_name: str
    credential: str
    is_token: bool
    comment: str | None
    valid_from: datetime
    valid_until: datetime | None
    believed_until: datetime


@dataclass(frozen=True, slots=True)
class AchievementView:
    """An achievement as somebody may see it. `draft` is there for its owner only, `version` when one was published."""

    id: AchievementId
    org_id: OrgId
    course_id: CourseId | None
    department: str | None
    created_at: datetime
    version: Version | None
    draft: Draft | None
    issuers: Sequence[IssuerProfile] = ()
    statistics: Statistics = Statistics()
    endorsements: Sequence[Endorsement] = ()


@dataclass(frozen=True, slots=True)
class AchievementSummary:
    """One line of a list: the members of the document that a reader chooses by, and where it stands."""

    id: AchievementId
    org_id: OrgId
    course_id: CourseId | None
    department: str | None
    status: Status
    version: int | None
    document: Mapping[str, JsonValue]
    created_at: datetime
    published_at: datetime | None
    score: int | None = None


@dataclass(frozen=True, slots=True)
class PathwayDraft:
    """The working copy. `document` is the pathway's JSON as stacking.documents reads it."""

    id: PathwayId
    org_id: OrgId
    document: Json
    revision: int
    status: Status
    latest_version: int
    current_version: int | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PathwayVersion:
    """An immutable version. `digest` is what a signed evaluation names it by."""

    pathway_id: PathwayId
    number: int
    org_id: OrgId
    document: Json
    digest: str
    status: Status
    revision: int
    published_at: datetime
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PathwayView:
    """A pathway as somebody may see it. `draft` is there for its owner only."""

    id: PathwayId
    org_id: OrgId
    created_at: datetime
    version: PathwayVersion | None
    draft: PathwayDraft | None
    endorsements: Sequence[Endorsement] = ()
    issuers: Sequence[IssuerProfile] = ()


@dataclass(frozen=True, slots=True)
class PathwaySummary:
    """One line of a list."""

    id: PathwayId
    org_id: OrgId
    name: str
    description: str | None
    status: Status
    version: int | None
    created_at: datetime

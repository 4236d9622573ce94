"""What the catalog tells: achievements, pathways, and what others say about them. See contracts.payload."""

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field

from contracts.payload import Json, Payload


class AchievementState(Payload):
    """One immutable version of an achievement, whole, so that the newest record of a key is all a reader needs."""

    achievement_id: str = Field(description="URL of the achievement, without the version")
    version: int = Field(ge=1)
    revision: int = Field(ge=1, description="grows with every change of this version's status")
    org_id: str = Field(description="organization that owns the achievement")
    name: str
    achievement_type: str | None = None
    document: Json = Field(description="the Open Badges 3.0 Achievement as published")
    completeness: Annotated[
        int | None, Field(ge=0, le=100, description="how much of the EU's Annex I for micro-credentials is stated")
    ] = None
    changed_at: AwareDatetime

    def key(self) -> str:
        return f"{self.achievement_id.rsplit('/', 1)[-1]}/{self.version}"


class AchievementPublished(AchievementState):
    """An achievement version is open for issuing."""

    event_type: ClassVar[str] = "achievement.published.v1"


class AchievementRetired(AchievementState):
    """An achievement version may no longer be issued; what was issued stays valid."""

    event_type: ClassVar[str] = "achievement.retired.v1"


class PathwayState(Payload):
    """One immutable version of a pathway, whole."""

    pathway_id: str = Field(description="URL of the pathway, without the version")
    version: int = Field(ge=1)
    revision: int = Field(ge=1, description="grows with every change of this version's status")
    org_id: str = Field(description="organization that owns the pathway")
    name: str
    digest: str = Field(description="SHA-256 of the document as sorted JSON, in hexadecimal: what evaluations name")
    document: Json = Field(description="the components and conditions, in CTDL's terms")
    changed_at: AwareDatetime

    def key(self) -> str:
        return f"{self.pathway_id.rsplit('/', 1)[-1]}/{self.version}"


class PathwayPublished(PathwayState):
    """A pathway version is open: learners may complete it."""

    event_type: ClassVar[str] = "pathway.published.v1"


class PathwayRetired(PathwayState):
    """A pathway version is closed for new completions; what was awarded by it stays."""

    event_type: ClassVar[str] = "pathway.retired.v1"


class EndorsementState(Payload):
    """Whether an endorsement is to be seen with what it endorses. Only the newest revision counts."""

    endorsement_id: str = Field(description="URL of the endorsement")
    revision: int = Field(ge=1)
    org_id: str = Field(description="organization that owns what is endorsed")
    subject: str = Field(description="id of what is endorsed, as in credentials: an achievement, a pathway, an issuer")
    changed_at: AwareDatetime

    def key(self) -> str:
        return self.endorsement_id.rsplit("/", 1)[-1]


class EndorsementPublished(EndorsementState):
    """An endorsement was verified, and whom it is about accepted it. Told again each time it is verified anew."""

    event_type: ClassVar[str] = "endorsement.published.v1"

    version: Annotated[int | None, Field(ge=1, description="the one that it was given for, of what has versions")] = (
        None
    )
    issuer_id: str = Field(description="who endorses")
    issuer_name: str
    notation: Literal["document", "compact_jws"]
    credential: str = Field(description="the signed EndorsementCredential, as it was signed")
    comment: str | None = None
    valid_from: AwareDatetime
    valid_until: AwareDatetime | None = None
    believed_until: AwareDatetime = Field(description="not to be shown after this, unless a later event says more")


class EndorsementWithdrawn(EndorsementState):
    """An endorsement is no longer to be shown."""

    event_type: ClassVar[str] = "endorsement.withdrawn.v1"

    reason: Literal["declined", "revoked", "not_valid"]

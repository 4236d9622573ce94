"""What a client may say of a pathway, for the API's description. What it means is checked by stacking.documents."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from catalog.core import vocabulary as limits
from catalog.http.texts import Name, Prose, Uri

Key = Annotated[str, Field(min_length=1, max_length=limits.LABEL, description="unique within the pathway")]
Credits = Annotated[float, Field(ge=0, le=limits.CREDITS, allow_inf_nan=False, description="ECTS")]
Many = limits.PATHWAY_LIST


class Members(BaseModel):
    """A JSON object with these members and no others."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class IssuedBy(Members):
    """By one of these issuers."""

    type: Literal["IssuedBy"]
    issuers: Annotated[list[Uri], Field(min_length=1, max_length=Many)]


class RecognisedIssuer(Members):
    """By any issuer that the pathway's owner recognises."""

    type: Literal["RecognisedIssuer"]


class LevelAtLeast(Members):
    """At this level of the European Qualifications Framework or above."""

    type: Literal["LevelAtLeast"]
    level: Annotated[int, Field(ge=1, le=8)]


class AwardedFrom(Members):
    """On this day or later."""

    type: Literal["AwardedFrom"]
    date: date


class AwardedWithin(Members):
    """No longer ago than this on the day of the evaluation: years, months, weeks, days (ISO 8601)."""

    type: Literal["AwardedWithin"]
    period: Annotated[str, Field(max_length=30, examples=["P5Y", "P18M"])]


class ResultAtLeast(Members):
    """A result of at least this: a number, or a grade's place among its allowed values, lowest first as 1."""

    type: Literal["ResultAtLeast"]
    result_description: Uri
    value: Credits


class CreditsAtLeast(Members):
    """Worth at least so many credits by itself."""

    type: Literal["CreditsAtLeast"]
    credits: Credits


Constraint = Annotated[
    IssuedBy | RecognisedIssuer | LevelAtLeast | AwardedFrom | AwardedWithin | ResultAtLeast | CreditsAtLeast,
    Field(discriminator="type", title="Constraint"),
]


class Condition(Members):
    """How many of its targets and nested conditions must be reached (all, if not said), and credits in them."""

    name: Name | None = None
    description: Prose | None = None
    required_number: Annotated[int | None, Field(ge=0, le=1000)] = None
    logical_operator: Annotated[Literal["and", "or"] | None, Field(description="`or`: one of them")] = None
    required_credits: Credits | None = None
    target_component: Annotated[list[Key], Field(max_length=Many, description="ids of components")] = []
    has_condition: Annotated[list["Condition"], Field(max_length=Many)] = []

    @model_validator(mode="after")
    def _one_of_them_is_no_other_number(self) -> Self:
        if self.logical_operator == "or" and self.required_number not in (None, 1):
            raise ValueError("requiredNumber must be 1, or left out, where logicalOperator is or")
        return self


class Component(Members):
    """A step: reached by credentials for one of the achievements in `proxyFor`, or by its condition."""

    id: Key
    type: Literal[
        "AssessmentComponent",
        "BasicComponent",
        "CocurricularComponent",
        "CompetencyComponent",
        "CourseComponent",
        "CredentialComponent",
        "ExtracurricularComponent",
        "JobComponent",
        "SelectionComponent",
        "WorkExperienceComponent",
    ] = "CredentialComponent"
    name: Name | None = None
    proxy_for: Annotated[list[Uri], Field(max_length=Many, description="ids of achievements")] = []
    credit_value: Annotated[Credits | None, Field(description="what it counts, whatever the credential says")] = None
    minimum_number: Annotated[int | None, Field(ge=1, le=1000, description="of credentials; 1 if not said")] = None
    maximum_number: Annotated[int | None, Field(ge=1, le=1000, description="that count; the minimum if not said")] = (
        None
    )
    has_constraint: Annotated[list[Constraint], Field(max_length=Many)] = []
    has_condition: Condition | None = None


class Sharing(Members):
    """Of the credits that count in another pathway, how many count here too."""

    pathway: Uri
    maximum_credits: Credits


class PathwayMembers(Members):
    """The members that a pathway may have."""

    description: Prose | None = None
    sharing: Annotated[list[Sharing], Field(max_length=Many)] = []
    at_most_one_of: Annotated[
        list[Annotated[list[Uri], Field(max_length=Many)]], Field(max_length=Many, description="groups of achievements")
    ] = []
    not_for_holders_of: Annotated[list[Uri], Field(max_length=Many, description="achievements")] = []
    awarding: Annotated[
        Literal["automatic", "approval"] | None,
        Field(description="when it is complete: issue its credential (if not said), or ask somebody first"),
    ] = None

    def members(self) -> dict[str, Any]:
        """As it was said: names as in JSON, nothing that was left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class PathwayRequest(PathwayMembers):
    """A pathway in CTDL's terms: a tree of components and conditions below the destination."""

    name: Name
    has_destination_component: Key
    has_part: Annotated[list[Component], Field(min_length=1, max_length=limits.COMPONENTS)]


class PathwayChanges(PathwayMembers):
    """Members to replace; null removes an optional one."""

    name: Name | None = None
    has_destination_component: Key | None = None
    has_part: Annotated[list[Component] | None, Field(min_length=1, max_length=limits.COMPONENTS)] = None

    @model_validator(mode="after")
    def _nothing_required_is_removed(self) -> Self:
        for name in ("name", "has_destination_component", "has_part"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{to_camel(name)} cannot be removed")
        return self


class PathwayRetirement(Members):
    """One version, or all when it is left out."""

    version: Annotated[int | None, Field(ge=1, le=2**31 - 1)] = None


class HeldIn(Members):
    """An achievement as somebody holds it. Nothing of it is checked: this is a trial."""

    id: Annotated[str | None, Field(max_length=limits.URI, description="to find it again in the answer")] = None
    achievement: Uri
    issuer: Uri | None = None
    awarded: Annotated[date | None, Field(description="today if not said")] = None
    credits: Credits = 0
    level: Annotated[int | None, Field(ge=1, le=8, description="EQF")] = None
    results: Annotated[
        dict[str, Credits], Field(max_length=50, description="numbers by the id of their ResultDescription")
    ] = {}
    counted_in: Annotated[list[Uri], Field(max_length=50, description="pathways that it counts in already")] = []
    source: Annotated[Uri | None, Field(description="the credential that it was awarded for in recognition")] = None


class Trial(Members):
    """What somebody holds or thinks of earning."""

    held: Annotated[list[HeldIn], Field(max_length=limits.HELD)]
    day: Annotated[date | None, Field(description="of the evaluation; today if not said")] = None
    recognised_issuers: Annotated[list[Uri], Field(max_length=Many)] = []
    version: Annotated[int | None, Field(ge=1, le=2**31 - 1, description="the newest if not said")] = None

    @model_validator(mode="after")
    def _ids_are_of_one_each(self) -> Self:
        """One credential counts once, and which of two were meant is not to be guessed."""
        ids = [one.id for one in self.held if one.id is not None]
        if len(set(ids)) < len(ids):
            raise ValueError("held names the same id twice")
        return self

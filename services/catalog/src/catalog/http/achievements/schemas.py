"""What a client may say of an achievement: Open Badges 3.0's own members, checked, bounded, and nothing else."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, JsonValue, field_validator, model_validator

from catalog.core import vocabulary as limits
from catalog.core.achievements.kinds import ACHIEVEMENT_TYPES
from catalog.http.achievements.metadata_schemas import Members, MetadataMembers, listed, urn
from catalog.http.texts import (
    AchievementType,
    Credits,
    IdentifierType,
    ImageUri,
    Label,
    Language,
    Name,
    Prose,
    ResultType,
    TargetType,
    Uri,
)


class Criteria(Members):
    """How it is earned: an address where it says so, or the text itself (Markdown), or both."""

    id: Uri | None = None
    narrative: Prose | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return {"id" if value.strip().startswith(("http://", "https://")) else "narrative": value}

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.id is None and self.narrative is None:
            raise ValueError("needs an id or a narrative")
        return self


class Target(Members):
    """A skill, standard or course of a framework."""

    type: Annotated[list[Literal["Alignment"]], BeforeValidator(listed)] = Field(["Alignment"], max_length=1)
    target_name: Name = Field(alias="targetName")
    target_url: Uri = Field(alias="targetUrl")
    target_code: Name | None = Field(None, alias="targetCode")
    target_description: Prose | None = Field(None, alias="targetDescription")
    target_framework: Name | None = Field(None, alias="targetFramework")
    target_type: TargetType | None = Field(None, alias="targetType")


class Alignment(Target):
    """What this achievement stands for, and at which level of the framework's scale."""

    level: Annotated[float, Field(strict=True, ge=0, le=limits.SKILL_LEVEL, allow_inf_nan=False)] | None = Field(
        None, description="published as the required level of a result description, which Open Badges has a member for"
    )

    @field_validator("level")
    @classmethod
    def _in_hundredths(cls, level: float | None) -> float | None:
        if level is not None and round(level, 2) != level:
            raise ValueError("must have at most two decimals")
        return level


class Image(Members):
    """An image by its address, or itself as a data URI of at most 100,000 characters."""

    id: ImageUri
    type: Literal["Image"] = "Image"
    caption: Name | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"id": value} if isinstance(value, str) else value


class RubricCriterionLevel(Members):
    """One level of a rubric. An id is made when none is given."""

    id: Uri = Field(default_factory=urn)
    type: Annotated[list[Literal["RubricCriterionLevel"]], BeforeValidator(listed)] = Field(
        ["RubricCriterionLevel"], max_length=1
    )
    name: Name
    alignment: list[Target] | None = Field(None, max_length=limits.ALIGNMENTS)
    description: Prose | None = None
    level: Label | None = None
    points: Label | None = None


class ResultDescription(Members):
    """A result that a credential of this achievement may state. An id is made when none is given."""

    id: Uri = Field(default_factory=urn)
    type: Annotated[list[Literal["ResultDescription"]], BeforeValidator(listed)] = Field(
        ["ResultDescription"], max_length=1
    )
    name: Name
    result_type: ResultType = Field(alias="resultType")
    alignment: list[Target] | None = Field(None, max_length=limits.ALIGNMENTS)
    allowed_value: list[Label] | None = Field(None, alias="allowedValue", max_length=limits.LEVELS)
    required_level: Uri | None = Field(None, alias="requiredLevel")
    required_value: Label | None = Field(None, alias="requiredValue")
    rubric_criterion_level: list[RubricCriterionLevel] | None = Field(
        None, alias="rubricCriterionLevel", max_length=limits.LEVELS
    )
    value_max: Label | None = Field(None, alias="valueMax")
    value_min: Label | None = Field(None, alias="valueMin")

    @model_validator(mode="after")
    def _requires_what_exists(self) -> Self:
        levels = {level.id for level in self.rubric_criterion_level or ()}
        if self.required_level is not None and self.required_level not in levels:
            raise ValueError("requiredLevel must be the id of one of rubricCriterionLevel")
        if self.required_value is not None and self.allowed_value and self.required_value not in self.allowed_value:
            raise ValueError("requiredValue must be one of allowedValue")
        return self


class IdentifierEntry(Members):
    """What somebody else calls this achievement."""

    type: Literal["IdentifierEntry"] = "IdentifierEntry"
    identifier: Name
    identifier_type: IdentifierType = Field(alias="identifierType")


class Related(Members):
    """Another achievement, or this one in another language or version."""

    id: Uri
    type: Annotated[list[Literal["Related"]], BeforeValidator(listed)] = Field(["Related"], max_length=1)
    in_language: Language | None = Field(None, alias="inLanguage")
    version: Label | None = None


class AchievementMembers(MetadataMembers):
    """The members that a client may set. Lists that are empty count as left out."""

    type: Annotated[list[Literal["Achievement"]], BeforeValidator(listed)] | None = Field(None, max_length=1)
    name: Name | None = None
    description: Prose | None = None
    criteria: Criteria | None = None
    achievement_type: AchievementType | None = Field(None, alias="achievementType")
    alignment: list[Alignment] | None = Field(None, max_length=limits.ALIGNMENTS)
    credits_available: Credits | None = Field(None, alias="creditsAvailable")
    field_of_study: Name | None = Field(None, alias="fieldOfStudy")
    human_code: Label | None = Field(None, alias="humanCode")
    image: Image | None = None
    in_language: Language | None = Field(None, alias="inLanguage")
    other_identifier: list[IdentifierEntry] | None = Field(None, alias="otherIdentifier", max_length=limits.TAGS)
    related: list[Related] | None = Field(None, max_length=limits.TAGS)
    result_description: list[ResultDescription] | None = Field(
        None, alias="resultDescription", max_length=limits.RESULTS
    )
    specialization: Name | None = None
    tag: list[Label] | None = Field(None, max_length=limits.TAGS)
    profile: Name | None = Field(None, description="a metadata profile that decides whether it may be published")
    course: Name | None = Field(None, description="id or code of a course of your organization")

    @model_validator(mode="after")
    def _ids_are_distinct(self) -> Self:
        ids = [result.id for result in self.result_description or ()]
        if len(set(ids)) < len(ids):
            raise ValueError("resultDescription must not use one id twice")
        return self

    @model_validator(mode="after")
    def _kind_and_type_agree(self) -> Self:
        said = ACHIEVEMENT_TYPES[self.kind] if self.kind else None
        if said and self.achievement_type and self.achievement_type != said:
            raise ValueError(f"achievementType must be {said} for this kind, or be left out")
        return self

    def members(self) -> dict[str, JsonValue]:
        """What the client said, by Open Badges names; a null it sent is a null here, `type` says nothing new."""
        said: Mapping[str, JsonValue] = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        fields = self.model_fields_set - {"type", "kind"}
        names = [type(self).model_fields[name].alias or name for name in fields]
        members = {name: said.get(name) for name in names}
        if "kind" in self.model_fields_set and self.achievement_type is None:
            members["achievementType"] = ACHIEVEMENT_TYPES[self.kind] if self.kind else None
        return members


class AchievementRequest(AchievementMembers):
    """A draft. `name`, `description` and `criteria` are required unless `course` gives them."""


class AchievementChanges(AchievementMembers):
    """Members to replace, each as a whole; null removes one (RFC 7396)."""


class Retirement(Members):
    """What to retire."""

    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] | None = Field(
        None, description="one version; all when left out"
    )

"""What a client may say beyond Open Badges: the elements of the EU's Annex I, by controlled vocabularies."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from catalog.core import vocabulary as limits
from catalog.core.achievements import vocabularies
from catalog.core.achievements.kinds import Kind
from catalog.core.achievements.vocabularies import Vocabulary
from catalog.http.texts import Country, Duration, ImageUri, Name, Prose, Uri
from service_kit.ids import new_id


def listed(value: Any) -> Any:
    """One text as a list of one."""
    return [value] if isinstance(value, str) else value


def urn() -> str:
    """An id for what was given none."""
    return f"urn:uuid:{new_id()}"


class Members(BaseModel):
    """A JSON object with these members and no others."""

    model_config = ConfigDict(extra="forbid")


def _schema(vocabulary: Vocabulary) -> WithJsonSchema:
    """How the API's description says it."""
    return WithJsonSchema({"type": "string", "enum": list(vocabulary.concepts)})


def _one_of(vocabulary: Vocabulary, several: str = "") -> AfterValidator:
    """A text that is a value of the vocabulary. `several` says which these are where they are too many to list."""
    several = several or f"one of {', '.join(vocabulary.concepts)}"

    def check(text: str) -> str:
        if text not in vocabulary:
            raise ValueError(f"must be {several}")
        return text

    return AfterValidator(check)


def _digits(value: Any) -> Any:
    """A level may come as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


EqfLevel = Annotated[
    str,
    BeforeValidator(_digits),
    _one_of(vocabularies.EQF),
    WithJsonSchema({"anyOf": [{"type": "string", "enum": list(vocabularies.EQF.concepts)}, {"type": "integer"}]}),
]
EheaCycle = Annotated[str, _one_of(vocabularies.EHEA_CYCLE), _schema(vocabularies.EHEA_CYCLE)]
FieldOfEducation = Annotated[
    str,
    _one_of(vocabularies.ISCED_F, "a code of ISCED-F 2013 with 2 to 4 digits, such as 06 or 0613"),
    _schema(vocabularies.ISCED_F),
]
Participation = Annotated[str, _one_of(vocabularies.PARTICIPATION), _schema(vocabularies.PARTICIPATION)]
AssessmentType = Annotated[str, _one_of(vocabularies.ASSESSMENT), _schema(vocabularies.ASSESSMENT)]
Supervision = Annotated[str, _one_of(vocabularies.SUPERVISION), _schema(vocabularies.SUPERVISION)]
QualityAssuranceType = Annotated[str, _one_of(vocabularies.QUALITY_ASSURANCE), _schema(vocabularies.QUALITY_ASSURANCE)]
Stackability = Annotated[str, _one_of(vocabularies.STACKABILITY), _schema(vocabularies.STACKABILITY)]
CreditFramework = Annotated[str, _one_of(vocabularies.CREDIT_FRAMEWORK), _schema(vocabularies.CREDIT_FRAMEWORK)]
Points = Annotated[
    int | float,
    Field(gt=0, le=limits.CREDITS, allow_inf_nan=False),
    # Of a union, pydantic writes limits that no schema knows.
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": limits.CREDITS}),
]


class Address(Members):
    """Where an organization is. The country is an ISO 3166-1 code of two letters."""

    type: Annotated[list[Literal["Address"]], BeforeValidator(listed)] = Field(["Address"], max_length=1)
    address_country: Name | None = Field(None, alias="addressCountry")
    address_country_code: Country = Field(alias="addressCountryCode")
    address_region: Name | None = Field(None, alias="addressRegion")
    address_locality: Name | None = Field(None, alias="addressLocality")


class Logo(Members):
    """An image by its address, or itself as a data URI of at most 100,000 characters."""

    id: ImageUri
    type: Literal["Image"] = "Image"


class Creator(Members):
    """The awarding body: an Open Badges Profile of the organization that made the achievement."""

    id: Uri
    type: Annotated[list[Literal["Profile"]], BeforeValidator(listed)] = Field(["Profile"], max_length=1)
    name: Name
    url: Uri | None = None
    image: Logo | None = None
    address: Address | None = None


class LearningOutcome(Members):
    """What a learner knows, understands and is able to do. An id is made when none is given."""

    id: Uri = Field(default_factory=urn)
    type: Annotated[list[Literal["LearningOutcome"]], BeforeValidator(listed)] = Field(
        ["LearningOutcome"], max_length=1
    )
    name: Name
    description: Prose | None = None
    related_skill: list[Uri] | None = Field(
        None, alias="relatedSkill", max_length=limits.TAGS, description="skills by their addresses, such as ESCO's"
    )


class CreditPoint(Members):
    """How many credits, of which framework."""

    type: Annotated[list[Literal["CreditPoint"]], BeforeValidator(listed)] = Field(["CreditPoint"], max_length=1)
    framework: CreditFramework
    point: Points


class Assessment(Members):
    """How the outcomes are assessed, and who looks on."""

    type: Annotated[list[Literal["LearningAssessmentSpecification"]], BeforeValidator(listed)] = Field(
        ["LearningAssessmentSpecification"], max_length=1
    )
    name: Name | None = None
    description: Prose | None = None
    assessment_type: AssessmentType = Field(alias="assessmentType")
    supervision: Supervision | None = Field(None, description="supervision and identity verification")


class Agency(Members):
    """Who assures the quality. One with an address is an Open Badges Profile: nothing else has addresses there."""

    id: Uri | None = None
    type: Annotated[list[Literal["Profile"]], BeforeValidator(listed)] | None = Field(None, max_length=1)
    name: Name
    url: Uri | None = None
    address: Address | None = Field(None, description="without its country, ELM has no place for the accreditation")

    @model_validator(mode="after")
    def _is_a_profile_with_an_address(self) -> Self:
        if self.address is not None:
            self.type = ["Profile"]
        return self


class QualityAssurance(Members):
    """How the quality is assured."""

    id: Uri | None = None
    type: Annotated[list[Literal["QualityAssurance"]], BeforeValidator(listed)] = Field(
        ["QualityAssurance"], max_length=1
    )
    quality_assurance_type: QualityAssuranceType = Field(alias="qualityAssuranceType")
    name: Name | None = None
    description: Prose | None = None
    agency: Agency | None = None


class MetadataMembers(Members):
    """The elements of Annex I of the EU's recommendation on micro-credentials that an achievement states."""

    kind: Kind | None = Field(None, description="what it is called in the field; sets achievementType")
    creator: Creator | None = Field(None, description="the awarding body, with its country")
    eqf_level: EqfLevel | None = Field(None, alias="eqfLevel")
    ehea_cycle: EheaCycle | None = Field(None, alias="eheaCycle")
    isced_f: Annotated[list[FieldOfEducation], BeforeValidator(listed)] | None = Field(
        None, alias="iscedF", max_length=limits.FIELDS_OF_EDUCATION, description="ISCED-F 2013"
    )
    learning_outcome: list[LearningOutcome] | None = Field(None, alias="learningOutcome", max_length=limits.OUTCOMES)
    volume_of_learning: Duration | None = Field(
        None, alias="volumeOfLearning", description="notional workload: hours as PT60H"
    )
    credit_point: list[CreditPoint] | None = Field(
        None, alias="creditPoint", max_length=len(vocabularies.CREDIT_FRAMEWORK.concepts)
    )
    participation: Annotated[list[Participation], BeforeValidator(listed)] | None = Field(
        None, max_length=len(vocabularies.PARTICIPATION.concepts)
    )
    assessment: list[Assessment] | None = Field(None, max_length=limits.ASSESSMENTS)
    quality_assurance: list[QualityAssurance] | None = Field(
        None, alias="qualityAssurance", max_length=limits.ASSURANCES
    )
    prerequisites: Prose | None = Field(None, description="what is needed to enrol")
    stackability: Stackability | None = None
    stackable_towards: list[Uri] | None = Field(
        None, alias="stackableTowards", max_length=limits.TAGS, description="credentials that it counts towards"
    )
    further_information: Prose | None = Field(None, alias="furtherInformation")

    @model_validator(mode="after")
    def _lists_say_each_thing_once(self) -> Self:
        frameworks = [one.framework for one in self.credit_point or ()]
        for name, said in (
            ("creditPoint", frameworks),
            ("iscedF", self.isced_f),
            ("participation", self.participation),
        ):
            if said and len(set(said)) < len(said):
                raise ValueError(f"{name} must not say one thing twice")
        ids = [one.id for one in self.learning_outcome or ()]
        if len(set(ids)) < len(ids):
            raise ValueError("learningOutcome must not use one id twice")
        return self

    @model_validator(mode="after")
    def _what_stands_alone_leads_nowhere(self) -> Self:
        if self.stackability == "StandAlone" and self.stackable_towards:
            raise ValueError("stackableTowards must be left out for what stands alone")
        return self

"""The classes of Open Badges 3.0 and CLR 2.0 as a table: members, how many, of what kind, which must be there.

The credentials themselves are in `credential_shapes`.

Kinds: `text`, `uri`, `moment` (date and time with offset), `number`, `flag`, `language`, an enumeration, or another
class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Member:
    """How one member may look. `loose`: one value may stand without its array, as compacted JSON-LD writes it."""

    kind: str
    many: bool = False
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """One class: the name its `type` must hold (none if it has no type), members, and the required ones.

    `one_type`: the name stands alone, in no array. `closed`: it has no other members.
    """

    type_name: str | None
    members: Mapping[str, Member]
    required: tuple[str, ...] = ()
    one_type: bool = False
    closed: bool = False


def one(kind: str) -> Member:
    """At most one value."""
    return Member(kind)


def many(kind: str) -> Member:
    """An array."""
    return Member(kind, many=True)


def loose(kind: str) -> Member:
    """An array, or one value without it."""
    return Member(kind, many=True, loose=True)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENUMERATIONS: Final[Mapping[str, frozenset[str]]] = {
    "achievementType": _words(
        "Achievement ApprenticeshipCertificate Assessment Assignment AssociateDegree Award Badge BachelorDegree "
        "Certificate CertificateOfCompletion Certification CommunityService Competency Course CoCurricular Degree "
        "Diploma DoctoralDegree Fieldwork GeneralEducationDevelopment JourneymanCertificate LearningProgram License "
        "Membership ProfessionalDoctorate QualityAssuranceCredential MasterCertificate MasterDegree MicroCredential "
        "ResearchDoctorate SecondarySchoolDiploma"
    ),
    "targetType": _words(
        "ceasn:Competency ceterms:Credential CFItem CFRubric CFRubricCriterion CFRubricCriterionLevel CTDL"
    ),
    "resultType": _words(
        "GradePointAverage LetterGrade Percent PerformanceLevel PredictedScore RawScore Result RubricCriterion "
        "RubricCriterionLevel RubricScore ScaledScore Status"
    ),
    "resultStatus": _words("Completed Enrolled Failed InProgress OnHold Provisional Withdrew"),
    "identityType": _words(
        "name sourcedId systemId productId userName accountId emailAddress nationalIdentityNumber isbn issn "
        "lisSourcedId oneRosterSourcedId sisSourcedId ltiContextId ltiDeploymentId ltiToolId ltiPlatformId "
        "ltiUserId identifier"
    ),
    "associationType": _words(
        "exactMatchOf exemplar hasSkillLevel isChildOf isParentOf isPartOf isPeerOf isRelatedTo precedes replacedBy"
    ),
}
CLOSED_ENUMERATIONS: Final = frozenset({"resultStatus"})  # the others may be extended by `ext:` terms (OB 3.0 §B.2)

_PERSONAL_NAMES: Final = (
    "familyName",
    "givenName",
    "additionalName",
    "patronymicName",
    "honorificPrefix",
    "honorificSuffix",
    "familyNamePrefix",
)
_ADDRESS_LINES: Final = (
    "addressCountry",
    "addressCountryCode",
    "addressRegion",
    "addressLocality",
    "streetAddress",
    "postOfficeBoxNumber",
    "postalCode",
)

SHAPES: Final[Mapping[str, Shape]] = {
    "AchievementSubject": Shape(
        "AchievementSubject",
        {
            "id": one("uri"),
            "achievement": one("Achievement"),
            "activityStartDate": one("moment"),
            "activityEndDate": one("moment"),
            "creditsEarned": one("number"),
            "identifier": many("IdentityObject"),
            "image": one("Image"),
            "licenseNumber": one("text"),
            "narrative": one("text"),
            "result": many("Result"),
            "role": one("text"),
            "source": one("Profile"),
            "term": one("text"),
        },
        ("achievement",),
    ),
    "EndorsementSubject": Shape("EndorsementSubject", {"id": one("uri"), "endorsementComment": one("text")}, ("id",)),
    "Achievement": Shape(
        "Achievement",
        {
            "id": one("uri"),
            "achievementType": one("achievementType"),
            "alignment": many("Alignment"),
            "creator": one("Profile"),
            "creditsAvailable": one("number"),
            "criteria": one("Criteria"),
            "description": one("text"),
            "endorsement": many("EndorsementCredential"),
            "endorsementJwt": many("text"),
            "fieldOfStudy": one("text"),
            "humanCode": one("text"),
            "image": one("Image"),
            "inLanguage": one("language"),
            "name": one("text"),
            "otherIdentifier": many("IdentifierEntry"),
            "related": many("Related"),
            "resultDescription": many("ResultDescription"),
            "specialization": one("text"),
            "tag": many("text"),
            "version": one("text"),
        },
        ("id", "criteria", "description", "name"),
    ),
    "Criteria": Shape(None, {"id": one("uri"), "narrative": one("text")}),
    "Profile": Shape(
        "Profile",
        {
            "id": one("uri"),
            "name": one("text"),
            "url": one("uri"),
            "phone": one("text"),
            "description": one("text"),
            "endorsement": many("EndorsementCredential"),
            "endorsementJwt": many("text"),
            "image": one("Image"),
            "email": one("text"),
            "address": one("Address"),
            "otherIdentifier": many("IdentifierEntry"),
            "official": one("text"),
            "parentOrg": one("Profile"),
            **{name: one("text") for name in _PERSONAL_NAMES},
            "dateOfBirth": one("text"),
        },
        ("id",),
    ),
    "Address": Shape("Address", {**{name: one("text") for name in _ADDRESS_LINES}, "geo": one("GeoCoordinates")}),
    "GeoCoordinates": Shape("GeoCoordinates", {"latitude": one("number"), "longitude": one("number")}, one_type=True),
    "Result": Shape(
        "Result",
        {
            "achievedLevel": one("uri"),
            "alignment": many("Alignment"),
            "resultDescription": one("uri"),
            "status": one("resultStatus"),
            "value": one("text"),
        },
    ),
    "ResultDescription": Shape(
        "ResultDescription",
        {
            "id": one("uri"),
            "name": one("text"),
            "resultType": one("resultType"),
            "alignment": many("Alignment"),
            "allowedValue": many("text"),
            "requiredLevel": one("uri"),
            "requiredValue": one("text"),
            "rubricCriterionLevel": many("RubricCriterionLevel"),
            "valueMax": one("text"),
            "valueMin": one("text"),
        },
        ("id", "name", "resultType"),
    ),
    "RubricCriterionLevel": Shape(
        "RubricCriterionLevel",
        {
            "id": one("uri"),
            "name": one("text"),
            "alignment": many("Alignment"),
            "description": one("text"),
            "level": one("text"),
            "points": one("text"),
        },
        ("id", "name"),
    ),
    "Alignment": Shape(
        "Alignment",
        {
            "targetName": one("text"),
            "targetUrl": one("uri"),
            "targetCode": one("text"),
            "targetDescription": one("text"),
            "targetFramework": one("text"),
            "targetType": one("targetType"),
        },
        ("targetName", "targetUrl"),
    ),
    "Evidence": Shape(
        "Evidence",
        {
            "id": one("uri"),
            "narrative": one("text"),
            "name": one("text"),
            "description": one("text"),
            "genre": one("text"),
            "audience": one("text"),
        },
    ),
    "Image": Shape("Image", {"id": one("uri"), "caption": one("text")}, ("id",), one_type=True, closed=True),
    "IdentityObject": Shape(
        "IdentityObject",
        {
            "hashed": one("flag"),
            "identityHash": one("text"),
            "identityType": one("identityType"),
            "salt": one("text"),
        },
        ("hashed", "identityHash", "identityType"),
        one_type=True,
        closed=True,
    ),
    "IdentifierEntry": Shape(
        "IdentifierEntry",
        {"identifier": one("text"), "identifierType": one("identityType")},
        ("identifier", "identifierType"),
        one_type=True,
        closed=True,
    ),
    "Related": Shape("Related", {"id": one("uri"), "inLanguage": one("language"), "version": one("text")}, ("id",)),
    "TypedReference": Shape(None, {"id": one("uri"), "type": loose("text")}, ("id", "type")),
    "TypedThing": Shape(None, {"id": one("uri"), "type": loose("text")}, ("type",)),
    "ClrSubject": Shape(
        "ClrSubject",
        {
            "id": one("uri"),
            "identifier": many("IdentityObject"),
            "achievement": many("Achievement"),
            "verifiableCredential": many("NestedCredential"),
            "association": many("Association"),
        },
        ("verifiableCredential",),
    ),
    "Association": Shape(
        "Association",
        {"associationType": one("associationType"), "sourceId": one("uri"), "targetId": one("uri")},
        ("associationType", "sourceId", "targetId"),
        one_type=True,
    ),
}

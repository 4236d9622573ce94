"""The Open Badges 3.0 model as a table: for each class its members, how many, of what kind, and which must be there.

Kinds: `text`, `uri`, `moment` (date and time with offset), `number`, `flag`, an enumeration, or another class.
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
    """One class: the name its `type` must hold (none if it has no type), members, and the required ones."""

    type_name: str | None
    members: Mapping[str, Member]
    required: tuple[str, ...] = ()


def _one(kind: str) -> Member:
    return Member(kind)


def _many(kind: str) -> Member:
    return Member(kind, many=True)


def _loose(kind: str) -> Member:
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
}
CLOSED_ENUMERATIONS: Final = frozenset({"resultStatus"})  # the others may be extended by `ext:` terms (OB 3.0 §B.2)

_CREDENTIAL: Final[Mapping[str, Member]] = {
    "id": _one("uri"),
    "name": _one("localized"),
    "description": _one("localized"),
    "issuer": _one("ProfileRef"),
    "validFrom": _one("moment"),
    "validUntil": _one("moment"),
    "awardedDate": _one("moment"),
    "credentialSchema": _loose("TypedReference"),
    "credentialStatus": _one("TypedReference"),
    "refreshService": _one("TypedReference"),
    "termsOfUse": _loose("TypedThing"),
    "proof": _loose("TypedThing"),
}

SHAPES: Final[Mapping[str, Shape]] = {
    "AchievementCredential": Shape(
        None,
        {
            **_CREDENTIAL,
            "credentialSubject": _one("AchievementSubject"),
            "image": _one("Image"),
            "endorsement": _many("EndorsementCredential"),
            "endorsementJwt": _many("text"),
            "evidence": _many("Evidence"),
        },
        ("id", "issuer", "validFrom", "credentialSubject"),
    ),
    "EndorsementCredential": Shape(
        "EndorsementCredential",
        {**_CREDENTIAL, "credentialSubject": _one("EndorsementSubject")},
        ("id", "name", "issuer", "validFrom", "credentialSubject"),
    ),
    "AchievementSubject": Shape(
        "AchievementSubject",
        {
            "id": _one("uri"),
            "achievement": _one("Achievement"),
            "activityStartDate": _one("moment"),
            "activityEndDate": _one("moment"),
            "creditsEarned": _one("number"),
            "identifier": _many("IdentityObject"),
            "image": _one("Image"),
            "licenseNumber": _one("text"),
            "narrative": _one("text"),
            "result": _many("Result"),
            "role": _one("text"),
            "source": _one("Profile"),
            "term": _one("text"),
        },
        ("achievement",),
    ),
    "EndorsementSubject": Shape("EndorsementSubject", {"id": _one("uri"), "endorsementComment": _one("text")}, ("id",)),
    "Achievement": Shape(
        "Achievement",
        {
            "id": _one("uri"),
            "achievementType": _one("achievementType"),
            "alignment": _many("Alignment"),
            "creator": _one("Profile"),
            "creditsAvailable": _one("number"),
            "criteria": _one("Criteria"),
            "description": _one("text"),
            "endorsement": _many("EndorsementCredential"),
            "endorsementJwt": _many("text"),
            "fieldOfStudy": _one("text"),
            "humanCode": _one("text"),
            "image": _one("Image"),
            "inLanguage": _one("text"),
            "name": _one("text"),
            "otherIdentifier": _many("IdentifierEntry"),
            "related": _many("Related"),
            "resultDescription": _many("ResultDescription"),
            "specialization": _one("text"),
            "tag": _many("text"),
            "version": _one("text"),
        },
        ("id", "criteria", "description", "name"),
    ),
    "Criteria": Shape(None, {"id": _one("uri"), "narrative": _one("text")}),
    "Profile": Shape(
        "Profile",
        {
            "id": _one("uri"),
            "name": _one("text"),
            "url": _one("uri"),
            "phone": _one("text"),
            "description": _one("text"),
            "endorsement": _many("EndorsementCredential"),
            "endorsementJwt": _many("text"),
            "image": _one("Image"),
            "email": _one("text"),
            "address": _one("Address"),
            "otherIdentifier": _many("IdentifierEntry"),
            "official": _one("text"),
            "parentOrg": _one("Profile"),
            "familyName": _one("text"),
            "givenName": _one("text"),
        },
        ("id",),
    ),
    "Address": Shape("Address", {"streetAddress": _one("text"), "postalCode": _one("text")}),
    "Result": Shape(
        "Result",
        {
            "achievedLevel": _one("uri"),
            "alignment": _many("Alignment"),
            "resultDescription": _one("uri"),
            "status": _one("resultStatus"),
            "value": _one("text"),
        },
    ),
    "ResultDescription": Shape(
        "ResultDescription",
        {
            "id": _one("uri"),
            "name": _one("text"),
            "resultType": _one("resultType"),
            "alignment": _many("Alignment"),
            "allowedValue": _many("text"),
            "requiredLevel": _one("uri"),
            "requiredValue": _one("text"),
            "rubricCriterionLevel": _many("RubricCriterionLevel"),
            "valueMax": _one("text"),
            "valueMin": _one("text"),
        },
        ("id", "name", "resultType"),
    ),
    "RubricCriterionLevel": Shape(
        "RubricCriterionLevel",
        {
            "id": _one("uri"),
            "name": _one("text"),
            "alignment": _many("Alignment"),
            "description": _one("text"),
            "level": _one("text"),
            "points": _one("text"),
        },
        ("id", "name"),
    ),
    "Alignment": Shape(
        "Alignment",
        {
            "targetName": _one("text"),
            "targetUrl": _one("uri"),
            "targetCode": _one("text"),
            "targetDescription": _one("text"),
            "targetFramework": _one("text"),
            "targetType": _one("targetType"),
        },
        ("targetName", "targetUrl"),
    ),
    "Evidence": Shape(
        "Evidence",
        {
            "id": _one("uri"),
            "narrative": _one("text"),
            "name": _one("text"),
            "description": _one("text"),
            "genre": _one("text"),
            "audience": _one("text"),
        },
    ),
    "Image": Shape("Image", {"id": _one("uri"), "caption": _one("text")}, ("id",)),
    "IdentityObject": Shape(
        "IdentityObject",
        {
            "hashed": _one("flag"),
            "identityHash": _one("text"),
            "identityType": _one("identityType"),
            "salt": _one("text"),
        },
        ("hashed", "identityHash", "identityType"),
    ),
    "IdentifierEntry": Shape(
        "IdentifierEntry",
        {"identifier": _one("text"), "identifierType": _one("identityType")},
        ("identifier", "identifierType"),
    ),
    "Related": Shape("Related", {"id": _one("uri"), "inLanguage": _one("text"), "version": _one("text")}, ("id",)),
    "TypedReference": Shape(None, {"id": _one("uri"), "type": _loose("text")}, ("id", "type")),
    "TypedThing": Shape(None, {"id": _one("uri"), "type": _loose("text")}, ("type",)),
    "PlainCredential": Shape(None, _CREDENTIAL, ("issuer", "credentialSubject")),
}

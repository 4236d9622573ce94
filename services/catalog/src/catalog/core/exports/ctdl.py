"""CTDL, the Credential Engine's transparency description language: a graph of the credential and of who offers it."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from catalog.core.achievements import vocabularies
from catalog.core.achievements.kinds import ACHIEVEMENT_TYPES, Kind
from catalog.core.exports.source import Export, whole
from catalog.core.model import Json, Status
from credential_core.organizations import ctdl
from credential_core.organizations.ctdl import CONTEXT, term

_OF_THE_SAME_NAME = """
ApprenticeshipCertificate AssociateDegree BachelorDegree CertificateOfCompletion Certification Degree Diploma
DoctoralDegree GeneralEducationDevelopment JourneymanCertificate License MasterCertificate MasterDegree
ProfessionalDoctorate ResearchDoctorate SecondarySchoolDiploma
"""
# Classes by achievementType: those of the field's kinds, and Open Badges' own, which are CTDL's by another name.
CLASSES: Mapping[str, str] = {
    ACHIEVEMENT_TYPES[Kind.DIGITAL_BADGE]: "ceterms:DigitalBadge",
    ACHIEVEMENT_TYPES[Kind.CERTIFICATE]: "ceterms:Certificate",
    ACHIEVEMENT_TYPES[Kind.PROFESSIONAL_CERTIFICATE]: "ceterms:ProfessionalCertificate",
    ACHIEVEMENT_TYPES[Kind.MICRO_CREDENTIAL]: "ceterms:MicroCredential",
    **{name: f"ceterms:{name}" for name in _OF_THE_SAME_NAME.split()},
    "QualityAssuranceCredential": "ceterms:QualityAssuranceCredential",
}
# Kinds that CTDL has no class for, by what it says of others: a programme that was completed, and the requisite
# knowledge and skills of a whole one. Who reads these takes them for what they say, and not for our kinds.
BY_WHAT_THEY_SAY: Mapping[str, str] = {
    ACHIEVEMENT_TYPES[Kind.NANODEGREE]: "ceterms:CertificateOfCompletion",
    ACHIEVEMENT_TYPES[Kind.STACKED_CREDENTIAL]: "ceterms:Certificate",
}
OTHER = "ceterms:DigitalBadge"  # whatever else it is, it is issued as one
DELIVERY: Mapping[str, str] = {
    "Online": "OnlineOnly",
    "Presential": "InPerson",
    "WorkBased": "InPerson",
    "ResearchLabBased": "InPerson",
    "Blended": "BlendedDelivery",
    "Hybrid": "BlendedDelivery",
}
# Who has looked at the provider as a whole accredits the organization; a review from inside accredits nothing.
ACCREDITS, RECOGNIZES, REVIEWS = "ProgrammeAccreditation", "ProfessionalBodyRecognition", "InstitutionalReview"
STATUS = {Status.PUBLISHED: "Active", Status.RETIRED: "Deprecated"}


def export(source: Export) -> Json:
    """The credential, its organization, and those who assure its quality."""
    return {"@context": CONTEXT, "@graph": [_credential(source), *_organization(source), *_agencies(source)]}


def class_of(achievement_type: str) -> str:
    """The CTDL class of an achievementType."""
    return CLASSES.get(achievement_type) or BY_WHAT_THEY_SAY.get(achievement_type, OTHER)


def _credential(source: Export) -> Json:
    version, criteria = source.version, source.document.get("criteria")
    by = source.body.id if source.body else None
    endorsers = [one.issuer_id for one in source.endorsements]
    return whole(
        {
            "@id": source.address,
            "@type": class_of(source.text("achievementType")),
            "ceterms:ctid": f"ce-{source.id}",
            "ceterms:name": source.in_languages("name"),
            "ceterms:description": source.in_languages("description"),
            "ceterms:subjectWebpage": source.address,
            "ceterms:inLanguage": source.text("inLanguage") or source.language,
            "ceterms:ownedBy": by,
            "ceterms:offeredBy": by,
            "ceterms:credentialStatusType": term("CredentialStatus", "credentialStat", STATUS[version.status]),
            "ceterms:dateEffective": version.published_at.date().isoformat(),
            "ceterms:versionIdentifier": [_identifier(str(version.number))],
            "ceterms:identifier": [_identifier(code) for code in source.codes("humanCode")],
            "ceterms:keyword": {source.language: [*source.codes("tag")]} if source.codes("tag") else None,
            "ceterms:image": source.image,
            "ceterms:subject": _concepts(source, vocabularies.ISCED_F, "ISCED-F 2013"),
            "ceterms:audienceLevelType": _concepts(source, vocabularies.EQF, "European Qualifications Framework"),
            "ceterms:learningDeliveryType": _delivery(source),
            "ceterms:estimatedDuration": _duration(source),
            "ceterms:requires": _conditions(source, criteria if isinstance(criteria, dict) else {}),
            "ceterms:isPartOf": [*source.codes("stackableTowards")],
            "ceterms:accreditedBy": _named(source, ACCREDITS),
            "ceterms:recognizedBy": [*dict.fromkeys([*_named(source, RECOGNIZES), *endorsers])],
        }
    )


def _concepts(source: Export, vocabulary: vocabularies.Vocabulary, framework: str) -> list[JsonValue]:
    found = [vocabulary.find(code) for code in source.codes(vocabulary.name)]
    return [
        {
            "@type": "ceterms:CredentialAlignmentObject",
            "ceterms:framework": vocabulary.scheme,
            "ceterms:frameworkName": {"en": framework},
            "ceterms:targetNode": one.iri,
            "ceterms:targetNodeName": {"en": one.label},
            "ceterms:codedNotation": one.code,
        }
        for one in found
        if one
    ]


def _identifier(value: str) -> Json:
    return {"@type": "ceterms:IdentifierValue", "ceterms:identifierValueCode": value}


def _delivery(source: Export) -> list[JsonValue]:
    ways = dict.fromkeys(DELIVERY[code] for code in source.codes("participation") if code in DELIVERY)
    return [term("Delivery", "deliveryType", way) for way in ways]


def _duration(source: Export) -> list[JsonValue]:
    found = source.text("volumeOfLearning")
    return [{"@type": "ceterms:DurationProfile", "ceterms:exactDuration": found}] if found else []


def _conditions(source: Export, criteria: Json) -> list[JsonValue]:
    how: Json = {
        "@type": "ceterms:ConditionProfile",
        "ceterms:name": {"en": "Requirements"},
        "ceterms:description": source.words(str(criteria.get("narrative") or "")),
        "ceterms:subjectWebpage": criteria.get("id"),
        "ceterms:targetCompetency": [*_outcomes(source), *_skills(source)],
        "ceterms:creditValue": _credits(source),
        "ceterms:targetAssessment": _assessments(source),
    }
    before: Json = {
        "@type": "ceterms:ConditionProfile",
        "ceterms:name": {"en": "Prerequisites to enrol"},
        "ceterms:description": source.words(source.text("prerequisites")),
    }
    return [one for one in (how, before if source.text("prerequisites") else None) if one]


def _outcomes(source: Export) -> Sequence[JsonValue]:
    return [
        {
            "@type": "ceterms:CredentialAlignmentObject",
            "ceterms:targetNode": outcome.get("id"),
            "ceterms:targetNodeName": source.words(str(outcome.get("name"))),
            "ceterms:targetNodeDescription": source.words(str(outcome.get("description") or "")),
        }
        for outcome in source.entries("learningOutcome")
    ]


def _skills(source: Export) -> Sequence[JsonValue]:
    return [
        {
            "@type": "ceterms:CredentialAlignmentObject",
            "ceterms:targetNode": one.get("targetUrl"),
            "ceterms:targetNodeName": source.words(str(one.get("targetName"))),
            "ceterms:frameworkName": source.words(str(one.get("targetFramework") or "")),
            "ceterms:codedNotation": one.get("targetCode"),
        }
        for one in source.entries("alignment")
        if vocabularies.EQF.by_iri(one.get("targetUrl")) is None
    ]


def _credits(source: Export) -> list[JsonValue]:
    found: list[JsonValue] = []
    for one in source.entries("creditPoint"):
        framework = vocabularies.CREDIT_FRAMEWORK.find(one.get("framework"))
        if framework:
            found.append(
                {
                    "@type": "ceterms:ValueProfile",
                    "schema:value": one.get("point"),
                    "schema:description": {"en": framework.label},
                }
            )
    return found


def _assessments(source: Export) -> list[JsonValue]:
    found: list[JsonValue] = []
    for number, one in enumerate(source.entries("assessment"), 1):
        kind = vocabularies.ASSESSMENT.find(one.get("assessmentType"))
        found.append(
            {
                "@id": f"{source.address}#assessment-{number}",
                "@type": "ceterms:AssessmentProfile",
                "ceterms:name": source.words(str(one.get("name") or (kind.label if kind else ""))),
                "ceterms:description": source.words(str(one.get("description") or "")),
            }
        )
    return found


def _organization(source: Export) -> list[Json]:
    if source.body is None:
        return []
    return [whole({**ctdl.node(source.body), "ceterms:accreditedBy": _named(source, REVIEWS)})]


def _named(source: Export, quality_assurance: str) -> list[str]:
    """By what the graph names those who assure the quality in this way."""
    return [*dict.fromkeys(name for name, kind, _ in _assurers(source) if kind == quality_assurance)]


def _agencies(source: Export) -> list[Json]:
    """Who is named, once each: a reference leads to a node, and the node says who that is."""
    by_name = {name: agency for name, kind, agency in _assurers(source) if kind in {ACCREDITS, RECOGNIZES, REVIEWS}}
    return [
        whole(
            {
                "@id": name,
                "@type": "ceterms:QACredentialOrganization",
                "ceterms:name": source.words(str(agency["name"])),
                "ceterms:subjectWebpage": agency.get("url"),
            }
        )
        for name, agency in by_name.items()
        if source.body is None or name != source.body.id
    ]


def _assurers(source: Export) -> list[tuple[str, str, Json]]:
    """Who assures the quality: by what it is named here, how it does, and what is said of it."""
    found = []
    for number, one in enumerate(source.entries("qualityAssurance"), 1):
        agency = one.get("agency")
        if isinstance(agency, dict):
            name = agency.get("id") or agency.get("url") or f"{source.address}#agency-{number}"
            found.append((str(name), str(one.get("qualityAssuranceType")), agency))
    return found

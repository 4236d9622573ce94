"""ELM exports, held to the shapes of the EDC application profile: what each member holds, and how often.

Read from `rdf/ap/edc/EDC-generic-no-cv.ttl` 1.1.0 of the European Learning Model (CC BY 4.0): class, datatype, least
and most; from `EDC-generic-full.ttl` 1.1.0, of which list a concept is; from `edc-ap-context.jsonld`, which members
have a meaning. No package holds these files themselves, so that these are the facts, in words of our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from catalog.core.exports import Export
from catalog.core.model import PathwayView
from credential_core.contexts import CREDENTIALS_V1, load_context
from credential_core.organizations import organization
from credential_core.organizations.elm import CONTEXTS
from tests.catalog.test_exports import BARE, DOCUMENT, SOURCE, VERSION, exported
from tests.catalog.test_pathway_exports import VIEW
from tests.catalog.test_pathway_exports import exported as as_pathway
from tests.ctdl import nodes

DURATION = re.compile(r"-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")


@dataclass(frozen=True)
class Member:
    """A class or a datatype, and how many there may be."""

    of: frozenset[str]
    least: int = 0
    most: float = float("inf")


def some(*of: str) -> Member:
    return Member(frozenset(of))


def one(*of: str) -> Member:
    return Member(frozenset(of), most=1)


def just_one(*of: str) -> Member:
    return Member(frozenset(of), 1, 1)


WORDS, TITLE = some("langString"), Member(frozenset({"langString"}), least=1)
IDENTIFIERS, NOTES, CONCEPTS = some("Identifier", "LegalIdentifier"), some("Note"), some("Concept")
SHAPES: Mapping[str, Mapping[str, Member]] = {
    "Qualification": {
        "title": TITLE,
        "description": WORDS,
        "identifier": IDENTIFIERS,
        "additionalNote": NOTES,
        "homepage": some("WebResource"),
        "category": WORDS,
        "language": CONCEPTS,
        "volumeOfLearning": one("duration"),
        "mode": CONCEPTS,
        "thematicArea": CONCEPTS,
        "creditPoint": some("CreditPoint"),
        "educationLevel": CONCEPTS,
        "entryRequirement": one("Note"),
        "learningOutcome": some("LearningOutcome"),
        "provenBy": some("LearningAssessmentSpecification"),
        "awardingOpportunity": some("AwardingOpportunity"),
        "isPartOf": some("Qualification"),
        "isPartialQualification": one("boolean"),
        "eqfLevel": one("Concept"),
        "accreditation": some("Accreditation"),
        "status": one("string"),
    },
    "LearningOutcome": {
        "title": TITLE,
        "additionalNote": NOTES,
        "relatedSkill": CONCEPTS,
        "relatedESCOSkill": CONCEPTS,
    },
    "LearningAssessmentSpecification": {
        "title": TITLE,
        "description": WORDS,
        "dcType": one("Concept"),
        "mode": CONCEPTS,
        "additionalNote": NOTES,
    },
    "AwardingOpportunity": {"awardingBody": Member(frozenset({"Organisation"}), least=1), "location": one("Location")},
    "Accreditation": {
        "title": TITLE,
        "description": WORDS,
        "dcType": just_one("Concept"),
        "accreditingAgent": just_one("Organisation"),
    },
    "Address": {"countryCode": just_one("Concept"), "fullAddress": one("Note"), "identifier": IDENTIFIERS},
    "Organisation": {
        "legalName": TITLE,
        "identifier": IDENTIFIERS,
        "homepage": some("WebResource"),
        "additionalNote": NOTES,
        "location": Member(frozenset({"Location"}), least=1),
        "contactPoint": some("ContactPoint"),
    },
    "Location": {"address": some("Address")},
    "CreditPoint": {"framework": just_one("Concept"), "point": just_one("string")},
    "LearningAchievementSpecification": {
        "title": TITLE,
        "description": WORDS,
        "homepage": some("WebResource"),
        "additionalNote": NOTES,
        "creditPoint": some("CreditPoint"),
        "hasPart": some("LearningAchievementSpecification", "Qualification"),
        "specialisationOf": some("LearningAchievementSpecification", "Qualification"),
        "generalisationOf": some("LearningAchievementSpecification", "Qualification"),
        "awardingOpportunity": some("AwardingOpportunity"),
        "status": one("string"),
    },
}
SNB, AUTHORITY = "http://data.europa.eu/snb", "http://publications.europa.eu/resource/authority"
LISTS: Mapping[tuple[str, str], str] = {
    ("Accreditation", "dcType"): f"{SNB}/accreditation/25831c2",
    ("Address", "countryCode"): f"{AUTHORITY}/country",
    ("Qualification", "eqfLevel"): f"{SNB}/eqf/25831c2",
    ("Qualification", "language"): f"{AUTHORITY}/language",
    ("Qualification", "thematicArea"): f"{SNB}/isced-f/25831c2",
    ("LearningOutcome", "relatedESCOSkill"): "http://data.europa.eu/esco/concept-scheme/skills",
}
# Of those that its context gives a meaning; `id` and `type` are not among them.
MEANT = frozenset(
    "accreditation accreditingAgent additionalNote address awardingBody awardingOpportunity category contactPoint "  # noqa: SIM905 - as the context lists them
    "contentURL countryCode creditPoint dcType description educationLevel emailAddress entryRequirement eqfLevel "
    "framework fullAddress generalisationOf hasPart homepage identifier inScheme isPartOf isPartialQualification "
    "language learningOutcome legalName location mode notation noteLiteral phone phoneNumber point prefLabel provenBy "
    "relatedESCOSkill relatedSkill schemeName specialisationOf status thematicArea title volumeOfLearning".split()
)
MUCH = replace(
    SOURCE,
    version=replace(
        VERSION,
        document=DOCUMENT
        | {
            "eheaCycle": "FirstCycle",
            "furtherInformation": "There is more.",
            "learningOutcome": [
                {
                    "id": "urn:x:1",
                    "name": "Writes",
                    "relatedSkill": ["http://data.europa.eu/esco/skill/1", "https://f.example/2"],
                },
                {"id": "urn:x:2", "name": "Reads", "description": "Aloud."},
            ],
            "assessment": [
                {"assessmentType": "Quiz"},
                {
                    "name": "Viva",
                    "assessmentType": "OralExamination",
                    "supervision": "SupervisedOnlineWithIdentityVerification",
                },
            ],
            "qualityAssurance": [
                {
                    "qualityAssuranceType": "ProgrammeAccreditation",
                    "agency": {"name": "An Agency", "address": {"addressCountryCode": "BE"}},
                },
                {"qualityAssuranceType": "InstitutionalReview", "agency": {"name": "Somewhere"}},
                {
                    "qualityAssuranceType": "PeerEvaluation",
                    "name": "Ring of 2026",
                    "agency": {"name": "A Ring", "address": {"addressCountryCode": "DE"}},
                },
                {"qualityAssuranceType": "InternalReview"},
            ],
            "stackableTowards": ["https://university.example/a", "https://university.example/b"],
        },
    ),
)


AWAY = replace(SOURCE, body=organization({"id": "https://away.example", "name": "Away"}))


def kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "duration" if DURATION.fullmatch(value) else "string"
    return str(value.get("type", "langString"))


def faults(document: dict[str, Any]) -> Iterator[str]:
    for node in nodes(document):
        shape = SHAPES.get(str(node.get("type")))
        if shape is None:
            continue
        yield from (
            f"{node['type']} has no {name}" for name, member in shape.items() if member.least and name not in node
        )
        for name, value in node.items():
            if name in {"@context", "id", "type"}:
                continue
            if name not in shape:
                yield f"{node['type']} knows no {name}"
                continue
            values = value if isinstance(value, list) else [value]
            known = LISTS.get((node["type"], name))
            if known and any(each.get("inScheme") != {"id": known, "type": "ConceptScheme"} for each in values):
                yield f"{name} of {node['type']} is of another list"
            if len(values) > shape[name].most:
                yield f"{node['type']} has {len(values)} of {name}"
            yield from (
                f"{name} of {node['type']} holds {kind(each)}" for each in values if kind(each) not in shape[name].of
            )


SOURCES = pytest.mark.parametrize("source", [SOURCE, BARE, MUCH, AWAY], ids=["all", "bare", "much", "away"])


@SOURCES
def test_a_qualification_is_as_its_profile_shapes_it(source: Export) -> None:
    assert list(faults(exported("elm", source))) == []


@SOURCES
def test_every_member_has_a_meaning(source: Export) -> None:
    document = exported("elm", source)
    model = load_context(CREDENTIALS_V1)["@context"]
    assert (document["@context"], model["id"], model["type"]) == ([*CONTEXTS], "@id", "@type")
    plain = [node for node in nodes(document) if "id" in node]
    assert {name for node in plain for name in node} - {"@context", "id", "type"} <= MEANT


@pytest.mark.parametrize("view", [VIEW, replace(VIEW, issuers=())], ids=["all", "nobody"])
def test_a_pathway_is_as_its_profile_shapes_it(view: PathwayView) -> None:
    assert list(faults(as_pathway("elm", view))) == []


def test_what_the_profile_has_no_place_for_is_said_in_notes() -> None:
    notes = [note["noteLiteral"]["en"] for note in exported("elm", MUCH)["additionalNote"]]
    assert notes[2:] == [
        "External review of the institution (Somewhere)",
        "Evaluation by peer institutions (A Ring): Ring of 2026",
        "Internal review by the provider",
    ]
    away = exported("elm", AWAY)
    assert "awardingOpportunity" not in away
    assert "Awarded by Away (https://away.example)" in str(away["additionalNote"])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"entryRequirement": "words"}, "entryRequirement of Qualification holds string"),
        ({"eqfLevel": [{"type": "Concept"}] * 2}, "Qualification has 2 of eqfLevel"),
        ({"volumeOfLearning": "60 hours"}, "volumeOfLearning of Qualification holds string"),
        (
            {"isPartOf": [{"type": "LearningAchievementSpecification"}]},
            "isPartOf of Qualification holds LearningAchievement",
        ),
        ({"workload": "PT60H"}, "Qualification knows no workload"),
        ({"accreditation": [{"type": "Accreditation", "title": {"en": "x"}}]}, "Accreditation has no dcType"),
        ({"eqfLevel": {"id": "urn:x:6", "type": "Concept"}}, "eqfLevel of Qualification is of another list"),
    ],
)
def test_what_breaks_a_shape_is_seen(change: dict[str, Any], fault: str) -> None:
    assert any(found.startswith(fault) for found in faults(exported("elm") | change))

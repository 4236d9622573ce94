"""ELM exports, held to the shapes of the EDC application profile: what each member holds, and how often.

Read from `rdf/ap/edc/EDC-generic-no-cv.ttl` 1.1.0 of the European Learning Model (CC BY 4.0): class, datatype, least
and most. No package holds the shapes themselves, so that these are the facts, in words of our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from catalog.core.exports import Export
from tests.catalog.test_exports import BARE, DOCUMENT, SOURCE, VERSION, exported
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
}
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
                {"qualityAssuranceType": "ProgrammeAccreditation", "agency": {"name": "An Agency"}},
                {"qualityAssuranceType": "InternalReview"},
            ],
            "stackableTowards": ["https://university.example/a", "https://university.example/b"],
        },
    ),
)


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
            if len(values) > shape[name].most:
                yield f"{node['type']} has {len(values)} of {name}"
            yield from (
                f"{name} of {node['type']} holds {kind(each)}" for each in values if kind(each) not in shape[name].of
            )


@pytest.mark.parametrize("source", [SOURCE, BARE, MUCH], ids=["all", "bare", "much"])
def test_a_qualification_is_as_its_profile_shapes_it(source: Export) -> None:
    assert list(faults(exported("elm", source))) == []


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
    ],
)
def test_what_breaks_a_shape_is_seen(change: dict[str, Any], fault: str) -> None:
    assert any(found.startswith(fault) for found in faults(exported("elm") | change))

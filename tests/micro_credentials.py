"""An achievement with every member of our own context, as the catalog publishes it."""

from typing import Any

MEMBERS: dict[str, Any] = {
    "eqfLevel": "6",
    "eheaCycle": "FirstCycle",
    "iscedF": ["0613", "0688"],
    "learningOutcome": [
        {
            "id": "urn:uuid:6a9b1f1e-0000-4000-8000-00000000000a",
            "type": ["LearningOutcome"],
            "name": "Writes programs that others can read",
            "description": "In one language, with tests.",
            "relatedSkill": ["http://data.europa.eu/esco/skill/2b92a5b2-6758-4ee3-9fb4-b6387a55cc8f"],
        }
    ],
    "volumeOfLearning": "PT60H",
    "creditPoint": [{"type": ["CreditPoint"], "framework": "ECTS", "point": 2.5}],
    "participation": ["Online", "WorkBased"],
    "assessment": [
        {
            "type": ["LearningAssessmentSpecification"],
            "name": "Final examination",
            "description": "Two hours, on paper.",
            "assessmentType": "WrittenExamination",
            "supervision": "SupervisedOnsiteWithIdentityVerification",
        }
    ],
    "qualityAssurance": [
        {
            "id": "https://agency.example/decisions/7",
            "type": ["QualityAssurance"],
            "qualityAssuranceType": "ProgrammeAccreditation",
            "name": "Accredited until 2031",
            "agency": {
                "id": "https://agency.example",
                "type": ["Profile"],
                "name": "An Agency",
                "url": "https://agency.example/about",
                "address": {"type": ["Address"], "addressCountryCode": "BE"},
            },
        }
    ],
    "prerequisites": "Mathematics of secondary school.",
    "stackability": "Stackable",
    "stackableTowards": ["https://university.example/programmes/cs"],
    "furtherInformation": "Offered every term.",
}
CREATOR: dict[str, Any] = {
    "id": "https://university.example",
    "type": ["Profile"],
    "name": "University of Example",
    "url": "https://university.example",
    "address": {"type": ["Address"], "addressCountry": "Ireland", "addressCountryCode": "IE"},
}
EQF_ALIGNMENT: dict[str, Any] = {
    "type": ["Alignment"],
    "targetName": "EQF level 6",
    "targetUrl": "http://data.europa.eu/snb/eqf/6",
    "targetFramework": "European Qualifications Framework",
    "targetCode": "6",
}


def achievement(base_url: str = "https://laurel.example") -> dict[str, Any]:
    """As credentials carry it."""
    return {
        "@context": [
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
            f"{base_url}/contexts/micro-credential/v1",
        ],
        "id": f"{base_url}/achievements/6a9b1f1e-0000-4000-8000-000000000001",
        "type": ["Achievement"],
        "name": "Programming",
        "description": "Programs, and says why.",
        "criteria": {"narrative": "Pass the examination."},
        "achievementType": "MicroCredential",
        "creditsAvailable": 2.5,
        "inLanguage": "en",
        "creator": CREATOR,
        "alignment": [EQF_ALIGNMENT],
        **MEMBERS,
    }

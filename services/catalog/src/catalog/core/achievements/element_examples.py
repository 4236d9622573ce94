"""What stating an element looks like: for each, members as a client sends them (a test holds them to the schema)."""

from collections.abc import Mapping

from catalog.core.model import Json

_CREATOR: Json = {
    "id": "https://university.example",
    "name": "University of Example",
    "address": {"addressCountryCode": "IE"},
}
_SKILL = "http://data.europa.eu/esco/skill/2b92a5b2-6758-4ee3-9fb4-b6387a55cc8f"
EXAMPLES: Mapping[str, Json] = {
    "title": {"name": "Introduction to data analysis"},
    "awardingBody": {"creator": _CREATOR},
    "country": {"creator": _CREATOR},
    "learningOutcomes": {"learningOutcome": [{"name": "Reads tables, and doubts them"}]},
    "workload": {"volumeOfLearning": "PT60H"},
    "level": {"eqfLevel": 6},
    "cycle": {"eheaCycle": "FirstCycle"},
    "assessment": {"assessment": [{"assessmentType": "WrittenExamination"}]},
    "participation": {"participation": ["Online"]},
    "qualityAssurance": {"qualityAssurance": [{"qualityAssuranceType": "InternalReview"}]},
    "prerequisites": {"prerequisites": "Mathematics of secondary school."},
    "supervision": {
        "assessment": [
            {"assessmentType": "WrittenExamination", "supervision": "SupervisedOnsiteWithIdentityVerification"}
        ]
    },
    "grades": {"resultDescription": [{"name": "Grade", "resultType": "LetterGrade", "allowedValue": ["A", "B", "C"]}]},
    "stackability": {"stackability": "Stackable"},
    "furtherInformation": {"furtherInformation": "Offered every term."},
    "description": {"description": "How data are read, and what they do not say."},
    "criteria": {"criteria": {"narrative": "Pass the examination."}},
    "kind": {"kind": "MicroCredential"},
    "language": {"inLanguage": "en"},
    "image": {"image": {"id": "https://university.example/badge.png"}},
    "skills": {"alignment": [{"targetName": "analyse data", "targetUrl": _SKILL}]},
    "fieldOfEducation": {"iscedF": ["0613"]},
    "credits": {"creditPoint": [{"framework": "ECTS", "point": 2.5}]},
}

"""What every side signs and verifies: a realistic Open Badges 3.0 credential, and the key it is under."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from credential_core import did
from credential_core.keys import SigningKey

KEY = SigningKey.from_seed(bytes(range(32)))
ISSUER = "did:web:university.example:issuers:college"
METHOD = f"{ISSUER}#key-1"
CREATED = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
CONTROLLER = did.did_document(ISSUER, [did.VerificationMethod(METHOD, ISSUER, KEY.public)])
HOME = "https://university.example"

_NARRATIVE = (
    "The learner designs a study, collects and cleans the data, chooses a suitable model, checks its assumptions and "
    "explains the result to people who are not statisticians. Work is judged by two examiners against a rubric."
)


def _alignment(number: int, name: str) -> dict[str, Any]:
    return {
        "type": ["Alignment"],
        "targetName": name,
        "targetUrl": f"https://skills.example/frameworks/esco/{number}",
        "targetType": "ceterms:Credential" if number == 1 else "CFItem",
        "targetCode": f"S{number}.4.2",
        "targetFramework": "European Skills, Competences, Qualifications and Occupations",
    }


def _achievement() -> dict[str, Any]:
    at = f"{HOME}/achievements/7f1c3b9e"
    return {
        "id": at,
        "type": ["Achievement"],
        "name": "Applied Statistics for Public Health",
        "description": _NARRATIVE,
        "achievementType": "MicroCredential",
        "humanCode": "STAT-325",
        "inLanguage": "en-GB",
        "fieldOfStudy": "Statistics",
        "specialization": "Public health",
        "version": "2026.1",
        "creditsAvailable": 7.5,
        "tag": ["statistics", "public health", "regression", "study design", "R", "ethics"],
        "image": {"id": f"{at}/badge.png", "type": "Image", "caption": "A blue hexagon with a rising curve"},
        "criteria": {"id": f"{at}/criteria", "narrative": "## Requirements\n\n1. A project\n2. An oral examination"},
        "creator": {
            "id": f"{HOME}/schools/health",
            "type": ["Profile"],
            "name": "School of Public Health",
            "url": HOME,
        },
        "alignment": [_alignment(1, "Design of studies"), _alignment(2, "Regression"), _alignment(3, "Reporting")],
        "resultDescription": [
            {
                "id": f"{at}/results/grade",
                "type": ["ResultDescription"],
                "name": "Grade",
                "resultType": "LetterGrade",
                "requiredValue": "D",
                "allowedValue": ["F", "D", "C", "B", "A"],
            },
            {
                "id": f"{at}/results/score",
                "type": ["ResultDescription"],
                "name": "Score",
                "resultType": "Percent",
                "requiredValue": "60",
                "valueMin": "0",
                "valueMax": "100",
            },
        ],
    }


def _issuer() -> dict[str, Any]:
    return {
        "id": ISSUER,
        "type": ["Profile"],
        "name": "University College of Example",
        "url": HOME,
        "email": "registrar@university.example",
        "phone": "+47 22 85 50 50",
        "official": "The Registrar",
        "description": "A university since 1811.",
        "image": {"id": f"{HOME}/logo.png", "type": "Image", "caption": "The seal of the university"},
        "address": {
            "type": ["Address"],
            "addressCountry": "Norway",
            "addressCountryCode": "NO",
            "addressRegion": "Oslo",
            "addressLocality": "Oslo",
            "streetAddress": "Karl Johans gate 47",
            "postalCode": "0162",
        },
    }


def _evidence(number: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{HOME}/evidence/{number:08d}",
            "type": ["Evidence"],
            "name": "Project report",
            "description": "A study of influenza vaccination, forty pages with code and data.",
            "genre": "Report",
            "audience": "Examiners",
            "narrative": "Written alone, defended orally.",
        }
    ]


def credential(number: int = 1) -> dict[str, Any]:
    """The unsigned credential of learner `number`: some 4.6 kB, 135 quads, 12 blank nodes."""
    at = f"{HOME}/achievements/7f1c3b9e"
    status = f"{HOME}/status-lists/3"
    return {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": f"{HOME}/credentials/{number:08d}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Applied Statistics for Public Health",
        "description": "Awarded for the course STAT-325 in the spring of 2026.",
        "image": {"id": f"{HOME}/images/{number:08d}.png", "type": "Image"},
        "issuer": _issuer(),
        "validFrom": "2026-06-15T12:00:00Z",
        "validUntil": "2031-06-15T12:00:00Z",
        "awardedDate": "2026-06-12T09:30:00Z",
        "credentialSubject": {
            "id": f"did:example:learner-{number:08d}",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": f"sha256${number:064x}",
                    "identityType": "emailAddress",
                    "salt": f"salt-{number:08d}",
                }
            ],
            "activityStartDate": "2026-01-12T00:00:00Z",
            "activityEndDate": "2026-06-05T00:00:00Z",
            "creditsEarned": 7.5,
            "licenseNumber": f"NO-{number:08d}",
            "role": "Student",
            "term": "Spring 2026",
            "narrative": _NARRATIVE,
            "achievement": _achievement(),
            "result": [
                {"type": ["Result"], "resultDescription": f"{at}/results/grade", "value": "ABCD"[number % 4]},
                {"type": ["Result"], "resultDescription": f"{at}/results/score", "value": str(60 + number % 41)},
            ],
        },
        "evidence": _evidence(number),
        "credentialStatus": {
            "id": f"{status}#{number}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(number),
            "statusListCredential": status,
        },
    }


# What differs from learner to learner: the slots of a template.
SLOTS = {
    "id": "/id",
    "image": "/image/id",
    "subject": "/credentialSubject/id",
    "identity": "/credentialSubject/identifier/0/identityHash",
    "salt": "/credentialSubject/identifier/0/salt",
    "licence": "/credentialSubject/licenseNumber",
    "grade": "/credentialSubject/result/0/value",
    "score": "/credentialSubject/result/1/value",
    "evidence": "/evidence/0/id",
    "awarded": "/awardedDate",
    "status": "/credentialStatus/id",
    "index": "/credentialStatus/statusListIndex",
}


def values(number: int) -> dict[str, str]:
    """The values of learner `number` for those slots."""
    document: Any = credential(number)
    return {name: _at(document, pointer) for name, pointer in SLOTS.items()}


def _at(document: Any, pointer: str) -> str:
    for step in pointer[1:].split("/"):
        document = document[int(step) if isinstance(document, list) else step]
    return str(document)

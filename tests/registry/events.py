"""Events as the issuer and the catalog publish them, with everything that a test does not care about filled in."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.catalog_events import AchievementPublished, AchievementRetired
from contracts.events import (
    CredentialCorrected,
    CredentialIssued,
    CredentialReinstated,
    CredentialRevoked,
    CredentialSuspended,
    IssuerPublished,
    StatusListPublished,
)
from service_kit.testing import BASE_URL

ORG = "7f1f5f7e-3f0c-4b64-8a5c-0d8c2f3a9b10"
START = datetime(2026, 1, 1, 9, tzinfo=UTC)
DID = "did:web:laurel.test:issuers:north"
LIST = f"{BASE_URL}/status-lists/{uuid.UUID(int=9)}"
ACHIEVEMENT = f"{BASE_URL}/achievements/{uuid.UUID(int=5)}"


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def credential_id(number: int = 1) -> str:
    return f"{BASE_URL}/credentials/{uuid.UUID(int=number)}"


def issuer(revision: int = 1, **changes: Any) -> IssuerPublished:
    did = changes.get("issuer_id", DID)
    slug = changes.get("slug", "north")
    return IssuerPublished.model_validate(
        {
            "issuer_id": did,
            "slug": slug,
            "org_id": ORG,
            "revision": revision,
            "name": "North University",
            "profile": {
                "id": did,
                "type": ["Profile"],
                "name": "North University",
                "url": "https://north.example/",
                "description": "Founded by the sea.",
            },
            "did_document": {
                "@context": ["https://www.w3.org/ns/did/v1"],
                "id": did,
                "verificationMethod": [
                    {"id": f"{did}#key-1", "type": "Multikey", "controller": did, "publicKeyMultibase": "z6Mk"}
                ],
                "assertionMethod": [f"{did}#key-1"],
            },
            "changed_at": at(revision),
        }
        | changes
    )


def _achievement(revision: int, changes: dict[str, Any]) -> dict[str, Any]:
    return {
        "achievement_id": ACHIEVEMENT,
        "version": 1,
        "revision": revision,
        "org_id": ORG,
        "name": "Tide tables",
        "achievement_type": "Course",
        "document": {"id": ACHIEVEMENT, "type": ["Achievement"], "name": "Tide tables"},
        "changed_at": at(revision),
    } | changes


def achievement(revision: int = 1, **changes: Any) -> AchievementPublished:
    return AchievementPublished.model_validate(_achievement(revision, changes))


def retired(revision: int = 2, **changes: Any) -> AchievementRetired:
    return AchievementRetired.model_validate(_achievement(revision, changes))


def issued(number: int = 1, **changes: Any) -> CredentialIssued:
    return CredentialIssued.model_validate(
        {
            "credential_id": credential_id(number),
            "org_id": ORG,
            "issuer_id": DID,
            "issuer_slug": "north",
            "achievement_id": ACHIEVEMENT,
            "achievement_version": 1,
            "revision": 1,
            "issued_at": at(10),
            "valid_from": at(10),
            "digest": f"uDigestOf{number}",
            "status_list": LIST,
            "status_index": 100 + number,
        }
        | changes
    )


def corrected(number: int = 1, revision: int = 2, **changes: Any) -> CredentialCorrected:
    told = {
        "revision": revision,
        "state": "issued",
        "valid_from": at(20 + revision),
        "digest": f"uCorrected{number}",
        "corrected_at": at(20 + revision),
        "replaces": f"uDigestOf{number}",
    }
    return CredentialCorrected.model_validate(issued(number).model_dump() | told | changes)


def _change(number: int, revision: int) -> dict[str, Any]:
    return {
        "credential_id": credential_id(number),
        "org_id": ORG,
        "issuer_id": DID,
        "revision": revision,
        "changed_at": at(20 + revision),
    }


def revoked(number: int = 1, revision: int = 2) -> CredentialRevoked:
    return CredentialRevoked.model_validate(_change(number, revision))


def suspended(number: int = 1, revision: int = 2) -> CredentialSuspended:
    return CredentialSuspended.model_validate(_change(number, revision))


def reinstated(number: int = 1, revision: int = 3) -> CredentialReinstated:
    return CredentialReinstated.model_validate(_change(number, revision))


def status_list(revision: int = 1, **changes: Any) -> StatusListPublished:
    return StatusListPublished.model_validate(
        {
            "list_id": str(uuid.UUID(int=9)),
            "url": LIST,
            "org_id": ORG,
            "issuer_id": DID,
            "purpose": "revocation",
            "revision": revision,
            "credential": {
                "@context": ["https://www.w3.org/ns/credentials/v2"],
                "id": LIST,
                "type": ["VerifiableCredential", "BitstringStatusListCredential"],
                "issuer": DID,
                "validFrom": at(revision).isoformat(),
                "credentialSubject": {
                    "id": f"{LIST}#list",
                    "type": "BitstringStatusList",
                    "statusPurpose": "revocation",
                    "encodedList": "uH4sIAAAA",
                    "ttl": 60000,
                },
                "proof": {"type": "DataIntegrityProof", "proofValue": f"z{revision}ö"},
            },
            "changed_at": at(revision),
        }
        | changes
    )

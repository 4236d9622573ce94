"""Issuers that sign real credentials and status lists, and the events by which the fleet tells of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.events import (
    CredentialCorrected,
    CredentialIssued,
    CredentialReinstated,
    CredentialRevoked,
    CredentialSuspended,
    IssuerPublished,
    StatusListPublished,
)
from credential_core import bitstring, did
from credential_core.jcs import digest
from credential_core.keys import SigningKey
from credential_core.model import achievement_credential, hashed_identity
from credential_core.proof import sign
from credential_core.timestamps import format_timestamp, parse_timestamp
from service_kit.ids import new_id
from service_kit.testing import BASE_URL

Json = dict[str, Any]

ORIGIN = "https://laurel.test"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
LEARNER = "ada.lovelace@example.org"


@dataclass
class Issuer:
    """A university with a key. Without an `identifier` it goes by its did:key."""

    slug: str
    identifier: str = ""
    org: str = field(default_factory=new_id)
    key: SigningKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = SigningKey.from_seed(hashlib.sha256(self.slug.encode()).digest())
        self.identifier = self.identifier or did.did_key(self.key.public)

    @property
    def method(self) -> str:
        fragment = self.key.public.multibase if self.identifier.startswith("did:key:") else "key-1"
        return f"{self.identifier}#{fragment}"

    @property
    def did_document(self) -> Json:
        method = did.VerificationMethod(self.method, self.identifier, self.key.public)
        return did.did_document(self.identifier, [method])

    def sign(self, document: Json, **overrides: Any) -> Json:
        options: Json = {"verification_method": self.method, "created": NOW - timedelta(minutes=1)} | overrides
        return sign(document, self.key, **options)

    def unsigned(self, *, status: Json | list[Json] | None = None, **overrides: Any) -> Json:
        members: Json = {
            "credential_id": f"{BASE_URL}/credentials/{new_id()}",
            "issuer": {"id": self.identifier, "name": f"University of {self.slug}"},
            "achievement": {
                "id": f"{BASE_URL}/achievements/{new_id()}/versions/1",
                "type": ["Achievement"],
                "name": "Linear algebra",
                "description": "Vector spaces and linear maps",
                "criteria": {"narrative": "Pass the exam"},
                "achievementType": "Course",
            },
            "identifiers": [hashed_identity(LEARNER, "emailAddress", "salt")],
            "valid_from": NOW - DAY,
            "valid_until": NOW + 365 * DAY,
            "awarded": NOW - DAY,
            "status": status,
        }
        return achievement_credential(**(members | overrides))

    def credential(self, *, status: Json | list[Json] | None = None, **overrides: Any) -> Json:
        return self.sign(self.unsigned(status=status, **overrides))

    def status_list(
        self, url: str, *revoked: int, sign: bool = True, purpose: str = "revocation", **members: Any
    ) -> Json:
        bits = bitstring.StatusBits.empty()
        for index in revoked:
            bits.set(index, True)
        document = bitstring.status_list_credential(
            list_url=url,
            issuer=self.identifier,
            purpose=purpose,
            bits=bits,
            valid_from=NOW - DAY,
            ttl_ms=300_000,
            valid_until=NOW + DAY,
        )
        document |= members
        return self.sign(document) if sign else document

    def published(self, revision: int = 1, *, active: bool = True, **overrides: Any) -> IssuerPublished:
        members: Json = {
            "issuer_id": self.identifier,
            "slug": self.slug,
            "org_id": self.org,
            "revision": revision,
            "active": active,
            "name": f"University of {self.slug}",
            "profile": {"id": self.identifier, "type": ["Profile"], "name": f"University of {self.slug}"},
            "did_document": self.did_document,
            "changed_at": NOW,
        }
        return IssuerPublished(**(members | overrides))

    def list_published(self, credential: Json, revision: int = 1, *, url: str | None = None) -> StatusListPublished:
        address = url or str(credential["id"])
        return StatusListPublished(
            list_id=address.rsplit("/", 1)[-1],
            url=address,
            org_id=self.org,
            issuer_id=self.identifier,
            purpose="revocation",
            revision=revision,
            credential=credential,
            changed_at=NOW,
        )

    def issued(self, credential: Json) -> CredentialIssued:
        entry = credential["credentialStatus"]
        return CredentialIssued(
            credential_id=credential["id"],
            org_id=self.org,
            issuer_id=self.identifier,
            issuer_slug=self.slug,
            achievement_id=credential["credentialSubject"]["achievement"]["id"],
            achievement_version=1,
            revision=1,
            issued_at=NOW,
            valid_from=NOW,
            digest="u",
            status_list=entry["statusListCredential"],
            status_index=int(entry["statusListIndex"]),
        )

    def corrected(self, before: Json, *, revision: int = 2, state: str = "issued", **changes: Any) -> Json:
        """The document that a correction signs, and the event that tells of it."""
        moved = format_timestamp(parse_timestamp(before["validFrom"]) + timedelta(minutes=revision))
        unsigned = {name: value for name, value in before.items() if name != "proof"} | {"validFrom": moved} | changes
        after = self.sign(unsigned)
        told = self.issued(before).model_dump() | {
            "revision": revision,
            "state": state,
            "valid_from": parse_timestamp(moved),
            "digest": digest(after),
            "corrected_at": NOW,
            "replaces": digest(before),
        }
        return {"document": after, "event": CredentialCorrected(**told)}

    def revoked(self, credential_id: str, revision: int = 2) -> CredentialRevoked:
        return CredentialRevoked(**self._change(credential_id, revision))

    def suspended(self, credential_id: str, revision: int = 2) -> CredentialSuspended:
        return CredentialSuspended(**self._change(credential_id, revision))

    def reinstated(self, credential_id: str, revision: int = 3) -> CredentialReinstated:
        return CredentialReinstated(**self._change(credential_id, revision))

    def _change(self, credential_id: str, revision: int) -> Json:
        return {
            "credential_id": credential_id,
            "org_id": self.org,
            "issuer_id": self.identifier,
            "revision": revision,
            "changed_at": NOW,
        }


def of_the_fleet(slug: str) -> Issuer:
    """An issuer of this fleet: a did:web under its origin."""
    return Issuer(slug, did.did_web(ORIGIN, "issuers", slug))


def list_url(origin: str = BASE_URL) -> str:
    """The address of a new status list, of this fleet unless said otherwise."""
    return f"{origin}/status-lists/{new_id()}"


def entry(url: str, index: int = 7, purpose: str = "revocation") -> Json:
    return dict(bitstring.entry(url, index, purpose))


def codes(answer: Json) -> dict[str, str]:
    """Check name to code."""
    return {check["check"]: check["code"] for check in answer["checks"]}


def outcomes(answer: Json) -> dict[str, str]:
    """Check name to outcome."""
    return {check["check"]: check["outcome"] for check in answer["checks"]}

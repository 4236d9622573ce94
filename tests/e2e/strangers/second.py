"""The second university, whose people and programs are strangers to everything of the first."""

from __future__ import annotations

from typing import Any

import httpx

from tests.e2e.strangers.first import V2, First
from tests.e2e.strangers.people import Place, University
from tools.actor import Actor

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


class Second:
    """Its owner with all scopes, its client, an auditor; and a learner of the first university as another stranger."""

    def __init__(self, place: Place, http: httpx.Client, operator: Actor, first: First) -> None:
        self.university = university = University(place, http, operator, "Birch")
        self.actor = university.actor
        grants = ["client_credentials", "authorization_code", "refresh_token", EXCHANGE]
        more = {"grantTypes": grants, "redirectUris": ["https://birch.example/cb"]}
        self.peer = university.register(self.actor, "Birch's own program", "credentials:read", **more)
        self.scopes = first.everything()
        self.owner = university.program(university.person("Boris", "owner"), *self.scopes)
        self.auditor = university.program(university.person("Ada", "auditor"), *self.scopes)
        self.classmate = first.university.program(first.classmate, *self.scopes)
        self.things: dict[str, Any] = {"their_organization": university.id, **self._things(first)}

    def _things(self, first: First) -> dict[str, Any]:
        """What it needs to name beside the first university's."""
        slug = f"{self.university.slug}-1"
        did = self.actor.post("/issuers", {"name": "Birch", "slug": slug, "keys": ["Ed25519", "P-256"]})["id"]
        achievement = first.achievement("Birch module", by=self.actor)
        body = {"achievement": achievement, "recipient": {"email": f"bo@{self.university.slug}.example"}}
        issued = self.actor.post("/credentials", body)
        document = {"@context": [V2], "type": ["VerifiableCredential"], "issuer": did}
        subject = {"credentialSubject": {"id": "did:example:bo"}}
        signed = self.actor.post("/vc/ecdsa-sd-2023/credentials/issue", {"credential": document | subject})
        return {
            "their_slug": slug,
            "their_did": did,
            "their_achievement": achievement,
            "their_document": issued["credential"],
            "their_signed": signed["verifiableCredential"],
        }

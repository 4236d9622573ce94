"""Asking the VC-API for credentials in tests, and what comes of it."""

from __future__ import annotations

from typing import Any

import httpx

from credential_core import proof
from credential_core.did import assertion_method
from credential_core.keys import PublicKey
from service_kit.ids import new_id
from tests.issuer.world import World

Json = dict[str, Any]
V2 = "https://www.w3.org/ns/credentials/v2"
V1 = "https://www.w3.org/2018/credentials/v1"
KEYS = ["Ed25519", "P-256", "P-384"]
ENTRY: Json = {
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "7",
    "statusListCredential": "https://a.example/1",
}


def credential(did: str, **members: Any) -> Json:
    return {
        "@context": [V2],
        "id": f"urn:uuid:{new_id()}",
        "type": ["VerifiableCredential"],
        "issuer": did,
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:subject", "name": "Ada"},
    } | members


async def post(world: World, path: str, body: Any, **more: Any) -> httpx.Response:
    return await world.send("POST", f"/vc{path}", body, **more)


async def issued(world: World, document: Json, *, form: str = "", **options: Any) -> Json:
    path = f"/{form}/credentials/issue" if form else "/credentials/issue"
    answer = await post(world, path, {"credential": document, "options": options})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert set(body) == {"verifiableCredential"}
    return dict(body["verifiableCredential"])


async def keys_of(world: World, method: str) -> PublicKey:
    (published,) = await world.events("issuer.published.v1")
    return assertion_method(published.did_document, method).public


async def holds(world: World, signed: Json) -> Json:
    """The newest proof of a document, which holds under a key of the issuer's DID document."""
    made = proof.proofs(signed)[-1]
    proof.verify_proof(signed, made, await keys_of(world, made["verificationMethod"]), inline_contexts=True)
    return made

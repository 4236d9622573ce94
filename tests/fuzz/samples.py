"""Genuine documents, tokens, notes and images for the fuzzers to start from."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from credential_core import bake, bitstring, cbor, checkpoint, did, jose, merkle, model, note, proof
from credential_core.keys import SigningKey

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY: Final = SigningKey.from_seed(bytes(range(32)))
P256: Final = SigningKey.from_seed(bytes(range(1, 33)), "P-256")
ISSUER: Final = did.did_key(KEY.public)
METHOD: Final = did.did_key_verification_method(KEY.public)
LIST: Final = "https://issuer.test/status-lists/1"
HOLDER_SALT: Final = "salty"


def _unsigned(issuer: str) -> dict[str, Any]:
    return model.achievement_credential(
        credential_id="https://issuer.test/credentials/1",
        issuer={"id": issuer, "name": "University of Test"},
        achievement={
            "id": "https://issuer.test/achievements/1",
            "name": "Statistics",
            "description": "Reads and makes statistics.",
            "criteria": {"narrative": "Passed the examination."},
            "creditsAvailable": 5.5,
            "tag": ["statistics"],
        },
        identifiers=[model.hashed_identity("ada@learner.test", "emailAddress", HOLDER_SALT)],
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        evidence=[{"id": "https://issuer.test/evidence/1", "narrative": "A “real” report\twith a tab."}],
        status=bitstring.entry(LIST, 7, "revocation"),
    )


UNSIGNED: Final = _unsigned(ISSUER)
SIGNED: Final = proof.sign(UNSIGNED, KEY, verification_method=METHOD, created=NOW)
JCS: Final = proof.sign(UNSIGNED, KEY, verification_method=METHOD, created=NOW, cryptosuite="eddsa-jcs-2022")
P256_ISSUER: Final = did.did_key(P256.public)
SELECTIVE_BASE: Final = proof.sign_selective(
    _unsigned(P256_ISSUER),
    P256,
    verification_method=did.did_key_verification_method(P256.public),
    created=NOW,
    mandatory=["/issuer", "/validFrom"],
    ephemeral=SigningKey.from_seed(bytes(range(2, 34)), "P-256"),
    hmac_key=bytes(32),
)
SELECTIVE: Final = proof.derive(SELECTIVE_BASE, ["/id", "/name", "/credentialSubject", "/credentialStatus"])
STATUS_LIST: Final = proof.sign(
    bitstring.status_list_credential(
        list_url=LIST,
        issuer=ISSUER,
        purpose="revocation",
        bits=bitstring.StatusBits.empty(),
        valid_from=NOW,
        ttl_ms=1000,
    ),
    KEY,
    verification_method=METHOD,
    created=NOW,
)
SCHEMA_URL: Final = "https://issuer.test/schemas/1"
SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string", "pattern": "^https://[a-z.]+/"}, "evidence": {"$ref": "#/$defs/list"}},
    "patternProperties": {"^x-": {"enum": [1, "a"]}},
    "$defs": {"list": {"type": "array", "uniqueItems": True, "items": {"anyOf": [True, {"not": {}}]}}},
}
WITH_SCHEMA: Final = proof.sign(
    {**UNSIGNED, "credentialSchema": [{"id": SCHEMA_URL, "type": "JsonSchema"}]},
    KEY,
    verification_method=METHOD,
    created=NOW,
)
PRESENTATION: Final = proof.sign(
    {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "type": ["VerifiablePresentation"],
        "holder": ISSUER,
        "verifiableCredential": [SIGNED, jose.enveloped(jose.issue_credential(UNSIGNED, KEY, kid=METHOD, issued=NOW))],
    },
    KEY,
    verification_method=METHOD,
    created=NOW,
    purpose="authentication",
    options=proof.ProofOptions(challenge="c", domain="d"),
)
INLINE: Final = {
    **UNSIGNED,
    "@context": [*UNSIGNED["@context"], {"grade": "https://issuer.test/terms#grade", "x": {"@id": "https://x.test/y"}}],
    "grade": "A",
}
CREDENTIALS: Final = (SIGNED, JCS, SELECTIVE, SELECTIVE_BASE)
CONTROLLER: Final = did.did_document(
    "did:web:issuer.test",
    [did.VerificationMethod("did:web:issuer.test#k", "did:web:issuer.test", KEY.public, expires=NOW)],
)
TOKENS: Final = (jose.issue_credential(UNSIGNED, KEY, kid=METHOD, issued=NOW),)

OB2_ISSUER, OB2_BADGE, OB2_ID, OB2_KEY, OB2_REVOKED = (
    f"https://issuer.test/{name}" for name in ("issuer", "badge", "assertion", "key", "revoked")
)
OB2: Final = {
    "@context": "https://w3id.org/openbadges/v2",
    "id": OB2_ID,
    "type": "Assertion",
    "recipient": {"type": "email", "identity": "ada@learner.test", "hashed": False},
    "badge": OB2_BADGE,
    "verification": {"type": "HostedBadge"},
    "issuedOn": "2026-01-01T00:00:00Z",
}
OB2_SIGNED: Final = {**OB2, "id": "urn:uuid:1", "verification": {"type": "SignedBadge", "creator": OB2_KEY}}
OB2_WORLD: Final[dict[str, dict[str, Any]]] = {
    OB2_ID: OB2,
    OB2_BADGE: {"id": OB2_BADGE, "type": "BadgeClass", "name": "B", "issuer": OB2_ISSUER, "criteria": OB2_BADGE},
    OB2_ISSUER: {
        "id": OB2_ISSUER,
        "type": "Issuer",
        "name": "U",
        "publicKey": OB2_KEY,
        "revocationList": OB2_REVOKED,
        "verification": {"allowedOrigins": "issuer.test"},
    },
    OB2_KEY: {
        "id": OB2_KEY,
        "type": "CryptographicKey",
        "owner": OB2_ISSUER,
        "publicKeyPem": RSAPublicNumbers(65537, 2**2048 - 1)
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    },
    OB2_REVOKED: {"id": OB2_REVOKED, "issuer": OB2_ISSUER, "revokedAssertions": [{"id": "urn:uuid:2"}]},
}

TREE: Final = merkle.Tree(merkle.leaf_hash(bytes([number])) for number in range(11))
LOG_KEY: Final = note.VerifierKey("log.test", KEY.public)
WITNESS: Final = note.VerifierKey("witness.test", KEY.public, note.Kind.COSIGNATURE)
CHECKPOINT: Final = checkpoint.cosign(
    checkpoint.Checkpoint("log.test", TREE.size, TREE.root()).sign(KEY), "witness.test", KEY, time=1_700_000_000
)
LOG_PROOF: Final = checkpoint.LogProof(5, tuple(merkle.inclusion_proof(5, TREE.size, TREE.node)), CHECKPOINT, b"extra")


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG, whose checksum holds."""
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", (1).to_bytes(4) * 2 + b"\x08\0\0\0\0")
PNG_TAIL: Final = chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
SVG: Final = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><g a="&amp;"/><!-- x --></svg>'
BAKED_PNG: Final = bake.bake(PNG_HEAD + PNG_TAIL, json.dumps(SIGNED))
BAKED_SVG: Final = bake.bake(bake.bake(SVG, '{"a": "]]>"}'), "a.b.c", standard=bake.Standard.OB2)


def signed_cwt(protected: bytes, payload: bytes) -> bytes:
    """A COSE_Sign1 by the sample key."""
    return b"\xd2" + cbor.encode(
        [protected, {}, payload, KEY.sign(cbor.encode(["Signature1", protected, b"", payload]))]
    )


LIST_CWT: Final = signed_cwt(
    cbor.encode({1: -8, 16: "application/statuslist+cwt"}),
    cbor.encode({2: LIST, 6: 1772000000, 65534: 60, 65533: {"bits": 1, "lst": zlib.compress(bytes(2))}}),
)

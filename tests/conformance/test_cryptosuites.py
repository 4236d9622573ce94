"""Every cryptosuite both ways between this library and Digital Bazaar's: the same bytes signed, the same proofs held.

EdDSA proofs and derived proofs are deterministic, and equal byte for byte. ECDSA takes random nonces there (RFC 6979
here), so that there what goes to the signer is compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core import bitstring, did, model, proof
from credential_core.contexts import frozen_contexts, load_context
from credential_core.errors import CredentialError
from credential_core.keys import SigningKey
from credential_core.proof.configuration import covered
from credential_core.proof.hashing import hash_data
from credential_core.proof.suites import suite_of

pytestmark = pytest.mark.node

Node = Callable[[str, dict[str, Any]], Any]
KEYS = {
    "Ed25519": SigningKey.from_seed(bytes(range(32))),
    "P-256": SigningKey.from_seed(bytes(range(1, 33)), "P-256"),
    "P-384": SigningKey.from_seed(bytes(range(1, 49)), "P-384"),
}
EPHEMERAL = SigningKey.from_seed(bytes(range(2, 34)), "P-256")
HMAC_KEY = bytes(range(32))
ISSUER = "did:web:issuer.test:issuers:u"
METHODS = {algorithm: f"{ISSUER}#{algorithm}" for algorithm in KEYS}
CREATED = datetime(2026, 1, 2, tzinfo=UTC)
CONTEXTS = {url: load_context(url) for url in frozen_contexts()}
DOCUMENT = did.did_document(
    ISSUER, [did.VerificationMethod(METHODS[algorithm], ISSUER, key.public) for algorithm, key in KEYS.items()]
)
PLAIN = [
    ("eddsa-rdfc-2022", "Ed25519"),
    ("eddsa-jcs-2022", "Ed25519"),
    ("ecdsa-rdfc-2019", "P-256"),
    ("ecdsa-rdfc-2019", "P-384"),
    ("ecdsa-jcs-2019", "P-256"),
    ("ecdsa-jcs-2019", "P-384"),
]
MANDATORY = ["/issuer", "/validFrom", "/credentialSubject/achievement/name"]
SELECTIVE = ["/credentialSubject/achievement/tag/1", "/credentialSubject/identifier", "/credentialStatus"]


def unsigned() -> dict[str, Any]:
    return model.achievement_credential(
        credential_id="https://issuer.test/credentials/1",
        issuer={"id": ISSUER, "name": "Üniversity of Test 😀", "url": "https://issuer.test"},
        achievement={
            "id": "https://issuer.test/achievements/1",
            "name": "Statistics \u0007 \u2028 \u007f",
            "description": 'Reads "and" makes\nstatistics.',
            "criteria": {"narrative": "Passed."},
            "creditsAvailable": 7.5,
            "tag": ["b", "a"],
        },
        identifiers=[
            model.hashed_identity("ada@learner.test", "emailAddress", "salty"),
            model.hashed_identity("Ada", "name", "salty"),
        ],
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        status=bitstring.entry("https://issuer.test/status-lists/1", 7, "revocation"),
    )


def sign(cryptosuite: str, algorithm: str, document: dict[str, Any], **options: Any) -> dict[str, Any]:
    return proof.sign(
        document,
        KEYS[algorithm],
        verification_method=METHODS[algorithm],
        created=CREATED,
        cryptosuite=cryptosuite,
        options=proof.ProofOptions(**options),
    )


def sign_selective(document: dict[str, Any]) -> dict[str, Any]:
    return proof.sign_selective(
        document,
        KEYS["P-256"],
        verification_method=METHODS["P-256"],
        created=CREATED,
        mandatory=MANDATORY,
        hmac_key=HMAC_KEY,
        ephemeral=EPHEMERAL,
    )


def there(node: Node, operation: str, credential: dict[str, Any], cryptosuite: str, **more: Any) -> Any:
    given = {"operation": operation, "credential": credential, "cryptosuite": cryptosuite, "contexts": CONTEXTS}
    return node("proofs.mjs", {**given, "controllers": {ISSUER: DOCUMENT}, **more})


def signed_there(node: Node, cryptosuite: str, algorithm: str, document: dict[str, Any], **more: Any) -> Any:
    key = KEYS[algorithm]
    pair = {
        "id": METHODS[algorithm],
        "controller": ISSUER,
        "publicKeyMultibase": key.public.multibase,
        "secretKeyMultibase": key.secret_multibase,
    }
    return there(node, "sign", document, cryptosuite, key=pair, created="2026-01-02T00:00:00Z", **more)


def holds(credential: dict[str, Any], algorithm: str) -> bool:
    try:
        proof.verify_proof(credential, credential["proof"], KEYS[algorithm].public)
    except CredentialError:
        return False
    return True


@pytest.mark.parametrize(("cryptosuite", "algorithm"), PLAIN)
def test_both_sign_the_same_bytes_and_accept_each_other(node: Node, cryptosuite: str, algorithm: str) -> None:
    ours = sign(cryptosuite, algorithm, unsigned())
    theirs = signed_there(node, cryptosuite, algorithm, unsigned())
    suite = suite_of(ours["proof"])
    data = hash_data(covered(ours, ours["proof"]), ours["proof"], suite, suite.hash_for(KEYS[algorithm].public))
    assert theirs["data"] == data.hex()
    assert holds(theirs["signed"], algorithm)
    assert there(node, "verify", ours, cryptosuite) == {"verified": True, "error": None}
    if algorithm == "Ed25519":
        assert theirs["signed"]["proof"]["proofValue"] == ours["proof"]["proofValue"]


@pytest.mark.parametrize(("cryptosuite", "algorithm"), PLAIN[1:])
def test_a_tampered_copy_is_refused_there_and_here(node: Node, cryptosuite: str, algorithm: str) -> None:
    tampered = json.loads(json.dumps(sign(cryptosuite, algorithm, unsigned())))
    tampered["credentialSubject"]["achievement"]["creditsAvailable"] = 8
    assert not holds(tampered, algorithm)
    assert there(node, "verify", tampered, cryptosuite)["verified"] is False


def test_their_ed25519_signature_2020_is_read_here(node: Node) -> None:
    document = unsigned()
    document["@context"].append("https://w3id.org/security/suites/ed25519-2020/v1")
    theirs = signed_there(node, "Ed25519Signature2020", "Ed25519", document)["signed"]
    assert theirs["proof"]["type"] == "Ed25519Signature2020"
    assert holds(theirs, "Ed25519")
    assert not holds({**theirs, "name": "Surgery"}, "Ed25519")


def test_what_is_derived_of_our_base_proof_is_the_same_there(node: Node) -> None:
    base = sign_selective(unsigned())
    ours = proof.derive(base, SELECTIVE)
    theirs = there(node, "derive", base, "ecdsa-sd-2023", selective=SELECTIVE)
    assert theirs["proof"]["proofValue"] == ours["proof"]["proofValue"]
    assert holds(theirs, "P-256")
    assert there(node, "verify", ours, "ecdsa-sd-2023") == {"verified": True, "error": None}


def test_what_is_derived_of_their_base_proof_is_the_same_here(node: Node) -> None:
    base = signed_there(node, "ecdsa-sd-2023", "P-256", unsigned(), mandatory=MANDATORY)["signed"]
    ours = proof.derive(base, SELECTIVE)
    theirs = there(node, "derive", base, "ecdsa-sd-2023", selective=SELECTIVE)
    assert theirs["proof"]["proofValue"] == ours["proof"]["proofValue"]
    assert holds(theirs, "P-256")
    assert there(node, "verify", ours, "ecdsa-sd-2023") == {"verified": True, "error": None}


@pytest.mark.parametrize("member", ["name", "issuer", "validFrom"])
def test_a_derived_credential_that_was_altered_is_refused_there_and_here(node: Node, member: str) -> None:
    derived = proof.derive(sign_selective(unsigned()), SELECTIVE)
    value = {"name": "Added", "issuer": {**derived["issuer"], "name": "Other"}, "validFrom": "2020-01-01T00:00:00Z"}
    altered = {**derived, member: value[member]}
    assert not holds(altered, "P-256")
    assert there(node, "verify", altered, "ecdsa-sd-2023")["verified"] is False


def test_a_list_that_is_disclosed_whole_verifies_there(node: Node) -> None:
    document = unsigned()
    document["credentialSubject"]["achievement"]["resultDescription"] = [
        {
            "id": "https://issuer.test/achievements/1/results/1",
            "type": ["ResultDescription"],
            "name": "Grade",
            "resultType": "LetterGrade",
            "allowedValue": ["C", "B", "A"],
        }
    ]
    pointer = "/credentialSubject/achievement/resultDescription/0/allowedValue"
    ours = proof.derive(sign_selective(document), [pointer])
    assert there(node, "verify", ours, "ecdsa-sd-2023") == {"verified": True, "error": None}

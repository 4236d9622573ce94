"""Data Integrity proofs against the W3C vectors, and every way a proof can be wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from credential_core import did, proof
from credential_core.errors import ContextError, CredentialError, ProofError
from credential_core.jsonld import to_quads
from credential_core.keys import PublicKey, SigningKey
from credential_core.multibase import decode_base58
from credential_core.rdfc import canonicalize

Load = Callable[[str], Any]
Sign = Callable[[dict[str, Any]], dict[str, Any]]
FOLDER = "w3c-vc-di-eddsa/TestVectors"


def vector_key(load: Load) -> SigningKey:
    pair = load(f"{FOLDER}/keyPair.json")
    return SigningKey.from_seed(decode_base58(pair["privateKeyMultibase"])[2:])


def test_every_step_of_the_published_signature(load: Load, vectors: Path) -> None:
    base = f"{FOLDER}/eddsa-rdfc-2022"
    signed = load(f"{base}/signedDataInt.json")
    options = load(f"{base}/proofConfigDataInt.json")
    steps = {path.stem: path.read_text() for path in (vectors / base).glob("*.txt")}
    canonical = canonicalize(to_quads(load(f"{FOLDER}/unsigned.json"))).nquads
    assert canonical == steps["canonDocDataInt"]
    assert hashlib.sha256(canonical.encode()).hexdigest() == steps["docHashDataInt"].strip()
    assert canonicalize(to_quads(options)).nquads == steps["proofCanonDataInt"]
    ours = proof.sign(
        load(f"{FOLDER}/unsigned.json"),
        vector_key(load),
        verification_method=signed["proof"]["verificationMethod"],
        created=datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC),
    )
    assert ours == signed


def test_published_signatures_verify(load: Load) -> None:
    key = vector_key(load)
    signed = load(f"{FOLDER}/eddsa-rdfc-2022/signedDataInt.json")
    proof.verify_proof(signed, signed["proof"], key.public)
    for name in ("simple", "simple-err-expired", "complete", "endorsement-valid"):
        document = load(f"1edtech-public-validator/ob30/{name}.json")
        method = document["proof"][0]["verificationMethod"]
        proof.verify_proof(document, document["proof"][0], PublicKey.from_multibase(method.partition("#")[2]))


def test_a_published_forgery_does_not_verify(load: Load) -> None:
    document = load("1edtech-public-validator/ob30/simple-err-proof-value.json")
    public = PublicKey.from_multibase(document["proof"][0]["verificationMethod"].partition("#")[2])
    with pytest.raises(ProofError, match="signature_invalid"):
        proof.verify_proof(document, document["proof"][0], public)


def test_signing_is_deterministic_and_leaves_the_document_alone(unsigned: dict[str, Any], sign: Sign) -> None:
    before = dict(unsigned)
    assert sign(unsigned) == sign(unsigned)
    assert unsigned == before


def test_order_of_members_and_of_sets_does_not_matter(unsigned: dict[str, Any], sign: Sign, key: SigningKey) -> None:
    signed = sign(unsigned)
    signed["credentialSubject"]["achievement"]["tag"].reverse()
    turned = dict(reversed(signed.items()))
    proof.verify_proof(turned, turned["proof"], key.public)


def test_order_of_a_list_does_matter(unsigned: dict[str, Any], sign: Sign, key: SigningKey) -> None:
    signed = sign(unsigned)
    signed["credentialSubject"]["achievement"]["resultDescription"][0]["allowedValue"].reverse()
    with pytest.raises(ProofError, match="signature_invalid"):
        proof.verify_proof(signed, signed["proof"], key.public)


def test_a_second_signature_makes_a_set(unsigned: dict[str, Any], sign: Sign, key: SigningKey) -> None:
    twice = sign(sign(unsigned))
    assert len(proof.proofs(twice)) == 2
    for each in proof.proofs(twice):
        proof.verify_proof(twice, each, key.public)


@pytest.mark.parametrize("value", ["x", [5], [{}, "x"], 5, True])
def test_a_proof_that_is_no_object_is_malformed(value: Any) -> None:
    with pytest.raises(ProofError, match="proof_malformed"):
        proof.proofs({"proof": value})


def test_no_proof_is_no_proofs() -> None:
    assert proof.proofs({}) == proof.proofs({"proof": None}) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "RsaSignature2018"}, "proof_type_unsupported"),
        ({"type": "Ed25519Signature2020"}, "iri_relative"),
        ({"type": ["DataIntegrityProof"]}, "proof_malformed"),
        ({"type": None}, "proof_malformed"),
        ({"cryptosuite": "bbs-2023"}, "cryptosuite_unsupported"),
        ({"cryptosuite": "eddsa-jcs-2022"}, "signature_invalid"),
        ({"cryptosuite": "ecdsa-rdfc-2019"}, "key_mismatch"),
        ({"cryptosuite": "ecdsa-sd-2023"}, "key_mismatch"),
        ({"cryptosuite": "eddsa-2022"}, "signature_invalid"),
        ({"cryptosuite": None}, "proof_malformed"),
        ({"cryptosuite": ["eddsa-rdfc-2022"]}, "proof_malformed"),
        ({"cryptosuite": "ecdsa-sd-2023", "previousProof": "urn:x"}, "proof_chain_unsupported"),
        ({"previousProof": "urn:x"}, "proof_chain_broken"),
        ({"previousProof": []}, "proof_malformed"),
        ({"previousProof": ["urn:x"] * 9}, "proof_malformed"),
        ({"previousProof": {"id": "urn:x"}}, "proof_malformed"),
        ({"previousProof": None}, "proof_malformed"),
        ({"verificationMethod": None}, "proof_malformed"),
        ({"verificationMethod": {"id": "did:key:z6Mk#z6Mk"}}, "proof_malformed"),
        ({"id": 5}, "proof_malformed"),
        ({"nonce": ["x"]}, "proof_malformed"),
        ({"challenge": 5}, "proof_malformed"),
        ({"domain": [5]}, "proof_malformed"),
        ({"expires": "tomorrow"}, "date_malformed"),
        ({"proofPurpose": "authentication"}, "proof_purpose_mismatch"),
        ({"proofPurpose": ["assertionMethod"]}, "proof_purpose_mismatch"),
        ({"created": "yesterday"}, "date_malformed"),
        ({"@context": "https://www.w3.org/ns/did/v1"}, "proof_malformed"),
        ({"@context": ["https://www.w3.org/ns/credentials/v2", {"created": "https://evil.test/"}]}, "proof_malformed"),
        ({"@context": None}, "proof_malformed"),
        ({"@context": "https://www.w3.org/ns/credentials/v2", "nonce": "added"}, "signature_invalid"),
        ({"proofValue": None}, "proof_value_malformed"),
        ({"proofValue": 5}, "proof_value_malformed"),
        ({"proofValue": "u" + "A" * 86}, "proof_value_malformed"),
        ({"proofValue": "z1"}, "proof_value_malformed"),
        ({"proofValue": "z" + "1" * 65}, "proof_value_malformed"),
        ({"proofValue": "z" + "1" * 64}, "signature_invalid"),
        ({"created": "2026-01-02T00:00:01Z"}, "signature_invalid"),
        ({"verificationMethod": "did:key:z6Mk#z6Mk"}, "signature_invalid"),
        ({"nonce": "added"}, "signature_invalid"),
        ({"expires": "2027-01-01T00:00:00Z"}, "signature_invalid"),
        ({"undefined": "added"}, "term_undefined"),
    ],
)
def test_a_wrong_proof_is_refused_with_its_reason(
    unsigned: dict[str, Any], sign: Sign, key: SigningKey, change: dict[str, Any], code: str
) -> None:
    signed = sign(unsigned)
    with pytest.raises(CredentialError) as refused:
        proof.verify_proof(signed, {**signed["proof"], **change}, key.public)
    assert refused.value.code == code


def test_a_proof_may_name_contexts_that_the_document_has(unsigned: dict[str, Any], sign: Sign, key: SigningKey) -> None:
    """Spruce's library writes the context of Ed25519Signature2020 into the proof, also where the document has it."""
    signed = sign(unsigned)
    given: list[Any] = [unsigned["@context"], unsigned["@context"][0], unsigned["@context"][1:], []]
    for contexts in given:
        proof.verify_proof(signed, {**signed["proof"], "@context": contexts}, key.public)


# Made by openedx-didkit 0.3.5, the library of Spruce's that Open edX issues with; its key is gone.
DIDKIT = "did:key:z6MkhWjvskbDedJDtJFqWv2VC9ee5FdAmEk4kU7zYk2AQoUv"
ISSUED_BY_DIDKIT = {
    "@context": ["https://www.w3.org/2018/credentials/v1"],
    "id": "urn:uuid:0a0e4ef5-091f-4060-842e-18e519ab9441",
    "type": ["VerifiableCredential"],
    "credentialSubject": {"id": "did:example:x"},
    "issuer": DIDKIT,
    "issuanceDate": "2025-01-01T00:00:00Z",
    "proof": {
        "@context": ["https://w3id.org/security/suites/ed25519-2020/v1"],
        "type": "Ed25519Signature2020",
        "proofPurpose": "assertionMethod",
        "proofValue": "z5Z2tbzcktoRCi6Pundnsq9vcwwxCjC6q4TaryRgh14Z1gsp1RGkn72DDmUBFSnVSEfcZYjKdRC1xNHGfQXG69tJE",
        "verificationMethod": f"{DIDKIT}#{DIDKIT.removeprefix('did:key:')}",
        "created": "2026-11-29T17:12:57.608526027Z",
    },
}


def test_a_proof_may_bring_the_context_of_its_kind() -> None:
    """As that library leaves the document without it. What else it covers, it covers all the same."""
    made: dict[str, Any] = ISSUED_BY_DIDKIT
    public = PublicKey.from_multibase(made["issuer"].removeprefix("did:key:"))
    proof.verify_proof(made, made["proof"], public)
    for changed in ({"created": "2026-01-01T00:00:00Z"}, {"nonce": "added"}):
        with pytest.raises(ProofError, match="signature_invalid"):
            proof.verify_proof(made, {**made["proof"], **changed}, public)
    with pytest.raises(CredentialError, match="iri_relative"):
        proof.verify_proof(made, {**made["proof"], "@context": []}, public)


def test_another_kind_of_key_is_refused(unsigned: dict[str, Any], sign: Sign) -> None:
    signed = sign(unsigned)
    with pytest.raises(ProofError, match="key_mismatch"):
        proof.verify_proof(signed, signed["proof"], PublicKey("P-256", bytes(33)))


def test_only_known_suites_are_made(unsigned: dict[str, Any], key: SigningKey) -> None:
    method = did.did_key_verification_method(key.public)
    with pytest.raises(ProofError, match="cryptosuite_unsupported"):
        proof.sign(unsigned, key, verification_method=method, created=datetime.now(UTC), cryptosuite="bbs-2023")


@pytest.mark.parametrize("spoil", [{"undefined": 1}, {"id": "relative"}, {"@context": []}, {"name": "\ud800"}])
def test_what_cannot_be_kept_is_never_signed(unsigned: dict[str, Any], sign: Sign, spoil: dict[str, Any]) -> None:
    with pytest.raises(CredentialError):
        sign({**unsigned, **spoil})


def test_a_document_without_context_is_not_signed(sign: Sign) -> None:
    with pytest.raises(ContextError, match="context_invalid"):
        sign({"id": "urn:x"})

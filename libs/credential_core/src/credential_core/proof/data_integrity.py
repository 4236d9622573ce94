"""Adding and checking Data Integrity proofs (VC Data Integrity 1.0 §4, Data Integrity EdDSA Cryptosuites 1.0 §3.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from credential_core.errors import CredentialError, ProofError
from credential_core.jsonld import to_quads
from credential_core.keys import SIGNATURE_BYTES, PublicKey, SigningKey
from credential_core.multibase import decode_base58, encode_base58
from credential_core.rdfc import canonicalize
from credential_core.timestamps import format_timestamp, parse_timestamp

SUPPORTED_CRYPTOSUITES: Final = frozenset({"eddsa-rdfc-2022"})


def sign(
    document: Mapping[str, Any],
    key: SigningKey,
    *,
    verification_method: str,
    created: datetime,
    cryptosuite: str = "eddsa-rdfc-2022",
    purpose: str = "assertionMethod",
) -> dict[str, Any]:
    """A copy of `document` with one proof added; proofs it already has are kept beside it as a proof set.

    Deterministic: the same input gives the same proof. DocumentError, ContextError or LimitError if the document
    cannot be canonicalized in safe mode; ProofError for a cryptosuite this library does not make.
    """
    if cryptosuite not in SUPPORTED_CRYPTOSUITES:
        raise ProofError("cryptosuite_unsupported", f"proofs by {cryptosuite[:80]} are not made")
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": cryptosuite,
        "created": format_timestamp(created),
        "verificationMethod": verification_method,
        "proofPurpose": purpose,
    }
    proof["proofValue"] = encode_base58(key.sign(_hash_data(document, proof)))
    existing = document.get("proof")
    kept = [] if existing is None else existing if isinstance(existing, list) else [existing]
    return {**document, "proof": [*kept, proof] if kept else proof}


def proofs(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The proofs of a document, in order; none is an empty list. ProofError if `proof` is not objects."""
    value = document.get("proof")
    found = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(proof, dict) for proof in found):
        raise ProofError("proof_malformed", "a proof must be an object")
    return list(found)


def verify_proof(
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    public: PublicKey,
    *,
    purpose: str = "assertionMethod",
) -> None:
    """Check one proof over `document` with a key already found and allowed. Returns if it holds.

    ProofError codes: proof_type_unsupported, cryptosuite_unsupported, proof_chain_unsupported,
    proof_purpose_mismatch, proof_malformed, proof_value_malformed, key_mismatch, signature_invalid. What
    canonicalization refuses comes as DocumentError, ContextError or LimitError. Dates are only checked for form here.
    """
    refuse_unsupported(proof)
    if proof.get("proofPurpose") != purpose:
        raise ProofError("proof_purpose_mismatch", f"the proof is not for {purpose}")
    if "created" in proof:
        parse_timestamp(proof["created"])
    if "@context" in proof and proof["@context"] != document.get("@context"):
        raise ProofError("proof_malformed", "the proof brings a context other than the document's")
    if public.algorithm != "Ed25519":
        raise ProofError("key_mismatch", f"an {public.algorithm} key cannot verify this cryptosuite")
    signature = _signature(proof)
    if not public.verify(signature, _hash_data(document, proof)):
        raise ProofError("signature_invalid", "the signature does not match the document and the key")


def refuse_unsupported(proof: Mapping[str, Any]) -> None:
    """ProofError with an `_unsupported` code if this library cannot judge such a proof at all."""
    if proof.get("type") != "DataIntegrityProof":
        raise ProofError("proof_type_unsupported", "only DataIntegrityProof is read so far")
    if not isinstance(proof.get("cryptosuite"), str) or proof["cryptosuite"] not in SUPPORTED_CRYPTOSUITES:
        raise ProofError("cryptosuite_unsupported", "only eddsa-rdfc-2022 is read so far")
    if "previousProof" in proof:
        raise ProofError("proof_chain_unsupported", "proof chains are not read so far")


def _signature(proof: Mapping[str, Any]) -> bytes:
    try:
        signature = decode_base58(proof.get("proofValue", ""))
    except CredentialError as error:
        raise ProofError("proof_value_malformed", error.detail) from None
    if len(signature) != SIGNATURE_BYTES:
        raise ProofError("proof_value_malformed", f"an EdDSA signature has {SIGNATURE_BYTES} bytes")
    return signature


def _hash_data(document: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
    """SHA-256 of the canonical proof options, then SHA-256 of the canonical document (EdDSA §3.2.4): 64 bytes."""
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    options["@context"] = document.get("@context")
    return _digest(options) + _digest(unsecured)


def _digest(document: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(canonicalize(to_quads(document)).nquads.encode()).digest()

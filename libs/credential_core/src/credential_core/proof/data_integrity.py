"""Adding and checking Data Integrity proofs (VC Data Integrity 1.0 §4 and the EdDSA and ECDSA cryptosuites 1.0)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from credential_core.errors import CredentialError, ProofError
from credential_core.keys import PublicKey, SigningKey
from credential_core.multibase import decode_base58, encode_base58
from credential_core.proof import selective
from credential_core.proof.configuration import ProofOptions, attach, configuration, covered
from credential_core.proof.hashing import CONTEXTS_OF_PROOFS, as_list, brought, hash_data
from credential_core.proof.suites import Suite, Transformation, suite_of, suite_to_sign
from credential_core.timestamps import parse_timestamp
from credential_core.unsigned import Unsigned


def sign(
    document: Mapping[str, Any],
    key: SigningKey,
    *,
    verification_method: str,
    created: datetime,
    cryptosuite: str = "eddsa-rdfc-2022",
    purpose: str = "assertionMethod",
    options: ProofOptions | None = None,
    inline_contexts: bool = False,
) -> dict[str, Any]:
    """A copy of `document` with one proof added; proofs it already has are kept beside it as a proof set.

    Deterministic: the same input gives the same proof. DocumentError, ContextError or LimitError if the document
    cannot be canonicalized in safe mode; ProofError for a cryptosuite this library does not make, a key it does not
    take, or a `previous_proof` that the document does not hold. For ecdsa-sd-2023 see `sign_selective`. With
    `inline_contexts` the root's `@context` may hold contexts that only add names: see `jsonld.general`.
    """
    return prepare(
        document,
        key.public,
        verification_method=verification_method,
        created=created,
        cryptosuite=cryptosuite,
        purpose=purpose,
        options=options,
        inline_contexts=inline_contexts,
    ).by(key)


def prepare(
    document: Mapping[str, Any],
    public: PublicKey,
    *,
    verification_method: str,
    created: datetime,
    cryptosuite: str = "eddsa-rdfc-2022",
    purpose: str = "assertionMethod",
    options: ProofOptions | None = None,
    inline_contexts: bool = False,
) -> Unsigned[dict[str, Any]]:
    """The same for a key that is elsewhere: what it has to sign, and what becomes of the signature."""
    suite = suite_to_sign(cryptosuite)
    algorithm = suite.hash_for(public)
    proof = configuration(
        document,
        suite,
        verification_method=verification_method,
        created=created,
        purpose=purpose,
        options=options,
    )
    data = hash_data(covered(document, proof), proof, suite, algorithm, inline_contexts=inline_contexts)
    return Unsigned(data, lambda signature: attach(document, {**proof, "proofValue": encode_base58(signature)}))


def verify_proof(
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    public: PublicKey,
    *,
    purpose: str = "assertionMethod",
    domain: str | Collection[str] | None = None,
    challenge: str | None = None,
    inline_contexts: bool = False,
) -> None:
    """Check one proof over `document` with a key already found and allowed. Returns if it holds.

    `document` holds all its proofs: a chained proof covers those it names. `domain` and `challenge`, if given, must be
    the proof's; `inline_contexts` as for `sign`. ProofError codes: those of `suite_of`, proof_chain_unsupported,
    proof_chain_broken,
    proof_purpose_mismatch, invalid_domain, invalid_challenge, proof_malformed, proof_value_malformed,
    proof_not_derived, proof_context_mismatch, key_mismatch, signature_invalid. What canonicalization refuses comes as
    DocumentError, ContextError or LimitError. Dates are only checked for form here.
    """
    suite = refuse_unsupported(proof)
    _check_members(document, proof, suite, purpose)
    _check_occasion(proof, domain, challenge)
    algorithm = suite.hash_for(public)
    unsecured = covered(document, proof)
    if suite.selective:
        selective.verify(unsecured, proof, public, inline_contexts=inline_contexts)
        return
    signature = _signature(proof, public)
    data = hash_data(unsecured, proof, suite, algorithm, inline_contexts=inline_contexts)
    if not public.verify(signature, data):
        raise ProofError("signature_invalid", "the signature does not match the document and the key")


def refuse_unsupported(proof: Mapping[str, Any]) -> Suite:
    """The suite of a proof. ProofError with an `_unsupported` code if this library cannot judge such a proof at all."""
    suite = suite_of(proof)
    if suite.selective and "previousProof" in proof:
        raise ProofError("proof_chain_unsupported", f"chains of {suite.name} are not defined")
    return suite


def _check_members(document: Mapping[str, Any], proof: Mapping[str, Any], suite: Suite, purpose: str) -> None:
    """The members that every proof has, and their form (VC Data Integrity 1.0 §4.4)."""
    if not isinstance(proof.get("verificationMethod"), str):
        raise ProofError("proof_malformed", "a proof names its verificationMethod")
    if proof.get("proofPurpose") != purpose:
        raise ProofError("proof_purpose_mismatch", f"the proof is not for {purpose}")
    for date in ("created", "expires"):
        if date in proof:
            parse_timestamp(proof[date])
    if not all(isinstance(proof.get(name, ""), str) for name in ("id", "challenge", "nonce")):
        raise ProofError("proof_malformed", "the id, challenge and nonce of a proof are strings")
    if not all(isinstance(name, str) for name in as_list(proof.get("domain", []))):
        raise ProofError("proof_malformed", "the domain of a proof is a string or a list of strings")
    foreign = any(each not in CONTEXTS_OF_PROOFS for each in brought(document, proof))
    if foreign and suite.transformation is Transformation.RDFC:
        raise ProofError("proof_malformed", "the proof brings a context that is neither the document's nor of proofs")


def _check_occasion(proof: Mapping[str, Any], domain: str | Collection[str] | None, challenge: str | None) -> None:
    """What the verifier expects the proof to be bound to (VC Data Integrity 1.0 §4.4 steps 6 and 7)."""
    if domain is not None:
        expected = {domain} if isinstance(domain, str) else set(domain)
        if set(as_list(proof.get("domain", []))) != expected:
            raise ProofError("invalid_domain", "the proof was made for another domain")
    if challenge is not None and proof.get("challenge") != challenge:
        raise ProofError("invalid_challenge", "the proof does not answer the challenge")


def _signature(proof: Mapping[str, Any], public: PublicKey) -> bytes:
    try:
        signature = decode_base58(proof.get("proofValue", ""))
    except CredentialError as error:
        raise ProofError("proof_value_malformed", error.detail) from None
    if len(signature) != public.signature_bytes:
        raise ProofError("proof_value_malformed", f"a signature by this key has {public.signature_bytes} bytes")
    return signature

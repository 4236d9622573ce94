"""From a document and a proof's options to the bytes that are signed (EdDSA §3.2.4, §3.3.4; ECDSA §3.2.4, §3.3.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from credential_core import jcs
from credential_core.errors import ProofError
from credential_core.proof.suites import Suite, Transformation
from credential_core.shape_memory import canonical_nquads, canonical_options

# They define what a proof is made of and nothing else, so that they cannot give a document another meaning.
CONTEXTS_OF_PROOFS: Final = [
    "https://w3id.org/security/data-integrity/v1",
    "https://w3id.org/security/data-integrity/v2",
    "https://w3id.org/security/suites/ed25519-2020/v1",
]
_HASHES: Final = {"SHA-256": hashlib.sha256, "SHA-384": hashlib.sha384}


def hash_data(
    unsecured: Mapping[str, Any],
    proof: Mapping[str, Any],
    suite: Suite,
    algorithm: str,
    *,
    inline_contexts: bool = False,
) -> bytes:
    """The digest of the proof options, then that of the document: 64 bytes, with SHA-384 96.

    `unsecured` is the document that the proof covers; `algorithm` is the hash, SHA-256 or SHA-384.
    """
    if suite.transformation is Transformation.JCS:
        document = _with_proven_context(unsecured, proof)
        return digest(jcs.canonicalize(_options(proof)), algorithm) + digest(jcs.canonicalize(document), algorithm)
    options = options_digest(unsecured, proof, algorithm, inline_contexts=inline_contexts)
    nquads = canonical_nquads(unsecured, algorithm, inline_contexts=inline_contexts)
    return options + digest(nquads.encode(), algorithm)


def options_digest(
    unsecured: Mapping[str, Any], proof: Mapping[str, Any], algorithm: str, *, inline_contexts: bool = False
) -> bytes:
    """The digest of the canonical quads of a proof's options, read under the document's contexts and its own."""
    contexts = unsecured.get("@context")
    if more := brought(unsecured, proof):
        contexts = [*as_list(contexts), *more]
    options = {**_options(proof), "@context": contexts}
    return digest(canonical_options(options, algorithm, inline_contexts=inline_contexts).encode(), algorithm)


def brought(document: Mapping[str, Any], proof: Mapping[str, Any]) -> list[Any]:
    """The contexts that a proof has and its document has not.

    Libraries of Spruce's put that of the suite there, and leave the document as it was handed in.
    """
    known = as_list(document.get("@context"))
    return [each for each in as_list(proof.get("@context", [])) if each not in known]


def as_list(value: Any) -> list[Any]:
    """One or several, as several."""
    return value if isinstance(value, list) else [value]


def digest(data: bytes, algorithm: str) -> bytes:
    """The hash of some bytes: 32 bytes by SHA-256, 48 by SHA-384."""
    return _HASHES[algorithm](data).digest()


def _options(proof: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in proof.items() if name != "proofValue"}


def _with_proven_context(unsecured: Mapping[str, Any], proof: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document under the context that the proof saw, which the document's own must start with (§3.3.2 step 5)."""
    if "@context" not in proof:
        return unsecured
    proven, present = as_list(proof["@context"]), as_list(unsecured.get("@context"))
    if present[: len(proven)] != proven:
        raise ProofError("proof_context_mismatch", "the document's contexts do not start with those of the proof")
    return {**unsecured, "@context": proof["@context"]}

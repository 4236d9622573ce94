"""From a document and a proof's options to the bytes that are signed (EdDSA §3.2.4, §3.3.4; ECDSA §3.2.4, §3.3.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from credential_core import jcs
from credential_core.errors import ProofError
from credential_core.proof.suites import Suite, Transformation
from credential_core.shape_memory import canonical_nquads, canonical_options

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
    """The digest of the canonical quads of a proof's options, read under the document's context."""
    options = {**_options(proof), "@context": unsecured.get("@context")}
    return digest(canonical_options(options, algorithm, inline_contexts=inline_contexts).encode(), algorithm)


def digest(data: bytes, algorithm: str) -> bytes:
    """The hash of some bytes: 32 bytes by SHA-256, 48 by SHA-384."""
    return _HASHES[algorithm](data).digest()


def _options(proof: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in proof.items() if name != "proofValue"}


def _with_proven_context(unsecured: Mapping[str, Any], proof: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document under the context that the proof saw, which the document's own must start with (§3.3.2 step 5)."""
    if "@context" not in proof:
        return unsecured
    proven, present = _as_list(proof["@context"]), _as_list(unsecured.get("@context"))
    if present[: len(proven)] != proven:
        raise ProofError("proof_context_mismatch", "the document's contexts do not start with those of the proof")
    return {**unsecured, "@context": proof["@context"]}


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

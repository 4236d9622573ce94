"""Proofs as members of a document: what goes into one, where they stand, and which document each one covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from credential_core.errors import ProofError
from credential_core.proof.suites import Suite, Transformation
from credential_core.timestamps import format_timestamp

MAX_PROOFS: Final = 8


@dataclass(frozen=True, slots=True)
class ProofOptions:
    """The optional members of a proof (VC Data Integrity 1.0 §2.1).

    `domain` and `challenge` bind it to one occasion; `id` lets a later proof name it; `previous_proof` names the
    proofs that this one covers too (§2.1.2, proof chains).
    """

    id: str | None = None
    expires: datetime | None = None
    domain: str | Sequence[str] | None = None
    challenge: str | None = None
    nonce: str | None = None
    previous_proof: str | Sequence[str] | None = None

    def members(self) -> dict[str, Any]:
        """Those that are set, as JSON."""
        expires = None if self.expires is None else format_timestamp(self.expires)
        members = {
            "id": self.id,
            "expires": expires,
            "domain": _plain(self.domain),
            "challenge": self.challenge,
            "nonce": self.nonce,
            "previousProof": _plain(self.previous_proof),
        }
        return {name: value for name, value in members.items() if value is not None}


def _plain(value: str | Sequence[str] | None) -> str | list[str] | None:
    return value if value is None or isinstance(value, str) else list(value)


def configuration(
    document: Mapping[str, Any],
    suite: Suite,
    *,
    verification_method: str,
    created: datetime,
    purpose: str,
    options: ProofOptions | None,
) -> dict[str, Any]:
    """A proof without its value. The jcs suites copy the document's context into it (EdDSA §3.3.1 step 2)."""
    proof: dict[str, Any] = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite.name,
        "created": format_timestamp(created),
        "verificationMethod": verification_method,
        "proofPurpose": purpose,
        **(options or ProofOptions()).members(),
    }
    if suite.transformation is Transformation.JCS and "@context" in document:
        proof["@context"] = document["@context"]
    return proof


def proofs(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The proofs of a document, in order; none is an empty list. ProofError if `proof` is not objects."""
    value = document.get("proof")
    found = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(proof, dict) for proof in found):
        raise ProofError("proof_malformed", "a proof must be an object")
    return list(found)


def attach(document: Mapping[str, Any], proof: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the document with one more proof; those it has are kept beside it as a proof set."""
    kept = proofs(document)
    return {**document, "proof": [*kept, dict(proof)] if kept else dict(proof)}


def covered(document: Mapping[str, Any], proof: Mapping[str, Any]) -> dict[str, Any]:
    """What a proof is about: the document without its proofs, save those that `previousProof` names (§4.3)."""
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    if "previousProof" in proof:
        unsecured["proof"] = previous_proofs(document, proof)
    return unsecured


def previous_proofs(document: Mapping[str, Any], proof: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The proofs that `previousProof` names, in that order; none if there is no such member.

    ProofError `proof_chain_broken` unless each name belongs to exactly one proof of the document.
    """
    if "previousProof" not in proof:
        return []
    value = proof["previousProof"]
    names = value if isinstance(value, list) else [value]
    if not names or len(names) > MAX_PROOFS or not all(isinstance(name, str) and name for name in names):
        raise ProofError("proof_malformed", "previousProof is the id of a proof, or a list of them")
    found = proofs(document)
    chosen = [[candidate for candidate in found if candidate.get("id") == name] for name in names]
    if len(set(names)) != len(names) or any(len(candidates) != 1 for candidates in chosen):
        raise ProofError("proof_chain_broken", "previousProof names a proof that the document does not hold once")
    return [candidates[0] for candidates in chosen]

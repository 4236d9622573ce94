"""The cryptosuites: which keys they take, how they hash, and what they canonicalize with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from credential_core.errors import ProofError
from credential_core.keys import PublicKey


class Transformation(StrEnum):
    """How a document becomes bytes: RDFC-1.0 over its quads, or RFC 8785 over its JSON."""

    RDFC = "rdfc"
    JCS = "jcs"


@dataclass(frozen=True, slots=True)
class Suite:
    """One cryptosuite. `hashes` goes from the kinds of key to the hash that a key's size asks for.

    P-384 hashes with SHA-384 everywhere, also inside RDFC-1.0 (ECDSA Cryptosuites 1.0 §3.2.3; ADR 13).
    """

    name: str
    hashes: Mapping[str, str]
    transformation: Transformation
    selective: bool = False
    legacy: bool = False  # read, never made

    def hash_for(self, key: PublicKey) -> str:
        """The hash that goes with a key. ProofError if the suite does not take such a key."""
        if key.algorithm not in self.hashes:
            raise ProofError("key_mismatch", f"an {key.algorithm} key cannot be used with {self.name}")
        return self.hashes[key.algorithm]


_EDDSA: Final = {"Ed25519": "SHA-256"}
_ECDSA: Final = {"P-256": "SHA-256", "P-384": "SHA-384"}
_SUITES: Final = {
    suite.name: suite
    for suite in (
        Suite("eddsa-rdfc-2022", _EDDSA, Transformation.RDFC),
        Suite("eddsa-jcs-2022", _EDDSA, Transformation.JCS),
        Suite("ecdsa-rdfc-2019", _ECDSA, Transformation.RDFC),
        Suite("ecdsa-jcs-2019", _ECDSA, Transformation.JCS),
        Suite("ecdsa-sd-2023", {"P-256": "SHA-256"}, Transformation.RDFC, selective=True),
        Suite("eddsa-2022", _EDDSA, Transformation.RDFC, legacy=True),  # what eddsa-rdfc-2022 was called in drafts
    )
}
_ED25519_SIGNATURE_2020: Final = Suite("Ed25519Signature2020", _EDDSA, Transformation.RDFC, legacy=True)
SUPPORTED_CRYPTOSUITES: Final = frozenset(_SUITES)


def suite_of(proof: Mapping[str, Any]) -> Suite:
    """The suite of a proof (VC Data Integrity 1.0 §2.1).

    ProofError with an `_unsupported` code if this library cannot judge it at all; `proof_malformed` if it does not say
    what it is.
    """
    kind, name = proof.get("type"), proof.get("cryptosuite")
    if kind == _ED25519_SIGNATURE_2020.name:
        return _ED25519_SIGNATURE_2020
    if not isinstance(kind, str):
        raise ProofError("proof_malformed", "a proof has one type")
    if kind != "DataIntegrityProof":
        raise ProofError("proof_type_unsupported", "only DataIntegrityProof and Ed25519Signature2020 are read")
    if not isinstance(name, str):
        raise ProofError("proof_malformed", "a DataIntegrityProof names its cryptosuite")
    if name not in _SUITES:
        raise ProofError("cryptosuite_unsupported", "the cryptosuite is not one this library reads")
    return _SUITES[name]


def suite_to_sign(cryptosuite: str) -> Suite:
    """The suite to make plain proofs by. ProofError for one that is unknown, legacy, or selective."""
    suite = _SUITES.get(cryptosuite)
    if suite is None or suite.legacy or suite.selective:
        raise ProofError("cryptosuite_unsupported", f"proofs by {cryptosuite[:80]} are not made so")
    return suite

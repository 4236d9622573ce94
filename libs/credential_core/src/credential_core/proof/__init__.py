"""Embedded proofs: VC Data Integrity 1.0 with the EdDSA and ECDSA cryptosuites, sets, chains, selective disclosure."""

from credential_core.proof.configuration import ProofOptions, proofs
from credential_core.proof.data_integrity import prepare, sign, verify_proof
from credential_core.proof.problems import problem_type
from credential_core.proof.selective import derive, prepare_selective, sign_selective
from credential_core.proof.suites import SUPPORTED_CRYPTOSUITES

__all__ = [
    "SUPPORTED_CRYPTOSUITES",
    "ProofOptions",
    "derive",
    "prepare",
    "prepare_selective",
    "problem_type",
    "proofs",
    "sign",
    "sign_selective",
    "verify_proof",
]

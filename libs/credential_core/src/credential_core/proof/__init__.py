"""Embedded proofs: VC Data Integrity 1.0. So far the cryptosuite eddsa-rdfc-2022."""

from credential_core.proof.data_integrity import SUPPORTED_CRYPTOSUITES, proofs, sign, verify_proof

__all__ = ["SUPPORTED_CRYPTOSUITES", "proofs", "sign", "verify_proof"]

"""Errors of proofs under the names that VC Data Integrity 1.0 §4.7 gives them."""

from __future__ import annotations

from typing import Final

from credential_core.errors import ContextError, CredentialError, DocumentError

_NAMESPACE: Final = "https://w3id.org/security#"
_BY_CODE: Final = {"invalid_domain": "INVALID_DOMAIN_ERROR", "invalid_challenge": "INVALID_CHALLENGE_ERROR"}


def problem_type(error: CredentialError, *, generating: bool = False) -> str:
    """The URL of the problem type: for an error in making a proof (`generating`), or in checking one."""
    if error.code in _BY_CODE:
        return _NAMESPACE + _BY_CODE[error.code]
    if isinstance(error, DocumentError | ContextError):
        return _NAMESPACE + "PROOF_TRANSFORMATION_ERROR"
    return _NAMESPACE + ("PROOF_GENERATION_ERROR" if generating else "PROOF_VERIFICATION_ERROR")

"""The proof check: every proof of a document judged, then one result for the set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from credential_core.did import VerificationMethod, assertion_method, controller_of, resolve_did_key
from credential_core.errors import CredentialError, DidError, ProofError
from credential_core.proof import proofs, verify_proof
from credential_core.proof.data_integrity import refuse_unsupported
from credential_core.report import Check, Outcome
from credential_core.timestamps import parse_timestamp
from credential_core.verify.inputs import Failure, Resolution, issuer_id

CHECK: Final = "proof"
MAX_PROOFS: Final = 8
CLOCK_SKEW: Final = timedelta(minutes=5)
# What we cannot judge is unknown; what we can judge and is wrong has failed.
_UNDECIDED: Final = frozenset(
    {
        "proof_type_unsupported",
        "cryptosuite_unsupported",
        "proof_chain_unsupported",
        "did_method_unsupported",
        "method_type_unsupported",
        "context_unknown",
        "context_inline",
        "context_unsupported",
        "controller_unavailable",
    }
)


def check_proofs(document: Mapping[str, Any], controllers: Mapping[str, Resolution], now: datetime) -> Check:
    """One result for all proofs: none that we can judge may fail, and at least one must hold."""
    try:
        found = proofs(document)
    except ProofError as error:
        return Check(CHECK, Outcome.FAILED, error.code, error.detail)
    if not found:
        return Check(CHECK, Outcome.FAILED, "proof_missing", "the credential bears no proof")
    if len(found) > MAX_PROOFS:
        return Check(CHECK, Outcome.FAILED, "too_many_proofs", f"a credential may bear {MAX_PROOFS} proofs")
    results = [_judge(document, proof, controllers, now) for proof in found]
    ranked = {outcome: rank for rank, outcome in enumerate((Outcome.FAILED, Outcome.PASSED, Outcome.UNKNOWN))}
    return min(results, key=lambda result: ranked[result.outcome])


def _judge(
    document: Mapping[str, Any], proof: Mapping[str, Any], controllers: Mapping[str, Resolution], now: datetime
) -> Check:
    source = proof.get("verificationMethod")
    source = source if isinstance(source, str) else None
    try:
        refuse_unsupported(proof)
        method = _method(document, source, controllers)
        _check_dates(proof, method, now)
        verify_proof(document, proof, method.public)
    except CredentialError as error:
        outcome = Outcome.UNKNOWN if error.code in _UNDECIDED else Outcome.FAILED
        return Check(CHECK, outcome, error.code, error.detail, source)
    return Check(CHECK, Outcome.PASSED, "signature_valid", "the signature is the issuer's", source)


def _method(
    document: Mapping[str, Any], method_id: str | None, controllers: Mapping[str, Resolution]
) -> VerificationMethod:
    """The key that a proof names, allowed by the issuer to assert."""
    if method_id is None:
        raise ProofError("proof_malformed", "a proof names its verificationMethod")
    controller = controller_of(method_id)
    if controller != issuer_id(document):
        raise ProofError("issuer_mismatch", "the key that signed is not controlled by the issuer")
    return assertion_method(_resolve(controller, controllers), method_id)


def _resolve(controller: str, controllers: Mapping[str, Resolution]) -> Mapping[str, Any]:
    if controller.startswith("did:key:"):
        return resolve_did_key(controller)
    found = controllers.get(controller)
    if found is None:
        raise DidError("controller_unavailable", "the issuer's controller document was not fetched")
    if isinstance(found, Failure):
        code = "controller_unavailable" if found.transient else "controller_not_found"
        raise DidError(code, f"the issuer's controller document: {found.detail}")
    return found


def _check_dates(proof: Mapping[str, Any], method: VerificationMethod, now: datetime) -> None:
    """`created` and `expires` of the proof; `expires` and `revoked` of the key end it for every proof it made."""
    if "created" in proof and parse_timestamp(proof["created"]) > now + CLOCK_SKEW:
        raise ProofError("proof_created_in_future", "the proof claims to be made in the future")
    if "expires" in proof and parse_timestamp(proof["expires"]) <= now:
        raise ProofError("proof_expired", "the proof has expired")
    if method.revoked is not None and method.revoked <= now:
        raise DidError("method_revoked", "the key has been revoked")
    if method.expires is not None and method.expires <= now:
        raise DidError("method_expired", "the key has expired")

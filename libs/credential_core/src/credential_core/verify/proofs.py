"""The proof check: every proof of a document and the envelope around it judged, then one result for all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from credential_core.did import VerificationMethod, controller_of, resolve_self_contained, verification_method
from credential_core.errors import CredentialError, DidError, ProofError
from credential_core.jose import Enveloped, Expected, verify_enveloped
from credential_core.jsonld.general import either
from credential_core.proof import proofs, verify_proof
from credential_core.proof.configuration import MAX_PROOFS, previous_proofs
from credential_core.proof.data_integrity import refuse_unsupported
from credential_core.proof.suites import Transformation, suite_of
from credential_core.rdfc import TOO_COSTLY
from credential_core.report import Check, Outcome
from credential_core.sdjwt.compact import SdJwt
from credential_core.sdjwt.verifying import ExpectedBinding, check_binding
from credential_core.timestamps import parse_timestamp
from credential_core.verify.inputs import Failure, Resolution, issuer_id

CHECK: Final = "proof"
CLOCK_SKEW: Final = timedelta(minutes=5)
_LEGACY_SUITES: Final = frozenset({"eddsa-2022"})
# What we cannot judge is unknown; what we can judge and is wrong has failed.
UNDECIDED: Final = frozenset(
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
        "issuer_binding_unverified",
        "jwt_header_unsupported",
        "key_algorithm_unsupported",
        "x5c_unsupported",
    }
)
_LOSSES: Final = frozenset({"term_undefined", "iri_relative", "value_dropped"})
_RANK: Final = {Outcome.FAILED: 0, Outcome.PASSED: 1, Outcome.UNKNOWN: 2}


@dataclass(frozen=True, slots=True)
class Occasion:
    """What proofs are expected to be made for (VC Data Integrity 1.0 §4.4).

    `purpose` is also where the controller document must list the key. `signer` is who must control it; the issuer if
    left out (for a presentation: its holder). `domain` and `challenge`, if given, must be those of every proof.
    """

    purpose: str = "assertionMethod"
    signer: str | None = None
    domain: str | Collection[str] | None = None
    challenge: str | None = None


ASSERTION: Final = Occasion()


def check_proofs(
    document: Mapping[str, Any],
    controllers: Mapping[str, Resolution],
    now: datetime,
    occasion: Occasion = ASSERTION,
    *,
    inline_contexts: bool = False,
) -> Check:
    """One result for all proofs and the envelope: none that we can judge may fail, and one of the signer's must hold.

    Others may sign beside the signer (VC Data Integrity 1.0 §2.1.1). A signature of theirs that does not verify fails
    the document like any other. Whether their keys can be had and still stand says nothing of it.
    """
    try:
        found = proofs(document)
    except ProofError as error:
        return Check(CHECK, Outcome.FAILED, error.code, error.detail)
    if not found and not isinstance(document, Enveloped):
        return Check(CHECK, Outcome.FAILED, "proof_missing", "the credential bears no proof")
    if len(found) > MAX_PROOFS:
        return Check(CHECK, Outcome.FAILED, "too_many_proofs", f"a credential may bear {MAX_PROOFS} proofs")
    signer = issuer_id(document) if occasion.signer is None else occasion.signer
    own = [_controller_named(proof) == signer for proof in found]
    signed = any(own) or isinstance(document, Enveloped)
    judge = partial(_judge, document, controllers=controllers, now=now, occasion=occasion, inline=inline_contexts)
    results: list[Check] = []
    for proof, is_own in zip(found, own, strict=True):
        results.append(judge(proof, signer=signer, beside=signed and not is_own))
        if results[-1].code == TOO_COSTLY:  # and that is not tried again for each proof
            return replace(results[-1], source=None)
    results = [_after_previous(document, found, results, place) for place in range(len(found))]
    if signed:
        results = [each for each, is_own in zip(results, own, strict=True) if is_own or each.outcome is Outcome.FAILED]
    if isinstance(document, Enveloped):
        results.append(_judge_envelope(document, controllers, now, occasion))
    return min(results, key=lambda result: (_RANK[result.outcome], result.code, result.source or ""))


def _judge(
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    *,
    controllers: Mapping[str, Resolution],
    now: datetime,
    occasion: Occasion,
    inline: bool,
    signer: str | None,
    beside: bool,
) -> Check:
    """`signer` controls the key, unless the proof is that of somebody who signs `beside` them."""
    source = proof.get("verificationMethod")
    source = source if isinstance(source, str) else None
    try:
        refuse_unsupported(proof)
        if source is None:
            raise ProofError("proof_malformed", "a proof names its verificationMethod")
        controller = controller_of(source)
        if controller != signer and not beside:
            raise ProofError("issuer_mismatch", "the key that signed is not controlled by the issuer")
        method = verification_method(resolve(controller, controllers), source, occasion.purpose)
        _check_dates(proof, method, now)
        verify_proof(
            document,
            proof,
            method.public,
            purpose=occasion.purpose,
            domain=occasion.domain,
            challenge=occasion.challenge,
            inline_contexts=inline,
        )
        _refuse_losses(document, proof, inline=inline)
    except CredentialError as error:
        undecided = error.code in UNDECIDED or (beside and isinstance(error, DidError))
        outcome = Outcome.UNKNOWN if undecided else Outcome.FAILED
        return Check(CHECK, outcome, error.code, error.detail, source)
    if proof.get("cryptosuite") in _LEGACY_SUITES:
        detail = "the signature is the issuer's, by a cryptosuite under a name that was given up"
        return Check(CHECK, Outcome.PASSED, "signature_valid_legacy_suite", detail, source)
    return Check(CHECK, Outcome.PASSED, "signature_valid", "the signature is the issuer's", source)


def _refuse_losses(document: Mapping[str, Any], proof: Mapping[str, Any], *, inline: bool) -> None:
    """Nothing that no context defines (VC Data Integrity 1.0 §2.4.1), also where the signature is over plain JSON.

    Others read the same document as JSON-LD, and see less in it than was signed. What cannot be read as JSON-LD here,
    as by contexts we do not know, is left to them.
    """
    if suite_of(proof).transformation is not Transformation.JCS:
        return  # it was expanded for its canonical form
    try:
        either({name: value for name, value in document.items() if name != "proof"}, inline_contexts=inline)
    except CredentialError as error:
        if error.code in _LOSSES:
            raise


def _judge_envelope(
    document: Enveloped, controllers: Mapping[str, Resolution], now: datetime, occasion: Occasion
) -> Check:
    kid = document.envelope.jws.header.get("kid")
    signer = issuer_id(document) if occasion.signer is None else occasion.signer
    source = kid if isinstance(kid, str) else signer
    expected = Expected(signer, occasion.purpose, now, occasion.domain, occasion.challenge)
    try:
        verify_enveloped(document, expected, lambda controller: resolve(controller, controllers))
        if document.envelope.shown is not None:
            check_binding(SdJwt.parse(document.envelope.shown), _binding(occasion), now)
    except CredentialError as error:
        outcome = Outcome.UNKNOWN if error.code in UNDECIDED else Outcome.FAILED
        return Check(CHECK, outcome, error.code, error.detail, source)
    return Check(CHECK, Outcome.PASSED, "signature_valid", "the signature is the issuer's", source)


def _binding(occasion: Occasion) -> ExpectedBinding | None:
    """What a holder must have bound an SD-JWT to, if to anything: one domain and a challenge, both of them."""
    if occasion.domain is None and occasion.challenge is None:
        return None
    if not isinstance(occasion.domain, str) or occasion.challenge is None:
        raise ProofError("key_binding_missing", "an SD-JWT is bound to one domain and a challenge, to both of them")
    return ExpectedBinding(occasion.domain, occasion.challenge)


def _after_previous(
    document: Mapping[str, Any], found: list[dict[str, Any]], results: list[Check], place: int
) -> Check:
    """A proof in a chain holds as far as those before it do: one that cannot be judged leaves it undecided too."""
    result, pending, seen = results[place], [found[place]], set()
    if result.outcome is not Outcome.PASSED:
        return result
    while pending:
        for earlier in previous_proofs(document, pending.pop()):
            index = found.index(earlier)
            if results[index].outcome is Outcome.UNKNOWN:
                detail = "the proof builds on one that cannot be judged"
                return Check(CHECK, Outcome.UNKNOWN, "previous_proof_undecided", detail, result.source)
            if results[index].outcome is Outcome.PASSED and index not in seen:
                seen.add(index)
                pending.append(earlier)
    return result


def _controller_named(proof: Mapping[str, Any]) -> str | None:
    """Who controls the key of a proof, as far as its name says."""
    method_id = proof.get("verificationMethod")
    try:
        return controller_of(method_id) if isinstance(method_id, str) else None
    except DidError:
        return None


def resolve(controller: str, controllers: Mapping[str, Resolution]) -> Mapping[str, Any]:
    """The document of a controller, as it was fetched or as it contains itself. DidError if there is none."""
    contained = resolve_self_contained(controller)
    if contained is not None:
        return contained
    found = controllers.get(controller)
    if found is None:
        raise DidError("controller_unavailable", "the issuer's controller document was not fetched")
    if isinstance(found, Failure):
        code = "controller_unavailable" if found.transient else "controller_not_found"
        raise DidError(code, f"the issuer's controller document: {found.detail}")
    if isinstance(found, Enveloped) or not isinstance(found, Mapping):
        raise DidError("controller_malformed", "a controller document is plain JSON; what is in a JWS is unverified")
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

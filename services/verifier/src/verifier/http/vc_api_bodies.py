"""Bodies of the VC-API, read by hand: whatever is wrong with one is a 400 there, never a 422."""

from collections.abc import Iterator
from typing import Any

from credential_core.report import Check, Outcome, Report, Verdict
from service_kit.errors import FieldError, Malformed
from verifier.core.judgement import Options
from verifier.core.model import Answer, Json

MAX_TEXT = 2048
VCDM = "https://www.w3.org/TR/vc-data-model#"
PROOF = "https://w3id.org/security#"
STATUS = "https://www.w3.org/ns/credentials/status-list#"
# The types of problems by VCDM 2.0 §7.1, Data Integrity §2.4.1 and §4.7 and Bitstring Status List §3.5.
TYPES_OF_CHECKS = {
    "parse": VCDM + "PARSING_ERROR",
    "schema": VCDM + "MALFORMED_VALUE_ERROR",
    "proof": VCDM + "CRYPTOGRAPHIC_SECURITY_ERROR",
    "validity_period": VCDM + "RANGE_ERROR",
    "status": STATUS + "STATUS_VERIFICATION_ERROR",
    "challenge": PROOF + "INVALID_CHALLENGE_ERROR",
    "holder_binding": VCDM + "CRYPTOGRAPHIC_SECURITY_ERROR",
}
TYPES_OF_CODES = {
    "invalid_domain": PROOF + "INVALID_DOMAIN_ERROR",
    "invalid_challenge": PROOF + "INVALID_CHALLENGE_ERROR",
    "term_undefined": PROOF + "DATA_LOSS_DETECTION_ERROR",
    "iri_relative": PROOF + "DATA_LOSS_DETECTION_ERROR",  # a type that no context defines, say
    "value_dropped": PROOF + "DATA_LOSS_DETECTION_ERROR",
    "status_list_unavailable": STATUS + "STATUS_RETRIEVAL_ERROR",
    "status_list_length": STATUS + "STATUS_LIST_LENGTH_ERROR",
    "status_index_out_of_range": VCDM + "RANGE_ERROR",
    "status_malformed": VCDM + "MALFORMED_VALUE_ERROR",
}
WORTH_A_WARNING = frozenset({"signature_valid_legacy_suite", "presentation_unsigned"})
PROOFLESS = "presentation"  # the name by which a presentation may come without a proof


def asked(body: Any, *members: str) -> tuple[Json | str, Options, Json]:
    """What to verify, by whichever of its names it came, and the options. Raises Malformed.

    Options that are not known are not looked at: they say what a caller would like to see, not what must hold.
    """
    name = next((each for each in members if each in body), None) if isinstance(body, dict) else None
    document = body[name] if name is not None else None
    if not isinstance(document, dict | str):
        raise _wrong(members[0], "must be a JSON object, a compact JWS or an SD-JWT")
    options = body.get("options", {})
    if not isinstance(options, dict):
        raise _wrong("options", "must be a JSON object")
    chosen = Options(
        accept_unknown_issuer=True,
        inline_contexts=True,
        domain=_domain(options.get("domain")),
        challenge=_challenge(options.get("challenge")),
        purpose=_purpose(options.get("expectedProofPurpose", "assertionMethod")),
        may_be_unsigned=name == PROOFLESS,
    )
    return document, chosen, options


def verified(answer: Answer, document: Json | str, options: Json, returning: str) -> Json:
    """What a verification answers: true with no errors, or false with all of them."""
    report = answer.report
    body: Json = {
        "verified": report.verdict is Verdict.VALID,
        "id": answer.id,
        "verdict": report.verdict,
        "warnings": list(_warnings(report)),
        "errors": list(_errors(report)),
        "checks": [check.to_dict() for check in report.checks],
        "nested": [nested.to_dict() for nested in report.nested],
    }
    wanted = options.get(f"return{returning[0].upper()}{returning[1:]}") is True
    return body | ({returning: document} if wanted else {})


def _errors(report: Report, place: str = "") -> Iterator[Json]:
    """The checks that keep it from being valid, those inside too: what they found may be why the outer one failed."""
    for check in report.checks:
        if check.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
            yield _problem(check, place)
    if report.verdict is not Verdict.VALID:
        for nested in report.nested:
            yield from _errors(nested.report, f"{place}{nested.path}: ")


def _warnings(report: Report) -> Iterator[Json]:
    for check in report.checks:
        if check.code in WORTH_A_WARNING:
            yield _problem(check, "")


def _problem(check: Check, place: str) -> Json:
    kind = TYPES_OF_CODES.get(check.code) or TYPES_OF_CHECKS.get(check.check, "about:blank")
    return {"type": kind, "title": check.code, "detail": f"{place}{check.detail}", "check": check.check}


def _domain(value: Any) -> str | tuple[str, ...] | None:
    several = value if isinstance(value, list) else [value]
    if value is not None and not all(isinstance(one, str) and 0 < len(one) <= MAX_TEXT for one in several):
        raise _wrong("options.domain", "must be a string, or a list of strings")
    return tuple(several) if isinstance(value, list) else value


def _challenge(value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT):
        raise _wrong("options.challenge", f"must be a string of at most {MAX_TEXT} characters")
    return value


def _purpose(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong("options.expectedProofPurpose", "must be a string")
    return value


def _wrong(field: str, detail: str) -> Malformed:
    return Malformed(f"{field}: {detail}", errors=(FieldError(field, detail),))

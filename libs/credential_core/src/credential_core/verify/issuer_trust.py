"""The issuer_trust check: may this issuer be believed. The caller answers; nothing here decides it."""

from __future__ import annotations

from credential_core.report import Check, Outcome
from credential_core.verify.inputs import Policy, Trust, TrustedIssuers


def check_issuer_trust(issuer: str | None, trusted_issuers: TrustedIssuers, policy: Policy) -> Check:
    """What the caller says of an issuer, under its policy."""
    name = "issuer_trust"
    if issuer is None:
        return Check(name, Outcome.FAILED, "issuer_missing", "the credential names no issuer")
    answer = trusted_issuers(issuer)
    if answer.trust is Trust.TRUSTED:
        return Check(name, Outcome.PASSED, "issuer_trusted", answer.detail or "the issuer is known", answer.source)
    if answer.trust is Trust.DISTRUSTED:
        detail = answer.detail or "the issuer is not to be trusted"
        return Check(name, Outcome.FAILED, "issuer_distrusted", detail, answer.source)
    detail = answer.detail or "nobody vouches for the issuer"
    if policy.accept_unknown_issuer:
        return Check(name, Outcome.SKIPPED, "issuer_unknown_accepted", f"{detail}; the policy accepts that")
    return Check(name, Outcome.UNKNOWN, "issuer_unknown", detail, answer.source)

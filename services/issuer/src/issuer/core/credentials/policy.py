"""Issuing policy: may this issuer issue this achievement, to this learner, for so long."""

from datetime import datetime, timedelta

from issuer.core.model import Achievement, Issuer
from service_kit.errors import Conflict, Forbidden, invalid_field

VIOLATION = "policy-violation"


def may_issue(issuer: Issuer, achievement: Achievement) -> None:
    """Raises Conflict or Forbidden when this issuer may not issue this achievement now."""
    check_active(issuer)
    if achievement.org_id != issuer.org_id and issuer.policy.achievements == "own":
        raise Forbidden(
            "the achievement belongs to another organization, and this issuer's policy allows only its own",
            code="achievement-not-allowed",
        )
    if achievement.retired:
        raise Conflict("this version of the achievement is retired", code="achievement-retired")


def check_active(issuer: Issuer) -> None:
    """Raises Conflict when the issuer signs nothing at present."""
    if not issuer.active:
        raise Conflict("this issuer is not active", code="issuer-inactive")


def latest_end(issuer: Issuer, valid_from: datetime) -> datetime | None:
    """As late as the issuer's policy lets a credential end; None where it need not."""
    days = issuer.policy.max_validity_days
    return None if days is None else valid_from + timedelta(days=days)


def check_terms(
    issuer: Issuer, *, valid_from: datetime, valid_until: datetime | None, plaintext: bool, has_evidence: bool
) -> None:
    """Raises Invalid, naming the member of the request that the policy does not allow."""
    policy = issuer.policy
    if plaintext and not policy.plaintext_recipient:
        raise invalid_field("recipient.plaintext", "this issuer's policy asks for hashed recipients", code=VIOLATION)
    if policy.require_evidence and not has_evidence:
        raise invalid_field("evidence", "this issuer's policy asks for evidence", code=VIOLATION)
    if policy.max_validity_days is not None:
        longest = timedelta(days=policy.max_validity_days)
        if valid_until is None or valid_until - valid_from > longest:
            detail = f"this issuer's policy asks for an end at most {policy.max_validity_days} days after validFrom"
            raise invalid_field("validUntil", detail, code=VIOLATION)

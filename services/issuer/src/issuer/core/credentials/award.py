"""Awards: orders with everything they name, allowed by policy and by what is known of issuer and achievement."""

from dataclasses import dataclass, replace
from datetime import datetime

from issuer.core.credentials.order import Order
from issuer.core.credentials.policy import check_terms, latest_end, may_issue
from issuer.core.credentials.results import check_results
from issuer.core.model import Achievement, Issuer
from service_kit.errors import invalid_field


@dataclass(frozen=True, slots=True)
class Award:
    """An order with everything it names: who signs what, from when."""

    order: Order
    issuer: Issuer
    achievement: Achievement
    valid_from: datetime


def allow(order: Order, issuer: Issuer, achievement: Achievement, now: datetime) -> Award:
    """The award that an order asks for. Raises Conflict, Forbidden or Invalid when it is not allowed now."""
    starts = order.valid_from or now.replace(microsecond=0)
    if order.ends_by_policy and order.valid_until is None:
        order = replace(order, valid_until=latest_end(issuer, starts))
    award = Award(order, issuer, achievement, starts)
    may_issue(issuer, achievement)
    _check(award)
    return award


def _check(award: Award) -> None:
    """Raises Invalid for what contradicts itself, the achievement or the issuer's policy."""
    order = award.order
    if order.valid_until is not None and order.valid_until <= award.valid_from:
        raise invalid_field("validUntil", "must be later than validFrom")
    if order.activity_start and order.activity_end and order.activity_end < order.activity_start:
        raise invalid_field("activityEndDate", "must not be earlier than activityStartDate")
    check_terms(
        award.issuer,
        valid_from=award.valid_from,
        valid_until=order.valid_until,
        plaintext=order.recipient.plaintext,
        has_evidence=bool(order.evidence),
    )
    check_results(order.results, award.achievement.document)

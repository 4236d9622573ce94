"""Until when a refusal may be appealed against. It is fixed with the refusal: later changes shorten nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from issuer.core.recognition.agreement import Agreement, AgreementId
from issuer.core.recognition.recognition import Recognition, RecognitionState
from service_kit.errors import Conflict


def days_of(agreements: Sequence[Agreement], refused_by: AgreementId | None) -> int | None:
    """What the agreement that refuses says, if it says anything."""
    return next((one.terms.appeal_days for one in agreements if one.id == refused_by), None)


def ends(now: datetime, days: int) -> datetime:
    """When an appeal comes too late."""
    return now + timedelta(days=days)


def check_in_time(found: Recognition, now: datetime) -> None:
    """Raises Conflict for what cannot be appealed against, or not any more."""
    is_open = found.state is RecognitionState.REFUSED and not found.is_appeal_used
    if is_open and found.appeal_until is not None and found.is_too_late(now):
        detail = f"the time to appeal ended at {found.appeal_until.isoformat(timespec='seconds')}"
        raise Conflict(detail, code="appeal-too-late")
    if not found.is_appealable:
        raise Conflict("only a refusal may be appealed against, and once", code="appeal-not-possible")

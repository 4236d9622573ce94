"""What is asked for: one achievement for one learner."""

from dataclasses import dataclass
from datetime import datetime

from issuer.core.credentials.recipient import Recipient
from issuer.core.model import Json
from service_kit.inputs import IdempotencyKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for. `issuer` is a slug or a DID; without one the organization's first issuer is meant.

    Whoever names one learner means it, so duplicates are allowed unless the order says otherwise. `ends_by_policy`:
    where the issuer's policy asks for an end and none is named, it is as late as may be.
    """

    org_id: str
    actor: str
    achievement: str
    recipient: Recipient
    issuer: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    ends_by_policy: bool = False
    awarded: datetime | None = None
    activity_start: datetime | None = None
    activity_end: datetime | None = None
    results: tuple[Json, ...] = ()
    evidence: tuple[Json, ...] = ()
    narrative: str | None = None
    credits_earned: float | None = None
    allow_duplicates: bool = True
    key: IdempotencyKey | None = None

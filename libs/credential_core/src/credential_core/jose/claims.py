"""JWT claims (RFC 7519 §4.1) beside what a document says itself: they must say the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from credential_core.errors import ProofError

REGISTERED: Final = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
CLOCK_SKEW: Final = timedelta(minutes=5)
_LAST_SECOND: Final = 253402300799  # of the year 9999


def numeric_date(claims: Mapping[str, Any], name: str) -> datetime | None:
    """The claim as an aware datetime; None if absent. ProofError `jwt_claim_malformed` if it is no NumericDate."""
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_SECOND:
        raise ProofError("jwt_claim_malformed", f"the claim {name} is not a number of seconds since 1970")
    return datetime.fromtimestamp(value, UTC)


def seconds(moment: datetime) -> int:
    """A moment as a NumericDate, cut to the second."""
    return math.floor(moment.timestamp())


def require_equal(claims: Mapping[str, Any], name: str, value: object, *, required: bool) -> None:
    """ProofError unless the claim `name` is `value`, a string; or is absent and not `required`."""
    if name not in claims:
        if required:
            raise ProofError("jwt_claim_missing", f"the claim {name} is required")
        return
    if not isinstance(claims[name], str) or claims[name] != value:
        raise ProofError("jwt_claim_mismatch", f"the claim {name} says otherwise than the document")


def check_times(claims: Mapping[str, Any], now: datetime) -> None:
    """`iat` and `nbf` not in the future (five minutes allowed), `exp` not past. ProofError otherwise."""
    issued, begins, ends = (numeric_date(claims, name) for name in ("iat", "nbf", "exp"))
    if issued is not None and issued > now + CLOCK_SKEW:
        raise ProofError("jwt_issued_in_future", "the JWT claims to be made in the future")
    if begins is not None and begins > now + CLOCK_SKEW:
        raise ProofError("jwt_not_yet_valid", "the JWT is not valid yet")
    if ends is not None and ends <= now:
        raise ProofError("jwt_expired", "the JWT has expired")

"""Dates as credentials write them: xsd:dateTimeStamp, that is a date, a time and always an offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from credential_core.errors import DocumentError

_STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?(?:(Z)|([+-])(\d\d):(\d\d))\Z", re.ASCII
)


def parse_timestamp(text: object) -> datetime:
    """An aware datetime from an xsd:dateTimeStamp; digits after the microsecond are cut. DocumentError otherwise."""
    match = _STAMP.match(text) if isinstance(text, str) else None
    if match is None:
        raise DocumentError("date_malformed", "a date must be like 2026-01-31T12:00:00Z, with an offset")
    year, month, day, hour, minute, second, fraction, zulu, sign, off_hour, off_minute = match.groups()
    try:
        offset = timedelta(0) if zulu else timedelta(hours=int(off_hour), minutes=int(off_minute))
        zone = timezone(-offset if sign == "-" else offset)
        microsecond = int((fraction or "0")[:6].ljust(6, "0"))
        moment = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second), microsecond, tzinfo=zone
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise DocumentError("date_malformed", "a date names a day or a time that does not exist") from None


def format_timestamp(moment: datetime) -> str:
    """`2026-01-31T12:00:00Z`: UTC, with microseconds only if there are any. Naive datetimes are refused."""
    if moment.tzinfo is None:
        raise DocumentError("date_malformed", "a date without an offset")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"

"""Dates as credentials write them: xsd:dateTimeStamp (XML Schema 1.1 part 2 §3.4.28), always with an offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from credential_core.errors import DocumentError

_OFFSET = r"(?:(Z)|([+-])(0\d|1[0-3]|14(?=:00)):([0-5]\d))"
_STAMP = re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?{_OFFSET}\Z", re.ASCII)
_USUAL = 40  # characters
_END_OF_DAY = re.compile(r"T24:00:00(?:\.0+)?(?=[Z+-])")


def parse_timestamp(text: object) -> datetime:
    """A moment in UTC from an xsd:dateTimeStamp; digits after the microsecond are cut. DocumentError otherwise.

    24:00:00 is the midnight that follows. Years are 1 to 9999, and there is no leap second (as in XML Schema).
    """
    given = text if isinstance(text, str) else ""
    return _remembered(given) if len(given) <= _USUAL else _parsed(given)


def _parsed(text: str) -> datetime:
    written, ends_day = _END_OF_DAY.subn("T00:00:00", text, count=1)
    match = _STAMP.match(written)
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
        return moment.astimezone(UTC) + timedelta(days=ends_day)
    except (ValueError, OverflowError):
        raise DocumentError("date_malformed", "a date names a day or a time that does not exist") from None


_remembered = lru_cache(maxsize=256)(_parsed)  # many credentials say one moment


def format_timestamp(moment: datetime) -> str:
    """`2026-01-31T12:00:00Z`: UTC, with microseconds only if there are any. Naive datetimes are refused."""
    if moment.tzinfo is None:
        raise DocumentError("date_malformed", "a date without an offset")
    try:
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except OverflowError:
        raise DocumentError("date_malformed", "a date beyond the years 1 to 9999") from None

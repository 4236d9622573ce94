"""Constraints as JSON: `{"type": "AwardedWithin", "period": "P5Y"}`."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from stacking.constraints import (
    AwardedFrom,
    AwardedWithin,
    Constraint,
    CreditsAtLeast,
    IssuedBy,
    LevelAtLeast,
    Recognised,
    ResultAtLeast,
)
from stacking.members import Members, number

MAX_ISSUERS = 300
PERIOD = re.compile(r"P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,3})W)?(?:(\d{1,5})D)?")


def read_constraint(members: Members) -> Constraint | None:
    """None, with a complaint, for what is none."""
    reader = members.choice("type", READERS, None)
    if reader is None:
        members.complain("must be the type of a constraint", "type")
        return None
    found = reader(members)
    members.done()
    return found


def _issued_by(members: Members) -> Constraint:
    return IssuedBy(frozenset(members.texts("issuers", MAX_ISSUERS, required=True)))


def _recognised(_members: Members) -> Constraint:
    return Recognised()


def _level(members: Members) -> Constraint | None:
    level = members.whole("level", None)
    if level is None or not 1 <= level <= 8:
        members.complain("must be a level of the European Qualifications Framework, 1 to 8", "level")
        return None
    return LevelAtLeast(level)


def _from(members: Members) -> Constraint | None:
    day = members.day("date")
    return AwardedFrom(day) if day else None


def _within(members: Members) -> Constraint | None:
    matched = PERIOD.fullmatch(members.text("period"))
    if matched is None:
        members.complain("must be a period of years, months, weeks and days such as P5Y or P18M", "period")
        return None
    years, months, weeks, days = (int(part or 0) for part in matched.groups())
    return AwardedWithin(months=12 * years + months, days=7 * weeks + days)


def _result(members: Members) -> Constraint:
    return ResultAtLeast(members.text("resultDescription"), members.decimal("value", required=True) or Decimal(0))


def _credits(members: Members) -> Constraint:
    return CreditsAtLeast(members.decimal("credits", required=True) or Decimal(0))


READERS: dict[str, Callable[[Members], Constraint | None] | None] = {
    "IssuedBy": _issued_by,
    "RecognisedIssuer": _recognised,
    "LevelAtLeast": _level,
    "AwardedFrom": _from,
    "AwardedWithin": _within,
    "ResultAtLeast": _result,
    "CreditsAtLeast": _credits,
}

TYPES: dict[type[Constraint], str] = {
    IssuedBy: "IssuedBy",
    Recognised: "RecognisedIssuer",
    LevelAtLeast: "LevelAtLeast",
    AwardedFrom: "AwardedFrom",
    AwardedWithin: "AwardedWithin",
    ResultAtLeast: "ResultAtLeast",
    CreditsAtLeast: "CreditsAtLeast",
}


def write_constraint(constraint: Constraint) -> dict[str, Any]:
    """The document of a constraint."""
    return {"type": TYPES[type(constraint)], **_members(constraint)}


def _members(constraint: Constraint) -> dict[str, Any]:
    members: dict[str, Any] = {}
    match constraint:
        case IssuedBy(issuers):
            members = {"issuers": sorted(issuers)}
        case LevelAtLeast(level):
            members = {"level": level}
        case AwardedFrom(day):
            members = {"date": day.isoformat()}
        case AwardedWithin(months, days):
            members = {"period": _period(months, days)}
        case ResultAtLeast(result, value):
            members = {"resultDescription": result, "value": number(value)}
        case CreditsAtLeast(least):
            members = {"credits": number(least)}
    return members


def _period(months: int, days: int) -> str:
    years, months = divmod(months, 12)
    parts = [f"{count}{unit}" for count, unit in ((years, "Y"), (months, "M"), (days, "D")) if count]
    return f"P{''.join(parts) or '0D'}"

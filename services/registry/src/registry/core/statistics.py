"""How many credentials were issued in each month, and what became of them. Small numbers are not told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any, Protocol

from service_kit.errors import FieldError, Invalid
from service_kit.ids import is_id

LEAST = 5  # of what is told, but for zero
LONGEST = 500
MEASURES = ("issued", "revoked", "suspended")


@dataclass(frozen=True, slots=True)
class Month:
    """The credentials of an achievement that an issuer issued in a month, and how many of them are revoked or
    suspended now. None: there are some, and too few to be told.
    """

    month: date
    achievement_id: str
    issuer_slug: str
    issued: int | None
    revoked: int | None
    suspended: int | None

    @property
    def name(self) -> str:
        """Unique among all."""
        return f"{self.month:%Y-%m} {self.achievement_id} {self.issuer_slug}"


@dataclass(frozen=True, slots=True)
class StatisticsQuery:
    """Of which achievement, which issuer, which organization."""

    achievement_id: str | None = None
    issuer_slug: str | None = None
    org_id: str | None = None


class StatisticsReadings(Protocol):
    """Counting what the events told."""

    async def months(self, query: StatisticsQuery) -> Sequence[Month]:
        """All months with exact numbers, in no order."""


def asked_for(base_url: str, achievement: str | None, issuer: str | None, organization: str | None) -> StatisticsQuery:
    """What is to be counted. Raises Invalid for everything at once, and for names that cannot be."""
    if achievement is None and issuer is None and organization is None:
        wrong = "one of achievement, issuer and organization must be given"
        raise Invalid(wrong, errors=(FieldError("achievement", wrong),))
    for field, value in (("achievement", achievement), ("issuer", issuer), ("organization", organization)):
        if value is not None and not (0 < len(value) <= LONGEST and value.isprintable()):
            raise Invalid(f"{field} cannot be such a name", errors=(FieldError(field, "cannot be such a name"),))
    address = f"{base_url}/achievements/{achievement}" if achievement and is_id(achievement) else achievement
    return StatisticsQuery(address, issuer, organization)


def protected(months: Sequence[Month]) -> list[Month]:
    """As anybody may see them, the newest month first.

    Numbers from 1 to 4 are hidden. Where that is a single one in a row of months, the smallest other is hidden as
    well: else it would follow from the total.
    """
    told: list[Month] = []
    ordered = sorted(months, key=lambda one: (one.achievement_id, one.issuer_slug))
    for _, series in groupby(ordered, key=lambda one: (one.achievement_id, one.issuer_slug)):
        row = list(series)
        for measure in MEASURES:
            row = _hidden(row, measure)
        told += row
    told.sort(key=lambda one: (one.achievement_id, one.issuer_slug))
    return sorted(told, key=lambda one: one.month, reverse=True)


def _hidden(row: list[Month], measure: str) -> list[Month]:
    counts: dict[int, int] = {place: count for place, one in enumerate(row) if (count := getattr(one, measure))}
    few = {place for place, count in counts.items() if count < LEAST}
    if len(few) == 1 and len(counts) > 1:
        few.add(min((place for place in counts if place not in few), key=lambda place: counts[place]))
    hidden: dict[str, Any] = {measure: None}
    return [replace(one, **hidden) if place in few else one for place, one in enumerate(row)]

"""How many credentials were issued in each month, and what became of them. Small numbers are not told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any, Protocol

from service_kit.errors import FieldError, Invalid, invalid_field
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest

LEAST = 5  # of what is told, but for zero
LONGEST = 500
MEASURES = ("issued", "revoked", "suspended")


@dataclass(frozen=True, slots=True)
class Month:
    """The credentials of an achievement that an issuer issued in a month, and how many of them are revoked or
    suspended now. None: too few to be told, or not told for the sake of another month.
    """

    month: date
    achievement_id: str
    issuer_slug: str
    issued: int | None
    revoked: int | None
    suspended: int | None

    @property
    def place(self) -> tuple[int, str, str]:
        """Unique among all; it grows in the order in which they are told."""
        return -self.month.toordinal(), self.achievement_id, self.issuer_slug


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

    Numbers from 1 to 4 are hidden, and as many more of the same row of months as it takes for none of them to follow
    from the total, which is public. Where the whole total is too small for that, no month of the row is told.
    """
    told: list[Month] = []
    ordered = sorted(months, key=lambda one: (one.achievement_id, one.issuer_slug))
    for _, series in groupby(ordered, key=lambda one: (one.achievement_id, one.issuer_slug)):
        row = list(series)
        for measure in MEASURES:
            row = _hidden(row, measure)
        told += row
    return sorted(told, key=lambda one: one.place)


def part_after(months: Sequence[Month], page: PageRequest) -> Page[Month]:
    """One page of them in their order. The month that the cursor names need not be there any more.

    Raises Invalid for a foreign cursor.
    """
    after = None if page.after is None else _place(page.after)
    rest = months if after is None else [one for one in months if one.place > after]
    items = rest[: page.limit]
    return Page(items, _position(items[-1]) if len(rest) > page.limit else None)


def _position(one: Month) -> tuple[str, ...]:
    return one.month.isoformat(), one.achievement_id, one.issuer_slug


def _place(after: tuple[str, ...]) -> tuple[int, str, str]:
    try:
        month, achievement_id, issuer_slug = after
        return -date.fromisoformat(month).toordinal(), achievement_id, issuer_slug
    except ValueError as error:
        raise invalid_field("cursor", "is not a cursor of this list") from error


def _hidden(row: list[Month], measure: str) -> list[Month]:
    secret = _secret([getattr(one, measure) for one in row])
    hidden: dict[str, Any] = {measure: None}
    return [replace(one, **hidden) if getattr(one, measure) in secret else one for one in row]


def _secret(counts: Sequence[int]) -> range:
    """The numbers that are not told: up to one that makes the hidden ones come to LEAST each, on the average.

    So they differ, and as equal numbers are treated alike, exchanging any two of them gives the same answer and the
    same total.
    """
    some = sorted(count for count in counts if count)
    if not some or some[0] >= LEAST:
        return range(0)
    for most in sorted(set(some)):
        hidden = [count for count in some if count <= most]
        if sum(hidden) >= LEAST * len(hidden):
            return range(1, most + 1)
    return range(some[-1] + 1)

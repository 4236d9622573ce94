"""What a component asks of a single credential. Each constraint says whether one passes, and if not, by how much."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from stacking.evidence import Held, Setting


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a credential does not count for a component: a stable code, what was needed, what was there."""

    code: str
    needed: str
    found: str


@dataclass(frozen=True, slots=True)
class IssuedBy:
    """By one of these issuers."""

    code: ClassVar[str] = "issuer"
    issuers: frozenset[str]

    def refuse(self, held: Held, setting: Setting) -> Refusal | None:
        """None when it passes."""
        if held.issuer in self.issuers:
            return None
        return Refusal(self.code, " or ".join(sorted(self.issuers)), held.issuer)


@dataclass(frozen=True, slots=True)
class Recognised:
    """By any issuer that the pathway's owner recognises."""

    code: ClassVar[str] = "recognised-issuer"

    def refuse(self, held: Held, setting: Setting) -> Refusal | None:
        """None when it passes."""
        return None if held.issuer in setting.recognised else Refusal(self.code, "a recognised issuer", held.issuer)


@dataclass(frozen=True, slots=True)
class LevelAtLeast:
    """At this level of the European Qualifications Framework or above. A credential without a level does not pass."""

    code: ClassVar[str] = "level"
    level: int

    def refuse(self, held: Held, setting: Setting) -> Refusal | None:
        """None when it passes."""
        if held.level is not None and held.level >= self.level:
            return None
        return Refusal(self.code, f"EQF {self.level}", "no level" if held.level is None else f"EQF {held.level}")


@dataclass(frozen=True, slots=True)
class AwardedFrom:
    """On this day or later."""

    code: ClassVar[str] = "awarded-from"
    day: date

    def refuse(self, held: Held, setting: Setting) -> Refusal | None:
        """None when it passes."""
        return None if held.awarded >= self.day else Refusal(self.code, self.day.isoformat(), held.awarded.isoformat())


@dataclass(frozen=True, slots=True)
class AwardedWithin:
    """No longer ago than so many months and days, on the day of the evaluation."""

    code: ClassVar[str] = "awarded-within"
    months: int = 0
    days: int = 0

    def earliest(self, day: date) -> date:
        """The first day that still passes. A month back from the 31st is the last day of a shorter month."""
        months = day.year * 12 + day.month - 1 - self.months
        year, month = divmod(months, 12)
        if year < date.min.year:
            return date.min
        back = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
        return max(back, date.min + timedelta(days=self.days)) - timedelta(days=self.days)

    def refuse(self, held: Held, setting: Setting) -> Refusal | None:
        """None when it passes."""
        earliest = self.earliest(setting.day)
        return None if held.awarded >= earliest else Refusal(self.code, earliest.isoformat(), held.awarded.isoformat())


@dataclass(frozen=True, slots=True)
class ResultAtLeast:
    """A result of at least this. A credential without that result does not pass."""

    code: ClassVar[str] = "result"
    result: str
    value: Decimal

    def refuse(self, held: Held, setting: Setting) -> Refusal | None:
        """None when it passes."""
        found = held.results.get(self.result)
        if found is not None and found >= self.value:
            return None
        return Refusal(self.code, str(self.value), "no result" if found is None else str(found))


@dataclass(frozen=True, slots=True)
class CreditsAtLeast:
    """Worth at least so many credits by itself."""

    code: ClassVar[str] = "credits"
    credits: Decimal

    def refuse(self, held: Held, setting: Setting) -> Refusal | None:
        """None when it passes."""
        return None if held.credits >= self.credits else Refusal(self.code, str(self.credits), str(held.credits))


Constraint = IssuedBy | Recognised | LevelAtLeast | AwardedFrom | AwardedWithin | ResultAtLeast | CreditsAtLeast

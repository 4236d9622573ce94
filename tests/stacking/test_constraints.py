"""Constraints at their borders."""

from datetime import date
from decimal import Decimal

import pytest

from stacking import Setting
from stacking.constraints import AwardedFrom, AwardedWithin, CreditsAtLeast, IssuedBy, Recognised, ResultAtLeast
from tests.stacking.pathways import SETTING, held


@pytest.mark.parametrize(
    ("period", "day", "earliest"),
    [
        (AwardedWithin(months=60), date(2026, 11, 28), date(2021, 11, 28)),
        (AwardedWithin(months=1), date(2026, 3, 31), date(2026, 2, 28)),
        (AwardedWithin(months=1), date(2024, 3, 31), date(2024, 2, 29)),
        (AwardedWithin(months=11), date(2026, 11, 1), date(2025, 12, 1)),
        (AwardedWithin(days=30), date(2026, 3, 1), date(2026, 1, 30)),
        (AwardedWithin(months=12, days=1), date(2026, 3, 1), date(2025, 2, 28)),
        (AwardedWithin(months=12 * 3000), date(2026, 3, 1), date.min),
        (AwardedWithin(days=3_000_000), date(2026, 3, 1), date.min),
    ],
)
def test_a_period_ends_on_the_right_day(period: AwardedWithin, day: date, earliest: date) -> None:
    assert period.earliest(day) == earliest
    assert period.refuse(held("a", awarded=earliest), Setting(day)) is None


def test_the_day_before_is_too_early() -> None:
    refusal = AwardedWithin(months=12).refuse(held("a", awarded=date(2025, 11, 27)), SETTING)

    assert refusal is not None
    assert (refusal.needed, refusal.found) == ("2025-11-28", "2025-11-27")


def test_a_result_is_compared_as_a_number() -> None:
    result = ResultAtLeast("urn:grade", Decimal("70"))

    assert result.refuse(held("a", results={"urn:grade": Decimal("70.0")}), SETTING) is None
    assert result.refuse(held("a", results={"urn:grade": Decimal("9")}), SETTING) is not None
    assert result.refuse(held("a", results={"urn:other": Decimal("99")}), SETTING) is not None


def test_the_rest_at_their_borders() -> None:
    assert AwardedFrom(date(2025, 6, 1)).refuse(held("a"), SETTING) is None
    assert CreditsAtLeast(Decimal(5)).refuse(held("a"), SETTING) is None
    assert CreditsAtLeast(Decimal("5.1")).refuse(held("a"), SETTING) is not None
    assert IssuedBy(frozenset({"did:web:north.example"})).refuse(held("a"), SETTING) is None
    assert Recognised().refuse(held("a", issuer="did:web:recognised.example"), SETTING) is None

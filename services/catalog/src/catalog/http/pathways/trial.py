"""A trial's body as the evaluator wants it."""

from datetime import date
from decimal import Decimal

from catalog.http.pathways.schemas import HeldIn, Trial
from stacking import Held, Setting


def held_of(trial: Trial, today: date) -> list[Held]:
    """What somebody says to hold. What has no id is named by its place in the list."""
    return [_held(one, position, today) for position, one in enumerate(trial.held)]


def setting_of(trial: Trial, today: date) -> Setting:
    """The day and the recognised issuers."""
    return Setting(trial.day or today, frozenset(trial.recognised_issuers))


def _held(one: HeldIn, position: int, today: date) -> Held:
    return Held(
        id=one.id or f"held/{position}",
        achievement=one.achievement,
        issuer=one.issuer or "",
        awarded=one.awarded or today,
        credits=Decimal(str(one.credits)),
        level=one.level,
        results={name: Decimal(str(value)) for name, value in one.results.items()},
        counted_in=frozenset(one.counted_in),
        source=one.source,
    )

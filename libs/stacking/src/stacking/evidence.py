"""What a learner holds, and the circumstances it is measured in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

NOTHING: Mapping[str, Decimal] = {}
NO_CREDITS = Decimal(0)


@dataclass(frozen=True, slots=True)
class Held:
    """One credential that stands: verified, neither revoked nor suspended nor expired. Its caller sees to that.

    `credits` as earned, in ECTS; `level` of the European Qualifications Framework, 1 to 8. `results` by the id of
    their ResultDescription, as numbers. `counted_in`: ids of other pathways whose completion it already counts in.
    `source`: the id of the credential that this one was awarded for in recognition. They are one achievement: of those
    with the same source, the source among them, one counts.
    """

    id: str
    achievement: str
    issuer: str
    awarded: date
    credits: Decimal = NO_CREDITS
    level: int | None = None
    results: Mapping[str, Decimal] = field(default_factory=lambda: NOTHING)
    counted_in: frozenset[str] = frozenset()
    source: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Agreed:
    """By which agreement an issuer is recognised: its address, its version, and the digest of its document."""

    issuer: str
    agreement: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Setting:
    """The day of the evaluation, and the issuers that the pathway's owner recognises.

    `agreed` says of those among them that are not its own by which agreement. `own` are its own issuers where others'
    credentials may count too: a place that says nothing of issuers then takes theirs alone (`trust.trusting`).
    """

    day: date
    recognised: frozenset[str] = frozenset()
    agreed: frozenset[Agreed] = frozenset()
    own: frozenset[str] = frozenset()

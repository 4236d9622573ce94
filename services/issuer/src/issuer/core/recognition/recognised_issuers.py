"""Whose credentials an organization recognises: its own issuers', and those of partners by what both signed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from issuer.core.recognition.terms import Dates
from stacking import Setting
from stacking.evidence import Agreed


@dataclass(frozen=True, slots=True)
class PartnerIssuer:
    """An issuer of another institution that a signed agreement names, and when the agreement is in force."""

    agreed: Agreed
    signed_at: datetime
    in_force: Dates


@dataclass(frozen=True, slots=True)
class RecognisedIssuers:
    """`own` are the DIDs of the organization's issuers; `partners` come by agreements that stand as signed."""

    own: frozenset[str] = frozenset()
    partners: Sequence[PartnerIssuer] = ()

    def at(self, now: datetime) -> Setting:
        """What an evaluation of this moment goes by. Of several agreements about one issuer it is the oldest."""
        agreed: dict[str, Agreed] = {}
        for one in sorted(self.partners, key=lambda one: (one.signed_at, one.agreed)):
            if one.in_force.include(now) and one.agreed.issuer not in self.own:
                agreed.setdefault(one.agreed.issuer, one.agreed)
        return Setting(now.date(), self.own | agreed.keys(), frozenset(agreed.values()))

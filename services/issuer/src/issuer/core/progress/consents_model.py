"""A learner's consent that a pathway's owner sees the learner's progress on it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from issuer.core.backpack.model import PersonId

ConsentId = NewType("ConsentId", str)
KEPT_ENDED = 200  # of one person's: so much tells them who could see what, and nobody can pile them up


class ConsentState(StrEnum):
    """Only while it is `active` anybody sees anything."""

    ACTIVE = "active"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One consent, of one person, for one pathway.

    `digest` is the SHA-256 of the person's confirmed address: what the person's credentials are found by while the
    person is away; empty where it was not read, and gone once it has an end. `shows_address`: the owner is shown
    the address too. `allows_award`: what the person brought along may count in the owner's stacks, which name what
    counts; `recipient_key` is what the owner knows the person by then, given with a new one. `ended_at`: when it was
    withdrawn, or when it expired, once another took its place. `seen` counts how often, and `seen_at` says when last.
    """

    id: ConsentId
    person: PersonId
    org_id: str
    pathway_id: str
    purpose: str
    shows_address: bool
    allows_award: bool
    digest: str
    granted_at: datetime
    expires_at: datetime | None
    recipient_key: bytes | None = None
    ended_at: datetime | None = None
    seen_at: datetime | None = None
    seen: int = 0

    def state(self, now: datetime) -> ConsentState:
        """As of now."""
        if self.ended_at not in (None, self.expires_at):
            return ConsentState.WITHDRAWN
        if self.expires_at is not None and self.expires_at <= now:
            return ConsentState.EXPIRED
        return ConsentState.ACTIVE

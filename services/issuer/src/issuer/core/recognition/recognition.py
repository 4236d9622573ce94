"""A recognition: a learner's request, what was decided, why, and what became of it since."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from issuer.core.backpack.model import Notation
from issuer.core.model import CredentialId, Json
from issuer.core.recognition.agreement import AgreementId
from issuer.core.recognition.deciding import Presented, Reason

RecognitionId = NewType("RecognitionId", str)


class RecognitionState(StrEnum):
    """Where a recognition stands."""

    OPEN = "open"
    """A case: no agreement says what it is worth, and the institution decides."""
    GRANTED = "granted"
    REFUSED = "refused"
    APPEALED = "appealed"
    """Refused, and to be decided again by somebody else."""
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    """Granted, and its credential suspended because what was recognised is."""
    REVOKED = "revoked"


class By(StrEnum):
    """On whose side a step was taken."""

    LEARNER = "learner"
    INSTITUTION = "institution"
    AGREEMENT = "agreement"
    SOURCE = "source"
    """What became of the recognised credential."""
    DEADLINE = "deadline"
    """The time to appeal ended."""


TO_DECIDE = (RecognitionState.OPEN, RecognitionState.APPEALED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where credit is counted once: a programme of an organization, a learner, and what is brought.

    `source` names the credential, `achievement` what was achieved, in all its versions. `person` is known only of those
    who asked themselves.
    """

    org_id: str
    programme: str
    recipient_key: bytes
    person: str | None
    source: bytes
    achievement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """One request with its decision.

    `own_source` is the presented credential's id where it was issued here. `sealed` holds its papers while a credential
    may still be awarded. `decider` is who decided last, so that somebody else decides an appeal. `appeal_until`: when
    an appeal against the refusal begins to be too late. `holds_back`: its award was suspended or revoked on account of
    the source. `document` is empty: only cases from before papers were sealed have the credential's text there.
    """

    id: RecognitionId
    place: Place
    presented: Presented
    document: str
    own_source: CredentialId | None
    state: RecognitionState
    revision: int
    agreement_id: AgreementId | None
    target: str | None
    credits: Decimal | None
    results: tuple[Json, ...]
    reasons: tuple[Reason, ...]
    credential_id: CredentialId | None
    evidence: tuple[Json, ...]
    vouched: str | None
    sealed: bytes | None
    decider: str | None
    is_appeal_used: bool
    appeal_until: datetime | None
    holds_back: bool
    created_at: datetime
    changed_at: datetime

    @property
    def takes_place(self) -> bool:
        """Whether nothing else like it may come before the programme.

        What was refused by rule may come again, and what fell with its source. What the institution refused or revoked
        may not: no agreement decides anew against it.
        """
        if self.state is RecognitionState.REFUSED:
            return self.decider is not None
        if self.state is RecognitionState.REVOKED:
            return not self.holds_back
        return self.state is not RecognitionState.WITHDRAWN

    def may_be_appealed(self, now: datetime) -> bool:
        """Whoever was refused may have it decided again once, in time, by somebody else."""
        return self.is_appealable and not self.is_too_late(now)

    @property
    def is_appealable(self) -> bool:
        """Whether it may be appealed against, but for the time."""
        return self.state is RecognitionState.REFUSED and not self.is_appeal_used and self.sealed is not None

    def is_too_late(self, now: datetime) -> bool:
        """Whether the time to appeal is over. What was refused before there was such a time has all of it."""
        return self.appeal_until is not None and self.appeal_until <= now

    @property
    def counts(self) -> bool:
        """Whether its credits are part of what limits look at."""
        return self.state in {RecognitionState.GRANTED, RecognitionState.SUSPENDED}


@dataclass(frozen=True, slots=True)
class RecognitionChange:
    """A step in a recognition's life. `caused_by` is the id of the event that it followed from."""

    recognition_id: RecognitionId
    revision: int
    state: RecognitionState
    by: By
    actor: str
    reason: str | None
    reasons: tuple[Reason, ...]
    caused_by: str | None
    at: datetime


def notation_of(document: str) -> Notation:
    """How a credential is written: a JSON object, or else a compact JWS."""
    return Notation.DOCUMENT if document.startswith("{") else Notation.COMPACT_JWS

"""What the public may know: issuers, achievement versions, credential records, status lists. No learner appears here.

Everything here grows with a `revision`; only a higher one replaces what is known (see `adapters/projections.py`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """The state of a credential. Revoked is final. "Expired" is not a state: it follows from the date."""

    ISSUED = "issued"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer's public profile and keys. The two documents are JSON bytes, kept as they were published."""

    slug: str
    issuer_id: str
    org_id: str
    revision: int
    active: bool
    name: str
    profile: bytes
    did_document: bytes
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class AchievementVersion:
    """What the public record needs of an achievement. The whole of it is the catalog's to show."""

    achievement_id: str
    version: int
    revision: int
    org_id: str
    name: str
    achievement_type: str | None
    retired: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Issuance:
    """What is fixed when a credential is signed. A correction signs again, with a higher revision."""

    credential_id: str
    revision: int
    org_id: str
    issuer_id: str
    issuer_slug: str
    achievement_id: str
    achievement_version: int
    issued_at: datetime
    valid_from: datetime
    valid_until: datetime | None
    digest: str
    status_list: str
    status_index: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A credential's state after a change."""

    credential_id: str
    revision: int
    state: State
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class StatusList:
    """A signed status list. `credential` is its JSON, byte for byte what readers are given, for `ttl_s` to keep."""

    list_id: str
    url: str
    org_id: str
    issuer_id: str
    purpose: str
    revision: int
    credential: bytes
    ttl_s: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Endorsement:
    """What somebody else says of an issuer. `credential` is the signed text. Once withdrawn, only its key is left."""

    endorsement_id: str
    about: str
    revision: int
    shown: bool
    issuer_id: str | None = None
    issuer_name: str | None = None
    credential: str | None = None
    is_token: bool | None = None
    comment: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    believed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PublicRecord:
    """A credential as the public sees it. Names are None while the event that carries them is under way."""

    issuance: Issuance
    state: State
    changed_at: datetime
    issuer_name: str | None
    achievement_name: str | None
    achievement_type: str | None

    def expired(self, now: datetime) -> bool:
        """Whether `validUntil` has passed."""
        return self.issuance.valid_until is not None and self.issuance.valid_until <= now

"""What lies in a person's backpack, and when two credentials are the same."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from urllib.parse import unquote

import orjson

KeptId = NewType("KeptId", str)
PersonId = NewType("PersonId", str)
"""The subject of the person's access tokens."""


class Notation(StrEnum):
    """How a credential is written. It is given back as it came."""

    DOCUMENT = "document"
    COMPACT_JWS = "compact_jws"


class Outcome(StrEnum):
    """What became of a credential that arrived."""

    CREATED = "created"
    REPLACED = "replaced"
    OLDER = "older"
    """A newer one of the same name stays where it is."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A credential that was verified just now."""

    notation: Notation
    text: str
    issuer_id: str
    credential_id: str
    valid_from: datetime
    achievement: str = ""
    """What it is for, in all versions; empty for what no pathway can count."""

    @property
    def name(self) -> bytes:
        """Equal for two that are the same by Open Badges 3.0: same issuer and same id, decoded and trimmed."""
        parts = [unquote(part.strip()).strip() for part in (self.issuer_id, self.credential_id)]
        return hashlib.sha256(orjson.dumps(parts)).digest()

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.text.encode())


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a credential does not count, whatever a pathway asks for.

    Codes: `revoked`, `suspended`, `expired`, `not-begun`, `does-not-hold`, `not-confirmed`, `other-recipient`.
    """

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Kept:
    """One of a person's credentials, without its text, and what the last verification found."""

    id: KeptId
    notation: Notation
    issuer_id: str
    credential_id: str
    valid_from: datetime
    kept_at: datetime
    changed_at: datetime
    verified_at: datetime
    doubt: Doubt | None


@dataclass(frozen=True, slots=True)
class Slice:
    """Credentials as Open Badges pages them: so many, from this place on, issued after this moment."""

    limit: int
    offset: int
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Texts:
    """A slice's texts in the order they came to be kept, and how many there are in all."""

    texts: tuple[tuple[Notation, str], ...]
    total: int

"""Another host of Open Badges that a person has connected the backpack to, as its client."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NewType

from issuer.core.backpack.model import PersonId

HostId = NewType("HostId", str)

CONSENT_LIFETIME = timedelta(minutes=15)
LEASE = timedelta(seconds=60)
MOST_HOSTS = 10


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What a host's service description says."""

    name: str
    api: str
    registration: str
    authorization: str
    token: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """What only this connection may know. Sealed at rest, and never logged.

    `authorization_url` is kept for a repetition of the request that began it.
    """

    client_id: str
    client_secret: str = field(repr=False)
    verifier: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    authorization_url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RemoteHost:
    """A connection. `waits_until`: the person's consent over there is awaited; None once it is given.

    `pulls_at`: when credentials come by themselves the next time, None for never; `pulled_at`: when they last did.
    """

    id: HostId
    person: PersonId
    endpoints: Endpoints
    secrets: Secrets
    state: bytes
    created_at: datetime
    changed_at: datetime
    waits_until: datetime | None
    busy_until: datetime | None = None
    pulls_at: datetime | None = None
    pulled_at: datetime | None = None

    @property
    def is_connected(self) -> bool:
        """Whether credentials can be moved."""
        return self.waits_until is None


@dataclass(frozen=True, slots=True)
class DuePull:
    """A connection whose host is to be looked through. `failures` are those in a row."""

    host: HostId
    person: PersonId
    pulled_at: datetime | None
    failures: int


def digest_of(state: str) -> bytes:
    """How the OAuth state is kept: whoever reads the row cannot answer in its place."""
    return hashlib.sha256(state.encode()).digest()

"""What connections to other hosts need from outside: their storage, and requests to strangers under guard."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self

from issuer.core.backpack.hosts_model import DuePull, HostId, RemoteHost
from issuer.core.backpack.model import PersonId
from service_kit.inputs import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to another host."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `document` is its JSON, None where it is none; `link` its Link header."""

    status: int
    document: Any
    link: str


class Sender(Protocol):
    """Sends requests: https, public addresses, bounded in size and time, no redirections."""

    async def __call__(self, request: Outgoing) -> Answer:
        """Raises Unavailable for a host that does not answer, Invalid for an address that is not called."""

    def check(self, url: str) -> None:
        """Raises Invalid for an address that would not be called."""


class HostKeys(Protocol):
    """See service_kit.idempotency."""

    async def claim(self, owner: str, key: IdempotencyKey, result: str | None = None) -> str | None: ...

    async def find(self, owner: str, key: IdempotencyKey) -> str | None: ...


class HostWork(Protocol):
    """One transaction over connections. Leaving it without `commit` undoes everything."""

    @property
    def idempotency(self) -> HostKeys: ...

    async def open(self, person: PersonId, at: datetime) -> None:
        """The person's backpack, made if there is none, locked until the end of the transaction."""

    async def count(self, person: PersonId) -> int: ...

    async def add(self, host: RemoteHost) -> None: ...

    async def lock(self, person: PersonId, host_id: HostId) -> RemoteHost | None: ...

    async def hold(self, host_id: HostId, until: datetime) -> None:
        """Nobody else uses it until then."""

    async def give_back(self, host: RemoteHost) -> None:
        """Others may use it, if nobody does already: it is held until the host's `busy_until`, or no longer ours."""

    async def lock_all(self, person: PersonId) -> Sequence[RemoteHost]: ...

    async def save(self, host: RemoteHost) -> bool:
        """Store its secrets, that its consent is given, and when it is due unless that is known.

        False when it is not there any more.
        """

    async def take_pull(self, now: datetime, until: datetime) -> DuePull | None:
        """One that is due, which nobody else takes until then."""

    async def note_pull(
        self, host_id: HostId, pulled_at: datetime | None, again: datetime | None, failures: int
    ) -> None:
        """When it was looked through, and when it is the next time."""

    async def has_brought(self, host_id: HostId, digest: bytes) -> bool:
        """Whether a text came by itself from there."""

    async def brought(self, host_id: HostId, digest: bytes) -> None:
        """Remember that, for as long as there is the connection."""

    async def remove_host(self, person: PersonId, host_id: HostId) -> bool:
        """False when there is none."""

    async def remove_all(self, person: PersonId) -> None:
        """All that the person keeps here: connections, credentials, consents."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self) -> None: ...


HostWorks = Callable[[], HostWork]


class HostReading(Protocol):
    """Reads outside any transaction."""

    async def hosts(self, person: PersonId) -> Sequence[RemoteHost]:
        """Oldest first, without their secrets."""

    async def waiting(self, host_id: HostId, state: bytes, now: datetime) -> str | None:
        """The name of a host whose consent is awaited under this state."""

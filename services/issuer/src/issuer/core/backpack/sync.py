"""What connected hosts have comes by itself, slowly: of the connections that are due one at a time is looked through.

Any process may do it. Who takes a connection puts off when it is due, so nobody does it twice, and one whose process
was lost comes again.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from issuer.core.backpack.client import GrantEnded
from issuer.core.backpack.hosts import Connections
from issuer.core.backpack.hosts_model import DuePull, HostId
from issuer.core.backpack.hosts_ports import HostWorks
from issuer.core.backpack.model import Notation, Outcome, PersonId
from issuer.core.backpack.pull import Keep, PullCredentials
from issuer.core.pacing import pause
from issuer.core.ports import Audit
from service_kit.clock import Clock
from service_kit.errors import NotFound, ServiceError, Unavailable

TAKEN_FOR = timedelta(minutes=15)
ROUNDS = 10
"""Of a pull each, of a hundred credentials or half a minute: what a host has beyond that a person asks for."""
ENOUGH = timedelta(minutes=2)
"""After this long no further pull is begun: others wait behind a host that is slow."""


class KeepOnce:
    """Keeps what this connection did not bring by itself before: what a person deleted stays deleted.

    Nor is it verified every hour.
    """

    def __init__(self, *, works: HostWorks, keep: Keep, host: HostId) -> None:
        self._works = works
        self._keep = keep
        self._host = host

    async def __call__(self, person: PersonId, text: str, notation: Notation) -> Outcome:
        """`older` for what came before. Raises as `keep` does; what was refused is tried again the next time."""
        digest = hashlib.sha256(text.encode()).digest()
        async with self._works() as work:
            if await work.has_brought(self._host, digest):
                return Outcome.OLDER
        outcome = await self._keep(person, text, notation)
        async with self._works() as work:
            await work.brought(self._host, digest)
            await work.commit()
        return outcome


class PullDue:
    """`every` is how often, zero for never; `spread` a random number from 0 to 1, so that not all come at once."""

    def __init__(
        self,
        *,
        works: HostWorks,
        connections: Connections,
        keep: Keep,
        every: timedelta,
        audit: Audit,
        clock: Clock,
        spread: Callable[[], float],
    ) -> None:
        self._works = works
        self._connections = connections
        self._keep = keep
        self._audit = audit
        self._every = every
        self._clock = clock
        self._spread = spread

    async def __call__(self) -> int:
        """How many were due: 1 or 0. What goes wrong at the other host is tried again, later and later."""
        if not self._every:
            return 0
        begun = self._clock()
        async with self._works() as work:
            due = await work.take_pull(begun, begun + TAKEN_FOR)
            await work.commit()
        if due is None:
            return 0
        try:
            is_whole = await self._through(due)
        except (GrantEnded, NotFound):  # nothing comes any more until the person connects it anew
            self._audit("backpack_pulls_ended", host=due.host)
            await self._note(due, None, None)
        except ServiceError as error:
            self._audit("backpack_pull_failed", host=due.host, failures=due.failures + 1, reason=error.code)
            await self._note(due, None, self._later(due.failures + 1), due.failures + 1)
        else:
            failures = 0 if is_whole else due.failures + 1  # what is always too much is looked through less often
            await self._note(due, begun if is_whole else None, self._later(failures), failures)
        return 1

    async def _through(self, due: DuePull) -> bool:
        """From the beginning, until all of it was looked at or it was enough for once."""
        keep = KeepOnce(works=self._works, keep=self._keep, host=due.host)
        pull = PullCredentials(connections=self._connections, keep=keep, clock=self._clock)
        ends = self._clock() + ENOUGH
        place: int | None = 0
        for _ in range(ROUNDS):
            if place is None or self._clock() > ends:
                break
            pulled = await pull(due.person, due.host, None, place)
            if pulled.interrupted:
                raise Unavailable(pulled.interrupted)
            place = pulled.next_offset
        return place is None

    async def _note(self, due: DuePull, pulled_at: datetime | None, again: datetime | None, failures: int = 0) -> None:
        async with self._works() as work:
            await work.note_pull(due.host, pulled_at or due.pulled_at, again, failures)
            await work.commit()

    def _later(self, failures: int) -> datetime:
        return self._clock() + pause(self._every, failures, spread=self._spread())

"""Access that ended before its time: the authorization server tells, each service keeps it and asks it of each token.

The consumer writes the table; whoever answers requests holds it in memory and reads what is new a few times a second.
A row means nothing once `until` has passed: the tokens that it ends have expired.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from contracts.events import AccessRevoked
from service_kit.auth import Caller
from service_kit.clock import Clock, utc_now
from service_kit.database import Database, UnitOfWork
from service_kit.direct import fetch_outside
from service_kit.inbox import Received, Subscription
from service_kit.logs import get_logger
from service_kit.pause import pause
from service_kit.tables import REVOKED_ACCESS
from service_kit.token_ids import lineage

log = get_logger(__name__)

EVERY_S = 0.25
WHOLE_EVERY_S = 60.0
OVERLAP = timedelta(seconds=30)  # a transaction that began earlier may commit later
SKEW = timedelta(minutes=5)  # clocks differ
ALWAYS = datetime.min.replace(tzinfo=UTC)
ADDED_SINCE = "SELECT kind, id, until, added_at FROM revoked_access WHERE added_at > $1 ORDER BY added_at"


async def keep(work: UnitOfWork, received: Received[AccessRevoked]) -> None:
    """Apply one event, and forget what no longer matters."""
    told = received.payload
    row = {"kind": told.kind, "id": told.id, "until": told.until + SKEW}
    await work.session.execute(delete(REVOKED_ACCESS).where(REVOKED_ACCESS.c.until < func.now()))
    await work.session.execute(insert(REVOKED_ACCESS).values(row).on_conflict_do_nothing())


def subscription() -> Subscription[Any]:
    """For a service's list of what it follows."""
    return Subscription(AccessRevoked, keep)


class RevokedAccess:
    """What the table holds, in memory. It lags by `EVERY_S` at most while the database answers."""

    def __init__(
        self, database: Database, clock: Clock = utc_now, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._ended: dict[tuple[str, str], datetime] = {}
        self._newest: datetime | None = None
        self._whole_at = float("-inf")

    async def includes(self, caller: Caller) -> bool:
        """Whether the caller's token, one it was exchanged for, its grant, its client or its subject was ended."""
        asked = [("token", token) for token in lineage(caller.token_id)]
        asked += [("client", caller.client_id), ("client", caller.subject)]
        asked += [("grant", caller.grant_id)] if caller.grant_id else []
        return any(one in self._ended for one in asked)

    async def check(self) -> None:
        """Readiness: raises RuntimeError before the table was read once."""
        if self._whole_at == float("-inf"):
            raise RuntimeError("revoked access was not read yet")

    async def refresh(self) -> None:
        """Read what is new, and now and then everything."""
        is_whole = self._monotonic() - self._whole_at >= WHOLE_EVERY_S
        since = self._newest - OVERLAP if self._newest and not is_whole else ALWAYS
        for kind, what, until, added_at in await fetch_outside(self._database, ADDED_SINCE, since):
            self._ended[kind, what] = until
            self._newest = added_at
        if is_whole:
            self._whole_at = self._monotonic()
        self._forget()

    def _forget(self) -> None:
        """Drop from the front, where the oldest are: later ones that stay a little longer do no harm."""
        now = self._clock()
        while self._ended:
            first = next(iter(self._ended))
            if self._ended[first] >= now:
                return
            del self._ended[first]

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. What is known stays known while the database is away."""
        while not stop.is_set():
            try:
                await self.refresh()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("revoked_access_unreadable", error=repr(error))
            await pause(stop, EVERY_S)

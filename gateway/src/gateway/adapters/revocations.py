"""The gateway's events: what ended, as rows of the outbox in the transaction that ended it."""

from datetime import datetime, timedelta
from typing import Literal

from contracts.events import AccessRevoked
from service_kit import outbox

SOURCE = "/gateway"
LONGEST_LIFE = timedelta(minutes=20)  # an access token lives 15 minutes at most (settings), and clocks differ


def revocation(
    kind: Literal["token", "grant", "client"], ended: str, at: datetime, until: datetime | None = None
) -> dict[str, object]:
    """A row for the outbox: from `at` on nothing that `ended` gave access to counts. `until` if that is known."""
    event = AccessRevoked(kind=kind, id=ended, revoked_at=at, until=until or at + LONGEST_LIFE)
    return outbox.row(event, SOURCE, clock=lambda: at)

"""Links that prove a mailbox: single use, with an end, known by a digest."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.core.people import UserId
from service_kit.errors import NotFound


class LinkKind(StrEnum):
    """What a link is for."""

    CONFIRM = "confirm"
    RESET = "reset"

    @property
    def lifetime(self) -> timedelta:
        """For how long it is good."""
        return {LinkKind.CONFIRM: timedelta(days=1), LinkKind.RESET: timedelta(minutes=30)}[self]


@dataclass(frozen=True, slots=True)
class AccountLink:
    """Whoever opens it reads the mail of `email`."""

    kind: LinkKind
    user: UserId
    email: str
    expires_at: datetime


def no_such_link() -> NotFound:
    """Also for one that was used or has expired, and for another person's."""
    return NotFound("there is no such link, or it was used or has expired")

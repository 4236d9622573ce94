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
    SIGN_UP = "sign_up"
    """Nobody's account yet; one with no address opens nothing."""

    @property
    def lifetime(self) -> timedelta:
        """For how long it is good."""
        return timedelta(minutes=30) if self is LinkKind.RESET else timedelta(days=1)


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

"""Programs that hear when a person signs out (OpenID Connect Back-Channel Logout 1.0), and what waits for them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.core.model import ClientId
from gateway.core.people import UserId
from gateway.core.signing_key import Algorithm

TOLD_WITHIN = timedelta(hours=1)  # a program that was away for longer keeps its own session's end
EVERY_SESSION = ""


@dataclass(frozen=True, slots=True)
class LogoutNotice:
    """One program and one session that ended, or all of the person's (`EVERY_SESSION`). `attempts` so far."""

    client: ClientId
    user: UserId
    session: str
    address: str
    algorithm: Algorithm
    expires_at: datetime
    attempts: int = 0


class LogoutNotices(Protocol):
    """Notices that wait to be told."""

    async def add(self, user: UserId, session: str, at: datetime) -> None:
        """For every program with an address for it that the person let in during this session, or ever.

        A notice of the same that waits or travels is due anew, whatever becomes of the attempt.
        """

    async def claim(self, at: datetime, until: datetime) -> LogoutNotice | None:
        """One that is due; nobody else gets it before `until`. It counts as an attempt."""

    async def put_off(self, notice: LogoutNotice, until: datetime) -> None:
        """Try again then, unless another end came meanwhile."""

    async def remove(self, notice: LogoutNotice) -> None:
        """It was told, or is given up; unless another end came meanwhile."""


class LogoutRefused(Exception):
    """The program will never take this notice."""


class LogoutUndelivered(Exception):
    """The program does not answer, or wants it later."""


# Tells the program: makes a token and hands it over. Raises LogoutRefused or LogoutUndelivered.
Tell = Callable[[LogoutNotice], Awaitable[None]]

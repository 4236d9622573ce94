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
MOST_TOLD = 100  # at one end, those that the person let in last


@dataclass(frozen=True, slots=True)
class LogoutNotice:
    """One program and one session that ended, or all of the person's (`EVERY_SESSION`). `attempts` so far.

    Until `held_until` nobody else tells this program anything. `is_vouched_for`: an organization registered it.
    """

    client: ClientId
    user: UserId
    session: str
    address: str
    algorithm: Algorithm
    expires_at: datetime
    held_until: datetime
    is_vouched_for: bool
    attempts: int = 0


class LogoutNotices(Protocol):
    """Notices that wait to be told."""

    async def add(self, user: UserId, session: str, at: datetime) -> None:
        """For every program with an address for it that the person let in during this session, or ever.

        A notice of the same that waits or travels is due anew, whatever becomes of the attempt. A program that is being
        told, or did not answer, hears of this one when it is its turn again.
        """

    async def claim(self, at: datetime, until: datetime) -> LogoutNotice | None:
        """One that is due; nobody else gets one of this program before `until`. It counts as an attempt.

        But for an end that is written at this very moment: that one may be told beside it.
        """

    async def put_off(self, notice: LogoutNotice, until: datetime) -> None:
        """Try again then, unless another end came meanwhile. Whatever else waits for the program waits as long."""

    async def remove(self, notice: LogoutNotice, at: datetime) -> None:
        """It was told, or is given up; unless another end came meanwhile. The program's next one is due."""


class LogoutRefused(Exception):
    """The program will never take this notice."""


class LogoutUndelivered(Exception):
    """The program does not answer, or wants it later."""


# Tells the program: makes a token and hands it over. Raises LogoutRefused or LogoutUndelivered.
Tell = Callable[[LogoutNotice], Awaitable[None]]

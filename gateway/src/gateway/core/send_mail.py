"""Mail that waits is sent: at least once, again after a while when nobody takes it, until it would be of no use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gateway.core.mail import MailId, MailRefused, MailUnavailable, Send, WaitingMail
from gateway.core.ports import NewUnitOfWork
from gateway.core.post import Post
from service_kit.clock import Clock

CLAIM = timedelta(minutes=2)  # longer than an attempt may take: a process that died with a mail delays it so long
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)


class Outcome(StrEnum):
    """What became of an attempt."""

    SENT = "sent"
    PUT_OFF = "put_off"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Attempt:
    """For the log: never an address or a text. `reason` is the server's, as far as it says one."""

    mail: MailId
    number: int
    outcome: Outcome
    reason: str = ""

    @property
    def logged(self) -> Mapping[str, object]:
        """The members of a log line."""
        return {"mail": self.mail, "attempt": self.number, "outcome": self.outcome, "reason": self.reason}


class SendMail:
    """One mail at a time. Several processes may do it: none takes another's. Nothing is open while a mail travels."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, post: Post, send: Send, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._post = post
        self._send = send
        self._clock = clock

    async def __call__(self) -> Attempt | None:
        """Send one that is due. None when there is none."""
        waiting = await self._claim()
        if waiting is None:
            return None
        attempt = await self._try(waiting)
        async with self._unit_of_work() as work:
            if attempt.outcome is Outcome.PUT_OFF:
                await work.mails.put_off(waiting.id, self._clock() + pause(attempt.number))
            else:
                await work.mails.remove(waiting.id)
            await work.commit()
        return attempt

    async def _claim(self) -> WaitingMail | None:
        now = self._clock()
        async with self._unit_of_work() as work:
            found = await work.mails.claim(now, now + CLAIM)
            await work.commit()
        return found

    async def _try(self, waiting: WaitingMail) -> Attempt:
        if waiting.expires_at <= self._clock():
            return Attempt(waiting.id, waiting.attempts, Outcome.EXPIRED)
        try:
            mail = self._post.opened(waiting)
        except ValueError:
            return Attempt(waiting.id, waiting.attempts, Outcome.UNREADABLE)
        try:
            await self._send(waiting.id, mail)
        except MailUnavailable as error:
            return Attempt(waiting.id, waiting.attempts, Outcome.PUT_OFF, str(error))
        except MailRefused as error:
            return Attempt(waiting.id, waiting.attempts, Outcome.REFUSED, str(error))
        return Attempt(waiting.id, waiting.attempts, Outcome.SENT)


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, a quarter of an hour at most."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 10)), LONGEST_PAUSE)

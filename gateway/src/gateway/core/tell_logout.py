"""Programs are told that a person signed out: at least once, and again for an hour where one does not answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.core.logout import LogoutNotice, LogoutRefused, LogoutUndelivered, Tell
from gateway.core.ports import NewUnitOfWork
from gateway.core.send_mail import Outcome
from service_kit.clock import Clock

CLAIM = timedelta(minutes=1)  # longer than an attempt may take
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Told:
    """For the log: never an address. `reason` is what the program answered, as a status or a code of ours."""

    notice: LogoutNotice
    outcome: Outcome
    reason: str = ""

    @property
    def logged(self) -> Mapping[str, object]:
        """The members of a log line."""
        notice = self.notice
        return {"client_id": notice.client, "attempt": notice.attempts, "outcome": self.outcome, "reason": self.reason}


class TellLogout:
    """One notice a call. Many may do it at once: none takes another's, and no two tell one program at the same time.

    Nothing is open while one travels.
    """

    def __init__(self, *, unit_of_work: NewUnitOfWork, tell: Tell, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._tell = tell
        self._clock = clock

    async def __call__(self) -> Told | None:
        """Tell one that is due. None when there is none."""
        now = self._clock()
        async with self._unit_of_work() as work:
            notice = await work.logouts.claim(now, now + CLAIM)
            await work.commit()
        if notice is None:
            return None
        told = await self._try(notice)
        async with self._unit_of_work() as work:
            if told.outcome is Outcome.PUT_OFF:
                await work.logouts.put_off(notice, self._clock() + pause(notice.attempts))
            else:
                await work.logouts.remove(notice, self._clock())
            await work.commit()
        return told

    async def _try(self, notice: LogoutNotice) -> Told:
        if notice.expires_at <= self._clock():
            return Told(notice, Outcome.EXPIRED)
        try:
            await self._tell(notice)
        except LogoutUndelivered as error:
            return Told(notice, Outcome.PUT_OFF, str(error))
        except LogoutRefused as error:
            return Told(notice, Outcome.REFUSED, str(error))
        return Told(notice, Outcome.SENT)


def pause(attempts: int) -> timedelta:
    """How long to leave a program alone: four times as long after each attempt, a quarter of an hour at most."""
    return min(FIRST_PAUSE * (1 << min(2 * (attempts - 1), 10)), LONGEST_PAUSE)

"""The background task that empties the mail box of the database, beside the relay of events."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from gateway.core.send_mail import Outcome, SendMail
from service_kit.logs import get_logger

log = get_logger(__name__)

IDLE_S = 0.5
RETRY_S = 2.0


class Sending:
    """Until it is asked to stop. A database that is away is waited for."""

    def __init__(self, send: SendMail) -> None:
        self._send = send

    async def run(self, stop: asyncio.Event) -> None:
        """A mail that is under way when the process ends is sent again by another."""
        while not stop.is_set():
            try:
                await self._turn(stop)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("mail_database_unavailable", error=type(error).__name__)
                await _wait(stop, RETRY_S)

    async def _turn(self, stop: asyncio.Event) -> None:
        attempt = await self._send()
        if attempt is None:
            await _wait(stop, IDLE_S)
            return
        say = log.info if attempt.outcome is Outcome.SENT else log.warning
        say("mail", mail=attempt.mail, attempt=attempt.number, outcome=attempt.outcome, reason=attempt.reason)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return

"""Mail to people: what one is, how it waits, and how whoever carries it may fail."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

MailId = NewType("MailId", str)


@dataclass(frozen=True, slots=True)
class Mail:
    """One message of plain text."""

    recipient: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """A mail as a row: `box` is the sealed message, because it holds an address and a link. `attempts` so far."""

    id: MailId
    box: bytes
    created_at: datetime
    expires_at: datetime
    attempts: int = 0


class MailRefused(Exception):
    """The server will never take this mail."""


class MailUnavailable(Exception):
    """The server does not answer, or wants it later."""


# Hands a mail to whoever carries it. The id stays the same at every attempt. Raises MailRefused or MailUnavailable.
Send = Callable[[MailId, Mail], Awaitable[None]]

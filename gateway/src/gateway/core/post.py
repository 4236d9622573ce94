"""Mail is written in the transaction of what it tells of, sealed: it holds an address, and often a link."""

import hmac
import json
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.core.mail import Mail, MailId, WaitingMail
from gateway.core.ports import UnitOfWork, Vault
from service_kit.clock import Clock
from service_kit.errors import Limited
from service_kit.ids import NewId

NOTICE_LIFETIME = timedelta(days=2)  # a notice that could not be sent for so long is news no more
WINDOW = timedelta(hours=1)
AT_MOST = 5  # mails to one address for one purpose within the window


class Purpose(StrEnum):
    """What a mail is for. Counted apart: who has others written to keeps nobody from getting in again."""

    CONFIRM = "confirm"
    RESET = "reset"
    SIGN_UP = "sign-up"
    INVITE = "invite"


class Post:
    """Writes mails into the caller's transaction. A fleet that sends none (`is_open` False) writes none.

    `pepper` keeps the counters from telling who was written to.
    """

    def __init__(self, *, vault: Vault, pepper: bytes, base: str, is_open: bool, clock: Clock, ids: NewId) -> None:
        self._vault = vault
        self._pepper = pepper
        self._base = base
        self.is_open = is_open
        self._clock = clock
        self._ids = ids

    def link(self, path: str, token: str, request: str = "") -> str:
        """An address of ours, with a token of ours in its query, and a request that waits in the browser it is for."""
        return f"{self._base}{path}?token={token}" + (f"&request={request}" if request else "")

    async def put(self, work: UnitOfWork, mail: Mail, until: datetime | None = None) -> None:
        """Add it. After `until` it is not sent any more; for a notice that is two days."""
        if not self.is_open:
            return
        now, name = self._clock(), MailId(self._ids())
        box = self._vault.seal(json.dumps(asdict(mail)).encode(), _purpose(name))
        await work.mails.add(WaitingMail(name, box, now, until or now + NOTICE_LIFETIME))

    async def count(self, work: UnitOfWork, address: str, purpose: Purpose, by: str = "") -> None:
        """Raises Limited when this address was written to often enough for this; by this organization, if one is named.

        Whoever else asked for it.
        """
        key = hmac.digest(self._pepper, f"mail {purpose} {by} {address}".encode(), "sha256")
        (sent,) = await work.attempts.count([key], self._clock(), WINDOW)
        if sent > AT_MOST:
            raise Limited("enough mail was sent to this address; wait an hour and try again")

    def opened(self, waiting: WaitingMail) -> Mail:
        """The message. Raises ValueError for one that was sealed under another key."""
        return Mail(**json.loads(self._vault.open(waiting.box, _purpose(waiting.id))))


def _purpose(mail: MailId) -> str:
    return f"mail:{mail}"

"""What the rules about a person's account need from outside, beside gateway.core.ports."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gateway.core.account_link import AccountLink, LinkKind
from gateway.core.mail import MailId, WaitingMail
from gateway.core.passkey import Challenge, Passkey, PasskeyId
from gateway.core.people import UserId


class Passkeys(Protocol):
    """People's passkeys, and the challenges that browsers are given, by their digests."""

    async def of(self, user: UserId) -> Sequence[Passkey]:
        """Oldest first."""

    async def add(self, passkey: Passkey) -> bool:
        """False when the credential is known, whosever it is."""

    async def lock(self, credential: bytes) -> Passkey | None:
        """Everyone else who asks for it waits until this transaction ends."""

    async def use(self, passkey: PasskeyId, sign_count: int, at: datetime) -> None: ...

    async def rename(self, passkey: PasskeyId, user: UserId, name: str) -> bool:
        """False when the person has no such passkey."""

    async def remove(self, passkey: PasskeyId, user: UserId) -> bool:
        """False when the person has no such passkey."""

    async def keep_challenge(self, digest: bytes, challenge: Challenge) -> None: ...

    async def take_challenge(self, digest: bytes, at: datetime) -> Challenge | None:
        """Find it and forget it: of many who ask at once, one gets it."""


class Accounts(Protocol):
    """Links to people's mailboxes, by their digests, and what such a link lets its holder do."""

    async def add_link(self, digest: bytes, link: AccountLink) -> None:
        """One for nobody (an empty user) leads nowhere."""

    async def find_link(self, digest: bytes, kind: LinkKind, at: datetime) -> AccountLink | None: ...

    async def take_link(self, digest: bytes, kind: LinkKind, at: datetime) -> AccountLink | None:
        """Find it and forget it: of many who ask at once, one gets it."""

    async def forget_links(self, user: UserId) -> None: ...

    async def verify(self, user: UserId, email: str, at: datetime) -> bool:
        """The account has this address, and it is confirmed. False when another account has it."""

    async def end_access(self, user: UserId, at: datetime) -> None:
        """End the person's sessions, grants, passkeys and links."""


class Mails(Protocol):
    """Mail that waits to be sent."""

    async def add(self, mail: WaitingMail) -> None: ...

    async def claim(self, at: datetime, until: datetime) -> WaitingMail | None:
        """One that is due; nobody else gets it before `until`. It counts as an attempt."""

    async def put_off(self, mail: MailId, until: datetime) -> None:
        """Try again then."""

    async def remove(self, mail: MailId) -> None: ...


class Attempts(Protocol):
    """How often something was tried within a window that starts with the first attempt."""

    async def count(self, keys: Sequence[bytes], at: datetime, window: timedelta) -> Sequence[int]:
        """Add one attempt under each key. The numbers so far, this one included."""

    async def forgive(self, keys: Sequence[bytes]) -> None:
        """Take one attempt back: it was no guess."""

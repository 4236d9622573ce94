"""A forgotten password: whoever reads the account's mail chooses another one, and everything that was open ends."""

import hmac
from datetime import timedelta

from gateway.core import letters
from gateway.core.account_link import AccountLink, LinkKind, no_such_link
from gateway.core.logout import EVERY_SESSION
from gateway.core.model import AuditEntry
from gateway.core.people import UserId, plain_address
from gateway.core.ports import NewUnitOfWork, Passwords, UnitOfWork
from gateway.core.post import Post, Purpose
from gateway.core.secret import SecretKind, digest, new_secret
from service_kit.clock import Clock
from service_kit.errors import Limited

WINDOW = timedelta(hours=1)
FROM_ONE_ADDRESS = 100  # within the window; a campus may be one


class ResetPassword:
    """`pepper` keeps the counter from telling who asked."""

    def __init__(
        self, *, unit_of_work: NewUnitOfWork, passwords: Passwords, post: Post, clock: Clock, pepper: bytes
    ) -> None:
        self._unit_of_work = unit_of_work
        self._passwords = passwords
        self._post = post
        self._clock = clock
        self._pepper = pepper

    @property
    def is_possible(self) -> bool:
        """Whether this fleet sends mail."""
        return self._post.is_open

    async def ask(self, email: str, address: str) -> None:
        """Send a link, if there is such an account; the caller cannot tell. Raises Limited by where it comes from."""
        await self._count(address)
        wanted = plain_address(email)
        async with self._unit_of_work() as work:
            try:
                await self._post.count(work, wanted, Purpose.RESET)
            except Limited:
                return  # said aloud it would tell that there were mails
            await self._send(work, wanted)
            await work.commit()

    async def find(self, token: str) -> str:
        """Whose password is chosen. Raises NotFound."""
        async with self._unit_of_work() as work:
            found = await work.accounts.find_link(digest(token), LinkKind.RESET, self._clock())
        if found is None:
            raise no_such_link()
        return found.email

    async def choose(self, token: str, password: str) -> None:
        """Sessions, what programs were allowed, passkeys and other links end. Raises NotFound."""
        await self.find(token)
        hashed = await self._passwords.hash(password)
        now = self._clock()
        async with self._unit_of_work() as work:
            link = await work.accounts.take_link(digest(token), LinkKind.RESET, now)
            user = await work.users.get(link.user) if link else None
            if link is None or user is None or user.email != link.email:
                raise no_such_link()
            await work.users.set_password(user.id, hashed)
            await work.accounts.end_access(user.id, now)
            await work.logouts.add(user.id, EVERY_SESSION, now)
            await work.accounts.verify(user.id, link.email, now)
            await self._post.put(work, letters.password_changed(user.email))
            await work.audit.record(AuditEntry(now, "user.password_reset", f"user:{user.id}"))
            await work.commit()

    async def _count(self, address: str) -> None:
        key = hmac.digest(self._pepper, f"reset {address}".encode(), "sha256")
        async with self._unit_of_work() as work:
            (asked,) = await work.attempts.count([key], self._clock(), WINDOW)
            await work.commit()
        if asked > FROM_ONE_ADDRESS:
            raise Limited("too many attempts; wait an hour and try again")

    async def _send(self, work: UnitOfWork, email: str) -> None:
        """For a stranger's address the same is written, and nothing of it is ever sent: it takes as long."""
        user, now, token = await work.users.by_email(email), self._clock(), new_secret(SecretKind.RESET)
        until = now + LinkKind.RESET.lifetime
        message = letters.password_reset(email, self._post.link(letters.RESET_PATH, token))
        link = AccountLink(LinkKind.RESET, user.id if user else UserId(""), email if user else "", until)
        await work.accounts.add_link(digest(token), link)
        await self._post.put(work, message, until if user else now)
        if user:
            await work.audit.record(AuditEntry(now, "user.password_reset_asked", f"user:{user.id}"))

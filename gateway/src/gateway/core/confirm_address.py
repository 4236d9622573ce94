"""A person's e-mail address: confirmed by a link that only the mailbox gets, and changed in the same way."""

from datetime import datetime

from gateway.core import letters
from gateway.core.account_link import AccountLink, LinkKind, no_such_link
from gateway.core.model import AuditEntry
from gateway.core.people import Session, User, plain_address
from gateway.core.ports import NewUnitOfWork, UnitOfWork
from gateway.core.post import Post, Purpose
from gateway.core.secret import SecretKind, digest, new_secret
from gateway.core.sessions import check_fresh
from service_kit.clock import Clock
from service_kit.errors import Conflict


class ConfirmAddress:
    """A fleet that sends no mail confirms none: `is_possible` is False, and nothing is sent."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, post: Post, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._post = post
        self._clock = clock

    @property
    def is_possible(self) -> bool:
        """Whether this fleet sends mail."""
        return self._post.is_open

    async def ask(self, user: User) -> None:
        """Send a link to the account's address, unless that is confirmed. Raises Limited."""
        if user.email_verified_at:
            return
        async with self._unit_of_work() as work:
            await self.send(work, user, user.email)
            await work.commit()

    async def change(self, session: Session, address: str) -> None:
        """Send a link to another address; the account has it once that is opened. Raises Forbidden, Limited.

        Somebody else's address is answered in the same way, and its person is told.
        """
        check_fresh(session, self._clock())
        wanted = plain_address(address)
        async with self._unit_of_work() as work:
            if wanted == session.user.email or await work.users.by_email(wanted) is None:
                await self.send(work, session.user, wanted)
            else:
                await self._post.count(work, wanted, Purpose.CONFIRM)
                await self._post.put(work, letters.address_taken(wanted))
            await work.commit()

    async def send(self, work: UnitOfWork, user: User, address: str) -> None:
        """Write the mail into the caller's transaction. Raises Limited."""
        await self._post.count(work, address, Purpose.CONFIRM)
        token, until = new_secret(SecretKind.CONFIRMATION), self._clock() + LinkKind.CONFIRM.lifetime
        await work.accounts.add_link(digest(token), AccountLink(LinkKind.CONFIRM, user.id, address, until))
        await self._post.put(work, letters.confirmation(address, self._post.link(letters.CONFIRM_PATH, token)), until)

    async def find(self, token: str, user: User) -> str:
        """The address that the link confirms. Raises NotFound, for another person's link too."""
        async with self._unit_of_work() as work:
            found = await work.accounts.find_link(digest(token), LinkKind.CONFIRM, self._clock())
        if found is None or found.user != user.id:
            raise no_such_link()
        return found.email

    async def confirm(self, token: str, user: User) -> None:
        """The account has this address, and it is confirmed. Raises NotFound, and Conflict when it is taken by now.

        Only to the person that is signed in: whoever owns a mailbox must not confirm it for another's account.
        """
        await self.find(token, user)
        now = self._clock()
        async with self._unit_of_work() as work:
            link = await work.accounts.take_link(digest(token), LinkKind.CONFIRM, now)
            if link is None:
                raise no_such_link()
            before = await work.users.get(user.id)
            if before is None or not await work.accounts.verify(user.id, link.email, now):
                raise Conflict("there is an account with this address", code="account-exists")
            await self._record(work, before, link, now)
            await work.commit()

    async def _record(self, work: UnitOfWork, before: User, link: AccountLink, now: datetime) -> None:
        action = "user.address_confirmed"
        if before.email != link.email:
            action = "user.address_changed"
            await work.accounts.forget_links(before.id)  # those that were sent to the old address above all
            await self._post.put(work, letters.address_changed(before.email))
        await work.audit.record(AuditEntry(now, action, f"user:{before.id}"))

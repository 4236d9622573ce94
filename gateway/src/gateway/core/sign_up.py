"""A person makes an account without being invited, or joins with one: as a learner of the one organization for that."""

import hmac
from dataclasses import dataclass
from datetime import timedelta

from gateway.core import letters
from gateway.core.account_link import AccountLink, LinkKind, no_such_link
from gateway.core.authentication import PASSWORD
from gateway.core.learners import Learners
from gateway.core.model import AuditEntry, Organization
from gateway.core.people import User, UserId, plain_address
from gateway.core.ports import NewUnitOfWork, Passwords, UnitOfWork
from gateway.core.post import Post, Purpose
from gateway.core.secret import SecretKind, digest, new_secret
from gateway.core.sign_in import SignedIn, open_session
from service_kit.clock import Clock
from service_kit.errors import Conflict, Limited
from service_kit.ids import NewId

WINDOW = timedelta(hours=1)
FROM_ONE_ADDRESS = 100  # within the window; a campus may be one


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """Whose mailbox it was sent to, and where it makes a learner. `user` is whose account that address has."""

    email: str
    organization: Organization
    user: UserId | None


class SignUp:
    """`pepper` keeps the counter from telling who asked."""

    def __init__(
        self,
        *,
        unit_of_work: NewUnitOfWork,
        passwords: Passwords,
        post: Post,
        clock: Clock,
        ids: NewId,
        pepper: bytes,
        learners: Learners,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._passwords = passwords
        self._post = post
        self._clock = clock
        self._ids = ids
        self._pepper = pepper
        self._learners = learners

    @property
    def is_possible(self) -> bool:
        """Whether this fleet takes people in. Without mail nobody could show that an address is theirs."""
        return self._post.is_open and self._learners.are_taken_in

    async def ask(self, email: str, address: str, request: str = "") -> None:
        """Send a link, or word of the account that there is; the caller cannot tell which.

        `request` is the handle of a request that waits in the browser, to go on with. Raises Limited by where it comes
        from.
        """
        await self._count(address)
        wanted = plain_address(email)
        async with self._unit_of_work() as work:
            try:
                await self._post.count(work, wanted, Purpose.SIGN_UP)
            except Limited:
                return  # said aloud it would tell that there were mails
            await self._write(work, wanted, request)
            await work.commit()

    async def find(self, token: str) -> OpenedLink:
        """Raises NotFound."""
        async with self._unit_of_work() as work:
            found = await work.accounts.find_link(digest(token), LinkKind.SIGN_UP, self._clock())
            if found is None:
                raise no_such_link()
            return OpenedLink(found.email, await self._learners.taker(work), found.user or None)

    async def join(self, token: str, name: str, password: str, before: str | None) -> SignedIn:
        """A session of the new account. Raises NotFound, and Conflict when there is one with its address meanwhile.

        `before`: see open_session.
        """
        await self.find(token)
        hashed = await self._passwords.hash(password)
        now = self._clock()
        async with self._unit_of_work() as work:
            link = await self._take(work, token, UserId(""))
            user = User(UserId(self._ids()), link.email, name, hashed, now)
            if not await work.users.add(user):
                raise Conflict("there is an account with this address; sign in", code="account-exists")
            await work.accounts.verify(user.id, link.email, now)
            await work.audit.record(AuditEntry(now, "user.signed_up", f"user:{user.id}"))
            await self._learners.enrol(work, user, now)
            signed_in = await open_session(work, user, now, PASSWORD, before)
            await work.commit()
        return signed_in

    async def join_with(self, token: str, user: User) -> None:
        """The account becomes a learner, and its address is confirmed. Raises NotFound, for another's link too."""
        now = self._clock()
        async with self._unit_of_work() as work:
            await self._take(work, token, user.id)
            await work.accounts.verify(user.id, user.email, now)
            await self._learners.enrol(work, user, now)
            await work.commit()

    async def _take(self, work: UnitOfWork, token: str, user: UserId) -> AccountLink:
        """The link of this account, or of nobody's yet."""
        link = await work.accounts.take_link(digest(token), LinkKind.SIGN_UP, self._clock())
        if link is None or link.user != user:
            raise no_such_link()
        return link

    async def _count(self, address: str) -> None:
        key = hmac.digest(self._pepper, f"sign up {address}".encode(), "sha256")
        async with self._unit_of_work() as work:
            (asked,) = await work.attempts.count([key], self._clock(), WINDOW)
            await work.commit()
        if asked > FROM_ONE_ADDRESS:
            raise Limited("too many attempts; wait an hour and try again")

    async def _write(self, work: UnitOfWork, email: str, request: str) -> None:
        """The same is read and written whoever has the address, if only a link that opens nothing: it takes as long."""
        taker, user = await self._learners.taker(work), await work.users.by_email(email)
        of = user.id if user else UserId("")
        is_member = any(one.organization == taker.id for one in await work.memberships.of(of))
        token, until = new_secret(SecretKind.SIGN_UP), self._clock() + LinkKind.SIGN_UP.lifetime
        link = AccountLink(LinkKind.SIGN_UP, UserId("") if is_member else of, "" if is_member else email, until)
        await work.accounts.add_link(digest(token), link)
        opens = (email, taker.name, self._post.link(letters.SIGN_UP_LINK_PATH, token, request))
        mail = letters.membership(*opens) if user else letters.sign_up(*opens)
        # Until the same moment, all: else a mail server that is away would tell them apart.
        await self._post.put(work, letters.account_exists(email) if is_member else mail, until)

"""A person makes an account without being invited: as a learner of the one organization that takes learners in."""

import hmac
from datetime import timedelta

from gateway.core import letters
from gateway.core.account_link import AccountLink, LinkKind, no_such_link
from gateway.core.model import AuditEntry, Organization
from gateway.core.people import Membership, User, UserId, plain_address
from gateway.core.ports import NewUnitOfWork, Passwords, UnitOfWork
from gateway.core.post import Post
from gateway.core.roles import Role
from gateway.core.secret import SecretKind, digest, new_secret
from gateway.core.sign_in import SignedIn, open_session
from service_kit.clock import Clock
from service_kit.errors import Conflict, Limited, NotFound
from service_kit.ids import NewId

WINDOW = timedelta(hours=1)
FROM_ONE_ADDRESS = 100  # within the window; a campus may be one


class SignUp:
    """`organization` is its slug. `pepper` keeps the counter from telling who asked."""

    def __init__(
        self,
        *,
        unit_of_work: NewUnitOfWork,
        passwords: Passwords,
        post: Post,
        clock: Clock,
        ids: NewId,
        pepper: bytes,
        organization: str | None,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._passwords = passwords
        self._post = post
        self._clock = clock
        self._ids = ids
        self._pepper = pepper
        self._organization = organization

    @property
    def is_possible(self) -> bool:
        """Whether this fleet takes people in. Without mail nobody could show that an address is theirs."""
        return self._post.is_open and self._organization is not None

    async def ask(self, email: str, address: str) -> None:
        """Send a link, or word of the account that there is; the caller cannot tell which.

        Raises Limited by where it comes from.
        """
        await self._count(address)
        wanted = plain_address(email)
        async with self._unit_of_work() as work:
            try:
                await self._post.count(work, wanted)
            except Limited:
                return  # said aloud it would tell that there were mails
            await self._write(work, wanted)
            await work.commit()

    async def find(self, token: str) -> tuple[str, Organization]:
        """Whose account is made, and where. Raises NotFound."""
        async with self._unit_of_work() as work:
            found = await work.accounts.find_link(digest(token), LinkKind.SIGN_UP, self._clock())
            if found is None:
                raise no_such_link()
            return found.email, await self._taker(work)

    async def join(self, token: str, name: str, password: str) -> SignedIn:
        """A session of the new account. Raises NotFound, and Conflict when there is one with its address meanwhile."""
        await self.find(token)
        hashed = await self._passwords.hash(password)
        now = self._clock()
        async with self._unit_of_work() as work:
            link = await work.accounts.take_link(digest(token), LinkKind.SIGN_UP, now)
            if link is None:
                raise no_such_link()
            taker = await self._taker(work)
            user = User(UserId(self._ids()), link.email, name, hashed, now)
            if not await work.users.add(user):
                raise Conflict("there is an account with this address; sign in", code="account-exists")
            await work.accounts.verify(user.id, link.email, now)
            membership = Membership(user.id, taker.id, taker.name, taker.kind, (Role.LEARNER,))
            await work.memberships.set(membership, now)
            await work.audit.record(AuditEntry(now, "user.signed_up", f"user:{user.id}", taker.id))
            signed_in = await open_session(work, user, now)
            await work.commit()
        return signed_in

    async def _taker(self, work: UnitOfWork) -> Organization:
        found = await work.organizations.by_slug(self._organization or "")
        if found is None:
            raise NotFound("this Laurel takes nobody in on their own; ask to be invited")
        return found

    async def _count(self, address: str) -> None:
        key = hmac.digest(self._pepper, f"sign up {address}".encode(), "sha256")
        async with self._unit_of_work() as work:
            (asked,) = await work.attempts.count([key], self._clock(), WINDOW)
            await work.commit()
        if asked > FROM_ONE_ADDRESS:
            raise Limited("too many attempts; wait an hour and try again")

    async def _write(self, work: UnitOfWork, email: str) -> None:
        """Where there is an account the same is written, and its link opens nothing: it takes as long."""
        taker, user = await self._taker(work), await work.users.by_email(email)
        token, until = new_secret(SecretKind.SIGN_UP), self._clock() + LinkKind.SIGN_UP.lifetime
        link = AccountLink(LinkKind.SIGN_UP, UserId(""), "" if user else email, until)
        await work.accounts.add_link(digest(token), link)
        invited = letters.sign_up(email, taker.name, self._post.link(letters.SIGN_UP_LINK_PATH, token))
        # Until the same moment, both: else a mail server that is away would tell them apart.
        await self._post.put(work, letters.account_exists(email) if user else invited, until)

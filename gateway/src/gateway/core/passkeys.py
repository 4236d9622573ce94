"""A person's passkeys: shown, added, named and taken away by somebody who has just signed in."""

from collections.abc import Sequence
from datetime import timedelta

from gateway.core.letters import passkey_added
from gateway.core.model import AuditEntry
from gateway.core.passkey import Ceremonies, Challenge, NewCredential, Passkey, PasskeyId, PasskeyRefused
from gateway.core.people import Session, User
from gateway.core.ports import NewUnitOfWork, UnitOfWork
from gateway.core.post import Post
from gateway.core.secret import digest_of
from gateway.core.sessions import check_fresh
from service_kit.clock import Clock
from service_kit.errors import Conflict, Invalid, NotFound
from service_kit.ids import NewId, random_bytes

CHALLENGE_BYTES = 32
CHALLENGE_LIFETIME = timedelta(minutes=10)
MAX_PASSKEYS = 20


class Passkeys:
    """Every change raises Forbidden unless the person signed in within the last quarter of an hour.

    A new one is told to the person's confirmed address.
    """

    def __init__(
        self, *, unit_of_work: NewUnitOfWork, ceremonies: Ceremonies, post: Post, clock: Clock, ids: NewId
    ) -> None:
        self._unit_of_work = unit_of_work
        self._post = post
        self._ceremonies = ceremonies
        self._clock = clock
        self._ids = ids

    async def begin(self, user: User, browser: bytes) -> tuple[Sequence[Passkey], str]:
        """The person's passkeys, oldest first, and the options for one more."""
        challenge = random_bytes(CHALLENGE_BYTES)
        async with self._unit_of_work() as work:
            held = await work.passkeys.of(user.id)
            until = self._clock() + CHALLENGE_LIFETIME
            await work.passkeys.keep_challenge(digest_of(challenge), Challenge(browser, user.id, until))
            await work.commit()
        return held, self._ceremonies.creation_options(user, challenge, held)

    async def add(self, session: Session, browser: bytes, answer: str, name: str) -> None:
        """Raises Invalid for an answer that proves nothing, and Conflict for a passkey too many or known already."""
        check_fresh(session, self._clock())
        try:
            claim = self._ceremonies.read(answer)
            await self._take(claim.challenge, browser, session.user)
            made = self._ceremonies.created(claim)
        except PasskeyRefused as error:
            raise Invalid("your browser's answer could not be used; reload the page and try again") from error
        async with self._unit_of_work() as work:
            await self._keep(work, session.user, made, name)
            await work.commit()

    async def rename(self, session: Session, passkey: str, name: str) -> None:
        """Raises NotFound, also for another person's."""
        check_fresh(session, self._clock())
        async with self._unit_of_work() as work:
            if not await work.passkeys.rename(PasskeyId(passkey), session.user.id, name):
                raise _no_such_passkey()
            await self._record(work, session.user, "passkey.renamed", passkey)
            await work.commit()

    async def remove(self, session: Session, passkey: str) -> None:
        """Raises NotFound, also for another person's."""
        check_fresh(session, self._clock())
        async with self._unit_of_work() as work:
            if not await work.passkeys.remove(PasskeyId(passkey), session.user.id):
                raise _no_such_passkey()
            await self._record(work, session.user, "passkey.removed", passkey)
            await work.commit()

    async def _take(self, challenge: bytes, browser: bytes, user: User) -> None:
        """Use the challenge up, whatever follows. Raises PasskeyRefused for one that is not this browser's."""
        async with self._unit_of_work() as work:
            taken = await work.passkeys.take_challenge(digest_of(challenge), self._clock())
            await work.commit()
        if taken is None or (taken.browser, taken.user) != (browser, user.id):
            raise PasskeyRefused("challenge")

    async def _keep(self, work: UnitOfWork, user: User, made: NewCredential, name: str) -> None:
        if len(await work.passkeys.of(user.id)) >= MAX_PASSKEYS:
            raise Conflict(f"you have {MAX_PASSKEYS} passkeys; remove one first")
        new = Passkey(
            PasskeyId(self._ids()), made.credential, user.id, name, made.public_key, made.sign_count, self._clock()
        )
        if not await work.passkeys.add(new):
            raise Conflict("this passkey is known already")
        await self._record(work, user, "passkey.added", new.id)
        if user.email_verified_at:
            await self._post.put(work, passkey_added(user.email))

    async def _record(self, work: UnitOfWork, user: User, action: str, passkey: str) -> None:
        await work.audit.record(AuditEntry(self._clock(), action, f"user:{user.id}", detail={"passkey": passkey}))


def _no_such_passkey() -> NotFound:
    return NotFound("there is no such passkey")

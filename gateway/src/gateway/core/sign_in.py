"""A person shows a password and gets a session; guessing is counted before it is answered."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core.authentication import PASSWORD
from gateway.core.model import AuditEntry
from gateway.core.people import Session, User, plain_address
from gateway.core.ports import NewUnitOfWork, Passwords, UnitOfWork
from gateway.core.secret import SecretKind, digest, new_secret
from gateway.core.sessions import close_session, sign_out
from service_kit.clock import Clock
from service_kit.errors import Limited, Unauthorized

WINDOW = timedelta(minutes=15)
# How often a password may be tried within the window: for one account from one address, for one account, from one
# address. The second stops a crowd of guessers, and the third one guesser of many accounts.
LIMITS = (5, 50, 200)
SESSION_LIFETIME = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The session's secret, for the browser's cookie. It is shown this once."""

    token: str
    session: Session


class SignIn:
    """`pepper` keeps the counters from telling who tried to sign in."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, passwords: Passwords, clock: Clock, pepper: bytes) -> None:
        self._unit_of_work = unit_of_work
        self._passwords = passwords
        self._clock = clock
        self._pepper = pepper

    async def __call__(self, email: str, password: str, address: str, before: str | None) -> SignedIn:
        """Raises Limited, and Unauthorized for a wrong password as for an unknown person. `before`: open_session."""
        counters = self._counters(plain_address(email), address)
        user = await self._attempt(plain_address(email), counters)
        if not await self._passwords.verify(password, user.password if user else None) or user is None:
            await self._refuse(user)
            raise Unauthorized("this e-mail address and password do not belong together")
        return await self._open(user, counters, before)

    async def _attempt(self, email: str, counters: tuple[bytes, ...]) -> User | None:
        """Count first, in a transaction of its own: fifty guesses at the same moment are fifty."""
        now = self._clock()
        async with self._unit_of_work() as work:
            counts = await work.attempts.count(counters, now, WINDOW)
            user = await work.users.by_email(email)
            await work.commit()
        if any(count > limit for count, limit in zip(counts, LIMITS, strict=True)):
            raise Limited("too many attempts to sign in; wait 15 minutes and try again")
        return user

    async def _refuse(self, user: User | None) -> None:
        if user is None:  # strangers must not be able to fill the audit trail
            return
        async with self._unit_of_work() as work:
            await work.audit.record(AuditEntry(self._clock(), "user.sign_in_denied", f"user:{user.id}"))
            await work.commit()

    async def _open(self, user: User, counters: tuple[bytes, ...], before: str | None) -> SignedIn:
        async with self._unit_of_work() as work:
            await work.attempts.forgive(counters)
            signed_in = await open_session(work, user, self._clock(), PASSWORD, before)
            await work.commit()
        return signed_in

    def _counters(self, email: str, address: str) -> tuple[bytes, ...]:
        texts = (f"pair {email} {address}", f"account {email}", f"address {address}")
        return tuple(hmac.digest(self._pepper, text.encode(), "sha256") for text in texts)


async def open_session(
    work: UnitOfWork, user: User, now: datetime, methods: tuple[str, ...], before: str | None, **detail: object
) -> SignedIn:
    """A session of this person, in the caller's transaction. `detail` goes to the audit trail.

    `before` is what the browser held until now: it ends. The same person goes on under what programs know the session
    by, another was signed out.
    """
    token = new_secret(SecretKind.SESSION)
    ended = await close_session(work, before, now)
    if before and ended is None:  # somebody pressed twice, or in two tabs: the other one was quicker
        ended = await work.sessions.close_next(digest(before), user.id, now)
    goes_on = ended is not None and ended.user.id == user.id
    if ended and not goes_on:
        await sign_out(work, ended, now)
    session = Session(user, now, now + SESSION_LIFETIME, methods, ended.id if ended and goes_on else "")
    await work.sessions.open(digest(token), session, digest(before) if before else None)
    await work.audit.record(AuditEntry(now, "user.signed_in", f"user:{user.id}", detail=detail))
    return SignedIn(token, session)

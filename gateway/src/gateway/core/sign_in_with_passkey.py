"""A person signs in with a passkey, whichever the authenticator offers: no name or password is asked."""

import hmac

from gateway.core.authentication import PASSKEY
from gateway.core.model import AuditEntry
from gateway.core.passkey import Ceremonies, Challenge, Claim, Passkey, PasskeyRefused
from gateway.core.passkeys import CHALLENGE_BYTES, CHALLENGE_LIFETIME
from gateway.core.people import User
from gateway.core.ports import NewUnitOfWork, UnitOfWork
from gateway.core.secret import digest_of
from gateway.core.sign_in import LIMITS, WINDOW, SignedIn, open_session
from service_kit.clock import Clock
from service_kit.errors import Limited, Unauthorized
from service_kit.ids import random_bytes


class SignInWithPasskey:
    """`pepper` keeps the counter of attempts from telling where they came from."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, ceremonies: Ceremonies, clock: Clock, pepper: bytes) -> None:
        self._unit_of_work = unit_of_work
        self._ceremonies = ceremonies
        self._clock = clock
        self._pepper = pepper

    async def begin(self, browser: bytes) -> str:
        """The options for this browser, with a challenge that counts once and for a while."""
        challenge = random_bytes(CHALLENGE_BYTES)
        async with self._unit_of_work() as work:
            kept = Challenge(browser, None, self._clock() + CHALLENGE_LIFETIME)
            await work.passkeys.keep_challenge(digest_of(challenge), kept)
            await work.commit()
        return self._ceremonies.request_options(challenge)

    async def __call__(self, answer: str, browser: bytes, address: str, before: str | None) -> SignedIn:
        """Raises Limited, and Unauthorized for whatever is wrong. The challenge is used up in any case.

        `before`: see open_session.
        """
        claim = await self._take(answer, browser, address)
        async with self._unit_of_work() as work:
            passkey = await work.passkeys.lock(claim.credential)
            try:
                user, count = await self._verified(work, claim, passkey)
            except PasskeyRefused as error:
                await self._deny(work, passkey, error.reason)
                raise _refused() from error
            assert passkey is not None  # noqa: S101 - it was verified
            await work.passkeys.use(passkey.id, count, self._clock())
            await work.attempts.forgive([self._counter(address)])
            signed_in = await open_session(work, user, self._clock(), PASSKEY, before, passkey=passkey.id)
            await work.commit()
        return signed_in

    async def _take(self, answer: str, browser: bytes, address: str) -> Claim:
        """Count the attempt and use the challenge up, in a transaction of its own: they count whatever follows."""
        async with self._unit_of_work() as work:
            (tried,) = await work.attempts.count([self._counter(address)], self._clock(), WINDOW)
            claim, ours = await self._read(work, answer, browser)
            await work.commit()
        if tried > LIMITS[-1]:
            raise Limited("too many attempts to sign in; wait 15 minutes and try again")
        if claim is None or not ours:
            raise _refused() from PasskeyRefused("challenge" if claim else "unreadable")
        return claim

    def _counter(self, address: str) -> bytes:
        return hmac.digest(self._pepper, f"passkey address {address}".encode(), "sha256")

    async def _read(self, work: UnitOfWork, answer: str, browser: bytes) -> tuple[Claim | None, bool]:
        try:
            claim = self._ceremonies.read(answer)
        except PasskeyRefused:
            return None, False
        taken = await work.passkeys.take_challenge(digest_of(claim.challenge), self._clock())
        return claim, taken is not None and taken.browser == browser and taken.user is None

    async def _verified(self, work: UnitOfWork, claim: Claim, passkey: Passkey | None) -> tuple[User, int]:
        """Whose passkey it is, and its new count. Raises PasskeyRefused."""
        user = await work.users.get(passkey.user) if passkey else None
        if passkey is None or user is None:
            raise PasskeyRefused("unknown passkey")
        if claim.user != user.id:
            raise PasskeyRefused("another person's passkey")
        count = self._ceremonies.asserted(claim, passkey.public_key)
        # A counter that does not go up means that there is a copy of the key (WebAuthn Level 3 §6.1.1).
        if (count or passkey.sign_count) and count <= passkey.sign_count:
            raise PasskeyRefused("counter")
        return user, count

    async def _deny(self, work: UnitOfWork, passkey: Passkey | None, reason: str) -> None:
        if passkey is None:  # strangers must not be able to fill the audit trail
            return
        detail = {"passkey": passkey.id, "reason": reason}
        entry = AuditEntry(self._clock(), "user.sign_in_denied", f"user:{passkey.user}", detail=detail)
        await work.audit.record(entry)
        await work.commit()


def _refused() -> Unauthorized:
    return Unauthorized("this passkey could not be used; try again, or use your password")

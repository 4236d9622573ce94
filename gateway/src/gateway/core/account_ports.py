"""What the rules about a person's account need from outside, beside gateway.core.ports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

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

"""Challenges that presentations are made for: each is answered once, in its time, to the organization that asked."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from credential_core.multibase import encode_base64url
from service_kit.clock import Clock
from verifier.core.ports import NewUnitOfWork, UnitOfWork

LIFE = timedelta(minutes=15)
KEPT = timedelta(days=1)
RANDOM_BYTES = 32
OURS = "laurel:"
"""What our challenges begin with: one that does and that we do not know was never given, or is long over."""


class Challenges:
    """Gives out challenges and spends them. What is not ours is the caller's own to look after."""

    def __init__(self, unit_of_work: NewUnitOfWork, clock: Clock, random_bytes: Callable[[int], bytes]) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._random_bytes = random_bytes

    async def create(self, org_id: str) -> str:
        """A new challenge, good for a quarter of an hour. Kept as a digest only."""
        challenge = OURS + encode_base64url(self._random_bytes(RANDOM_BYTES))
        now = self._clock()
        async with self._unit_of_work() as work:
            await work.challenges.forget(before=now - KEPT)
            await work.challenges.add(org_id, _digest(challenge), expires=now + LIFE)
            await work.commit()
        return challenge

    async def is_open(self, org_id: str, challenge: str) -> bool:
        """Whether a challenge may be answered now."""
        if not challenge.startswith(OURS):
            return True
        async with self._unit_of_work() as work:
            return await work.challenges.is_open(org_id, _digest(challenge), at=self._clock())

    async def spend(self, work: UnitOfWork, org_id: str, challenge: str) -> bool:
        """Whether it is answered with what else `work` commits; it may not be again."""
        if not challenge.startswith(OURS):
            return True
        return await work.challenges.spend(org_id, _digest(challenge), at=self._clock())


def _digest(challenge: str) -> bytes:
    return hashlib.sha256(challenge.encode()).digest()

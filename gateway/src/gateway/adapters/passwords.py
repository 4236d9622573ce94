"""Argon2id (RFC 9106). Each hash takes memory and most of a core for a while, so few run at a time, off the loop."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.core.ports import Passwords
from service_kit.offload import offload

AT_ONCE = 2


class Argon2Passwords(Passwords):
    """See core.ports.Passwords."""

    def __init__(self, *, memory_kib: int, passes: int) -> None:
        self._hasher = _hasher(memory_kib, passes)
        self._nobody = _nobodys(memory_kib, passes)
        self._free = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._free:
            return await offload(self._hasher.hash, password)

    async def verify(self, password: str, hashed: str | None) -> bool:
        async with self._free:
            matches = await offload(self._matches, password, hashed or self._nobody)
        return matches and hashed is not None

    def _matches(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def _hasher(memory_kib: int, passes: int) -> PasswordHasher:
    return PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)


@cache
def _nobodys(memory_kib: int, passes: int) -> str:
    """What is compared with where there is no hash, so that it takes as long."""
    return _hasher(memory_kib, passes).hash("nobody has this password")

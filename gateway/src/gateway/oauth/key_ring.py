"""The signing keys as one process holds them: read from the database, opened once, looked at again regularly."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from joserfc.jwk import Key

from gateway.core.signing_key import KeyState, SigningKey
from gateway.oauth.access_token import ActiveKey, Keys
from service_kit.errors import Unavailable
from service_kit.logs import get_logger

log = get_logger(__name__)

REFRESH_EVERY_S = 30.0
RETRY_AFTER_S = 5.0

Load = Callable[[], Awaitable[Sequence[SigningKey]]]
Open = Callable[[SigningKey], Key]


class KeyRing:
    """What is known stays in use while the database is away; a rotation elsewhere is noticed within 30 seconds."""

    def __init__(self, load: Load, open_key: Open, clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._open = open_key
        self._clock = clock
        self._keys: Keys | None = None
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    async def current(self) -> Keys:
        """The keys of this moment. Raises Unavailable when they were never read."""
        if self._clock() - self._read_at > REFRESH_EVERY_S and not (self._keys and self._lock.locked()):
            async with self._lock:
                await self._refresh()
        if self._keys is None:
            raise Unavailable("the signing keys cannot be read")
        return self._keys

    async def jwk_set(self) -> dict[str, Any]:
        """All public keys, as published (RFC 7517 §5)."""
        return {"keys": [dict(key) for key in (await self.current()).public.values()]}

    async def check(self) -> None:
        """Readiness: raises while there are no keys."""
        await self.current()

    async def _refresh(self) -> None:
        if self._clock() - self._read_at <= REFRESH_EVERY_S:
            return
        try:
            present = await self._load()
        except Unavailable as error:
            log.warning("signing_keys_unreadable", error=error.detail)
            if self._keys is not None:  # known keys serve on: do not make every request wait for the database
                self._read_at = self._clock() - REFRESH_EVERY_S + RETRY_AFTER_S
            return
        active = {key.algorithm: self._opened(key) for key in present if key.state is KeyState.ACTIVE}
        self._keys = Keys(active, {key.id: key.public for key in present})
        self._read_at = self._clock()

    def _opened(self, key: SigningKey) -> ActiveKey:
        known = self._keys.active.get(key.algorithm) if self._keys else None
        return known if known and known.id == key.id else ActiveKey(key.id, self._open(key))

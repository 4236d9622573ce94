"""The authorization server's public keys, by which access tokens are checked."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from service_kit.errors import Unauthorized, Unavailable
from service_kit.logs import get_logger

log = get_logger(__name__)

ALGORITHMS = {"EC": frozenset({"ES256"}), "OKP": frozenset({"EdDSA", "Ed25519"})}
KEYS_TTL_S = 300.0
REFRESH_AT_MOST_EVERY_S = 5.0

FetchKeys = Callable[[], Awaitable[dict[str, Any]]]


def fetch_keys_from(url: str) -> FetchKeys:
    """Read a JWK Set from the authorization server. Five seconds at most."""

    async def fetch() -> dict[str, Any]:
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            response.raise_for_status()
            keys: dict[str, Any] = json.loads(await response.read())
            return keys

    return fetch


class TokenKeys:
    """The authorization server's keys: cached, refreshed when old or when a token names an unknown one.

    Keys that were read once are used for as long as no newer ones can be had: a server that is away locks nobody out.
    """

    def __init__(self, fetch: FetchKeys, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._attempts = 0
        self._lock = asyncio.Lock()

    async def get(self, key_id: str) -> Key:
        """The key with this id. Raises Unauthorized when there is none, Unavailable when no keys were ever read."""
        is_old = self._clock() - self._fetched_at > KEYS_TTL_S
        if key_id not in self._keys or (is_old and not self._lock.locked()):
            await self._refresh()
        if not self._keys:
            raise Unavailable("the authorization server's keys cannot be read")
        if key_id not in self._keys:
            raise Unauthorized("the token's key is unknown", error="invalid_token")
        return self._keys[key_id]

    async def _refresh(self) -> None:
        """Read the keys, unless somebody did so while we waited for our turn, or only just now."""
        seen = self._attempts
        async with self._lock:
            if self._attempts != seen or (self._keys and self._clock() - self._tried_at < REFRESH_AT_MOST_EVERY_S):
                return
            try:
                self._keys = _usable(await self._fetch())
                self._fetched_at = self._clock()
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                log.warning("token_keys_unreadable", error=repr(error))
            finally:
                self._attempts += 1
                self._tried_at = self._clock()


def _usable(key_set: Any) -> dict[str, Key]:
    """The keys we can use, by their id. Raises ValueError when there is none."""
    found = key_set.get("keys") if isinstance(key_set, dict) else None
    keys = {}
    for jwk in found if isinstance(found, list) else []:
        try:
            if jwk["kty"] in ALGORITHMS and isinstance(jwk["kid"], str):
                keys[jwk["kid"]] = import_key(jwk)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            log.warning("token_key_unreadable", error=type(error).__name__)
    if not keys:
        raise ValueError("the key set holds no key we can use")
    return keys

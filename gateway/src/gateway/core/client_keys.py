"""Keys of clients that publish them at an address of their own (`jwks_uri`): read again when a new one is named."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from gateway.core.ports import NewUnitOfWork
from service_kit.askers import STRANGERS, asked_by
from service_kit.clock import Clock
from service_kit.errors import ServiceError

AT_MOST_EVERY = timedelta(minutes=1)


class ReadKeys(Protocol):
    """Reads and checks a key set. Raises Invalid."""

    async def __call__(self, address: str, /) -> tuple[Mapping[str, Any], ...]: ...


class RefreshClientKeys:
    """At most once a minute for a client, whoever asks: anyone can name a key that does not exist."""

    def __init__(self, *, unit_of_work: NewUnitOfWork, read: ReadKeys, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._read = read
        self._clock = clock

    async def __call__(self, client: str) -> bool:
        """Whether the client's keys were read and differ. Its address may not answer: then they stay."""
        async with self._unit_of_work() as work:
            found = await work.clients.claim_key_refresh(client, self._clock(), AT_MOST_EVERY)
            await work.commit()
        if found is None or found.jwks_uri is None:
            return False
        try:
            with asked_by(found.organization or STRANGERS):
                keys = await self._read(found.jwks_uri)
        except ServiceError:
            return False
        if keys == tuple(found.public_keys):
            return False
        async with self._unit_of_work() as work:
            await work.clients.update(found.id, {"public_keys": keys})
            await work.commit()
        return True

"""The event bus port, and Kafka behind it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from service_kit.settings import KafkaSettings


class BusUnavailable(Exception):
    """The bus did not take the records; they may or may not be on it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it stands on a topic. `partition` and `offset` are set on records that were read."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    partition: int = -1
    offset: int = -1


class Publisher(Protocol):
    """Puts records on the bus."""

    async def publish(self, records: Sequence[Record]) -> None:
        """Durable when it returns, in order for each key. Raises BusUnavailable; then any part may have arrived."""


class KafkaPublisher:
    """Publisher over aiokafka: acks=all, idempotent, one batch at a time.

    After a failure the producer is replaced: an idempotent producer that gave up on a batch cannot be trusted with
    the next one.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()  # a relay and a consumer's dead letters may share this

    async def publish(self, records: Sequence[Record]) -> None:
        """See Publisher."""
        try:
            async with asyncio.timeout(self._settings.request_timeout_s * 2):
                producer = await self._connected()
                sent = [
                    await producer.send(record.topic, record.value, key=record.key, headers=list(record.headers))
                    for record in records
                ]
                await asyncio.gather(*sent)
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise BusUnavailable(repr(error)) from error

    async def _connected(self) -> AIOKafkaProducer:
        async with self._connecting:
            return self._producer or await self._connect()

    async def _connect(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.bootstrap_servers,
            acks="all",
            enable_idempotence=self._settings.idempotent,
            linger_ms=2,
            max_request_size=4 * 1024 * 1024,
            request_timeout_ms=int(self._settings.request_timeout_s * 1000),
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer
        return producer

    async def close(self) -> None:
        """Let go of the connection. Never raises for a broker that is away."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            async with asyncio.timeout(5):
                await producer.stop()
        except (KafkaError, OSError, TimeoutError):
            return


@asynccontextmanager
async def open_publisher(settings: KafkaSettings) -> AsyncIterator[KafkaPublisher]:
    """A KafkaPublisher that is closed at the end. It connects when first used."""
    publisher = KafkaPublisher(settings)
    try:
        yield publisher
    finally:
        await publisher.close()

"""The Kafka side of consuming: in order per partition, paused where something is away, dead-lettered where hopeless."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from contracts.topics import Topic
from service_kit.bus import BusUnavailable, Publisher, Record
from service_kit.direct import is_drivers
from service_kit.inbox import Inbox, MalformedRecord
from service_kit.logs import get_logger
from service_kit.metrics import EVENTS_CONSUMED
from service_kit.settings import KafkaSettings

log = get_logger(__name__)

POLL_MS = 200
POLL_RECORDS = 500
CHUNK = 100
GATHER_S = 0.02  # from one poll that found something to the next: what comes one by one costs three times as much
ATTEMPTS = 5
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0
RECONNECT_S = 1.0
# SQLSTATE classes that say nothing about the record: connection, resources, operator, serialization, locks, read-only,
# the system's errors, as of a disk; and a password, a grant, a database or a migration that is not there yet.
OUTAGES = frozenset({"", "08", "25", "28", "3D", "40", "42", "53", "55", "57", "58"})


class Unavailable(Exception):
    """Something needed is away: try this record again later, and nothing behind it before."""


@dataclass
class Pause:
    """Why and until when a partition waits."""

    until: float = 0.0
    attempts: int = 0
    offset: int = -1
    failures: dict[int, int] = field(default_factory=dict)


class Consumer:
    """Feeds an Inbox from Kafka. One record that fails stops its partition only."""

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        group: str,
        topics: Sequence[Topic],
        inbox: Inbox[Any],
        publisher: Publisher,
    ) -> None:
        self._settings = settings
        self._group = group
        self._topics = topics
        self._inbox = inbox
        self._publisher = publisher
        self._pauses: dict[TopicPartition, Pause] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. A lost broker is waited for."""
        while not stop.is_set():
            try:
                await self._consume(stop)
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("consumer_bus_unavailable", error=repr(error))
                await asyncio.sleep(RECONNECT_S)

    async def _consume(self, stop: asyncio.Event) -> None:
        consumer = AIOKafkaConsumer(
            *[topic.name for topic in self._topics],
            bootstrap_servers=self._settings.bootstrap_servers,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=4 * 1024 * 1024,
            session_timeout_ms=15_000,
            heartbeat_interval_ms=3_000,
            metadata_max_age_ms=30_000,
            retry_backoff_ms=500,  # by default each partition asks for a broker that is away ten times a second
        )
        self._pauses.clear()
        try:
            await consumer.start()
            while not stop.is_set():
                self._resume_due(consumer)
                batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=POLL_RECORDS)
                if batches:
                    began = time.monotonic()
                    await self._process_all(consumer, batches)
                    await asyncio.sleep(max(0.0, began + GATHER_S - time.monotonic()))
        finally:
            await consumer.stop()

    async def _process_all(
        self,
        consumer: AIOKafkaConsumer,
        batches: Mapping[TopicPartition, list[ConsumerRecord[bytes, bytes]]],
    ) -> None:
        """Few records of several partitions in one transaction, if it succeeds; else each partition for itself.

        So it is, too, where one of them has had its troubles.
        """
        records = [record for of_one in batches.values() for record in of_one]
        are_few = len(batches) > 1 and len(records) <= CHUNK and self._pauses.keys().isdisjoint(batches)
        try:
            together = are_few and await self._process_together(records)
        except Unavailable:  # the partitions find it again, and wait for it
            together = False
        if not together:
            for partition, of_one in batches.items():
                await self._process(consumer, partition, of_one)
            return
        assigned = consumer.assignment()
        done = {partition: of_one[-1].offset + 1 for partition, of_one in batches.items() if partition in assigned}
        if done:
            await consumer.commit(done)

    async def _process(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, records: list[ConsumerRecord[bytes, bytes]]
    ) -> None:
        done = records[0].offset
        try:
            for chunk in _chunks(records):
                if not await self._process_together(chunk):
                    for raw in chunk:
                        await self._process_one(partition, _record(raw))
                        self._pauses.pop(partition, None)
                        done = raw.offset + 1
                self._pauses.pop(partition, None)
                done = chunk[-1].offset + 1
        except Unavailable as error:
            self._pause(consumer, partition, done, error)
        if done > records[0].offset and partition in consumer.assignment():
            await consumer.commit({partition: done})

    async def _process_together(self, chunk: Sequence[ConsumerRecord[bytes, bytes]]) -> bool:
        """Whether the chunk went through in one transaction. If not, going one by one finds the record at fault."""
        if len(chunk) == 1:
            return False
        try:
            await self._inbox.process_together([_record(raw) for raw in chunk])
        except Exception as error:  # of any kind: each record is judged on its own next
            if is_outage(error):
                raise Unavailable(repr(error)) from error
            log.info("chunk_failed", topic=chunk[0].topic, offset=chunk[0].offset, error=type(error).__name__)
            return False
        return True

    async def _process_one(self, partition: TopicPartition, record: Record) -> None:
        try:
            await self._inbox.process(record)
        except MalformedRecord as error:
            await self._dead_letter(record, str(error))
        except Exception as error:  # a handler's bug too: the record must not stop its partition for ever
            if is_outage(error):
                raise Unavailable(repr(error)) from error
            if _sqlstate(error).startswith("22"):  # data exception: no retry makes PostgreSQL hold this value
                await self._dead_letter(record, repr(error))
            else:
                await self._retry_or_dead_letter(partition, record, error)

    async def _retry_or_dead_letter(self, partition: TopicPartition, record: Record, error: Exception) -> None:
        pause = self._pauses.setdefault(partition, Pause())
        failures = pause.failures.get(record.offset, 0) + 1
        pause.failures = {record.offset: failures}
        log.error("handler_failed", topic=record.topic, offset=record.offset, attempt=failures, exc_info=error)
        if failures < ATTEMPTS:
            raise Unavailable(repr(error)) from error
        await self._dead_letter(record, repr(error))

    async def _dead_letter(self, record: Record, reason: str) -> None:
        headers = (
            *record.headers,
            ("dlq-reason", reason[:1000].encode()),
            ("dlq-group", self._group.encode()),
            ("dlq-partition", str(record.partition).encode()),
            ("dlq-offset", str(record.offset).encode()),
        )
        topic = next(topic for topic in self._topics if topic.name == record.topic)
        try:
            await self._publisher.publish([Record(topic.dead_letters, record.key, record.value, headers)])
        except BusUnavailable as error:
            raise Unavailable(f"dead letters cannot be written: {error}") from error
        EVENTS_CONSUMED.labels(record.topic, "dead_letter").inc()
        log.error("dead_letter", topic=record.topic, partition=record.partition, offset=record.offset, reason=reason)

    def _pause(self, consumer: AIOKafkaConsumer, partition: TopicPartition, offset: int, error: Unavailable) -> None:
        pause = self._pauses.setdefault(partition, Pause())
        pause.attempts += 1
        pause.until = time.monotonic() + min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (pause.attempts - 1))
        log.warning("partition_paused", topic=partition.topic, partition=partition.partition, error=str(error))
        if partition in consumer.assignment():
            consumer.seek(partition, offset)
            consumer.pause(partition)

    def _resume_due(self, consumer: AIOKafkaConsumer) -> None:
        now = time.monotonic()
        for partition in consumer.paused():
            pause = self._pauses.get(partition)
            if pause is None or pause.until <= now:
                consumer.resume(partition)


def is_outage(error: Exception) -> bool:
    """Whether the database is away, as opposed to refusing this one statement, or to a fault of a handler's."""
    if isinstance(error, DBAPIError) and not isinstance(error, InterfaceError) and not error.connection_invalidated:
        return _sqlstate(error)[:2] in OUTAGES
    is_networks = isinstance(error, OSError | TimeoutError) and is_drivers(error)
    return is_networks or isinstance(error, InterfaceError | DBAPIError | PoolTimeout)


def _sqlstate(error: Exception) -> str:
    return str(getattr(getattr(error, "orig", None), "sqlstate", "") or "")


def _chunks(
    records: Sequence[ConsumerRecord[bytes, bytes]],
) -> Iterator[Sequence[ConsumerRecord[bytes, bytes]]]:
    return (records[start : start + CHUNK] for start in range(0, len(records), CHUNK))


def _record(raw: ConsumerRecord[bytes, bytes]) -> Record:
    return Record(raw.topic, raw.key, raw.value, tuple(raw.headers), raw.partition, raw.offset)

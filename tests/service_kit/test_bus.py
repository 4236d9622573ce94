"""Publishing: one suite for Kafka and for the publisher that tests use in its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer

from contracts.events import IssuerPublished
from contracts.topics import Topic
from service_kit.bus import BusUnavailable, KafkaPublisher, Publisher, Record, open_publisher
from service_kit.database import Database, UnitOfWork
from service_kit.errors import Invalid
from service_kit.ids import new_id
from service_kit.outbox import MAX_VALUE, Outbox
from service_kit.replay import replay
from service_kit.settings import KafkaSettings
from service_kit.testing import MemoryPublisher
from tests.service_kit.support import payload, record
from tools.kafka import Kafka

pytestmark = pytest.mark.asyncio


@dataclass
class Bus:
    """A publisher, a topic, and what stands on it."""

    publisher: Publisher
    topic: str
    read: Callable[[], Awaitable[list[Record]]]


@pytest_asyncio.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    topic = f"kit-bus-{new_id()}"
    if request.param == "memory":
        memory = MemoryPublisher()

        async def kept() -> list[Record]:
            return memory.records

        yield Bus(memory, topic, kept)
        return
    kafka: Kafka = request.getfixturevalue("kafka_server")
    kafka.create_topics({topic: {}}, partitions=3)
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, idempotent=kafka.idempotent)

    async def standing() -> list[Record]:
        return [r async for r in replay(settings, [Topic(topic, "kit", "<slug>", False, (IssuerPublished,))])]

    async with open_publisher(settings) as publisher:
        yield Bus(publisher, topic, standing)


async def test_what_was_published_stands_there_as_it_was(bus: Bus) -> None:
    sent = [
        Record(bus.topic, b"k", b"\x00\xff", (("a", b"1"), ("a", b"2"), ("b", b""))),
        Record(bus.topic, b"", b"", ()),
    ]
    await bus.publisher.publish(sent)
    found = [(r.key, r.value, r.headers) for r in await bus.read()]
    assert sorted(found, key=str) == sorted([(r.key, r.value, r.headers) for r in sent], key=str)


async def test_records_of_one_key_keep_their_order(bus: Bus) -> None:
    for start in range(0, 60, 20):
        await bus.publisher.publish(
            [record(f"s{n % 3}", n, topic=bus.topic) for n in range(start + 1, start + 21)],
        )
    by_key: dict[bytes | None, list[int]] = {}
    for found in await bus.read():
        by_key.setdefault(found.key, []).append(IssuerPublished.parse(found.value or b"").revision)
    assert all(revisions == sorted(revisions) for revisions in by_key.values())
    assert sum(map(len, by_key.values())) == 60


async def test_nothing_to_publish_is_nothing(bus: Bus) -> None:
    await bus.publisher.publish([])
    assert await bus.read() == []


async def test_the_largest_event_that_the_outbox_takes_is_one_the_bus_takes(bus: Bus) -> None:
    await bus.publisher.publish([Record(bus.topic, b"k" * 500, b"x" * MAX_VALUE, record("s").headers)])
    assert [len(r.value or b"") for r in await bus.read()] == [MAX_VALUE]


@pytest.mark.db
async def test_an_event_too_large_for_the_bus_is_refused_while_its_author_can_be_told(database: Database) -> None:
    async with UnitOfWork(database) as work:
        with pytest.raises(Invalid):
            await Outbox(work.session, "/kit").append(payload("large", profile={"name": "x" * MAX_VALUE}))


async def test_a_broker_that_is_away_is_said_to_be() -> None:
    async with open_publisher(KafkaSettings(bootstrap_servers="127.0.0.1:1", request_timeout_s=0.3)) as publisher:
        for _ in range(2):
            with pytest.raises(BusUnavailable):
                await publisher.publish([record("one")])


async def test_a_broker_that_says_nothing_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    publisher = KafkaPublisher(KafkaSettings(bootstrap_servers=f"127.0.0.1:{port}", request_timeout_s=0.3))
    async with server:
        with pytest.raises(BusUnavailable):
            await publisher.publish([record("one")])
        await publisher.close()


@pytest.mark.kafka
async def test_after_a_failure_the_next_batch_gets_a_producer_of_its_own(kafka_server: Kafka) -> None:
    topic = f"kit-bus-{new_id()}"
    kafka_server.create_topics({topic: {}}, partitions=1)
    settings = KafkaSettings(bootstrap_servers=kafka_server.bootstrap_servers, idempotent=kafka_server.idempotent)
    async with open_publisher(settings) as publisher:
        with pytest.raises(BusUnavailable):
            await publisher.publish([Record(topic, b"k", b"x" * 5_000_000, ())])
        await publisher.publish([record("one", topic=topic)])


@pytest.mark.kafka
async def test_those_that_connect_at_once_share_a_producer(
    kafka_server: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay and dead letters: a second producer would be forgotten, and its tasks with it."""
    started = []
    original = AIOKafkaProducer.start

    async def start(self: AIOKafkaProducer) -> None:
        started.append(self)
        await original(self)

    monkeypatch.setattr(AIOKafkaProducer, "start", start)
    settings = KafkaSettings(bootstrap_servers=kafka_server.bootstrap_servers, idempotent=kafka_server.idempotent)
    async with open_publisher(settings) as publisher:
        await asyncio.gather(*(publisher.publish([]) for _ in range(3)))
    assert len(started) == 1

"""The consumer against Kafka: in order, at least once, each record's failure its own partition's affair."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import asyncpg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from contracts.events import IssuerPublished
from contracts.topics import Topic
from service_kit import consumer as module
from service_kit.bus import KafkaPublisher, Record, open_publisher
from service_kit.consumer import Consumer
from service_kit.database import Database, UnitOfWork
from service_kit.ids import new_id
from service_kit.inbox import Inbox, Outcome
from service_kit.replay import replay
from service_kit.settings import DatabaseSettings, KafkaSettings
from tests.service_kit.support import counting_inbox, record, seen, until
from tools.kafka import Kafka
from tools.postgres import Server

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.asyncio]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses are for outages that last; here they only cost time."""
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "LONGEST_PAUSE_S", 0.2)


@pytest.fixture
def topic(kafka_server: Kafka) -> Topic:
    """A topic of this test's own, with its dead letters."""
    topic = Topic(f"kit-{new_id()}", "kit", "<slug>", compacted=False, payloads=(IssuerPublished,))
    kafka_server.create_topics({topic.name: {}, topic.dead_letters: {}}, partitions=3)
    return topic


@pytest.fixture
def kafka(kafka_server: Kafka) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=kafka_server.bootstrap_servers, idempotent=kafka_server.idempotent)


@asynccontextmanager
async def publishing(kafka: KafkaSettings) -> AsyncIterator[KafkaPublisher]:
    async with open_publisher(kafka) as publisher:
        yield publisher


@asynccontextmanager
async def consuming(
    kafka: KafkaSettings, topic: Topic, inbox: Inbox[UnitOfWork], publisher: KafkaPublisher, group: str | None = None
) -> AsyncIterator[None]:
    consumer = Consumer(kafka, group=group or new_id(), topics=[topic], inbox=inbox, publisher=publisher)
    stop = asyncio.Event()
    task = asyncio.create_task(consumer.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


async def dead_letters(kafka: KafkaSettings, topic: Topic) -> list[Record]:
    letters = replace(topic, name=topic.dead_letters)
    return [found async for found in replay(kafka, [letters])]


async def test_every_record_is_applied_once_and_in_order_per_key(
    kafka: KafkaSettings, topic: Topic, database: Database
) -> None:
    order: dict[str, list[int]] = defaultdict(list)

    def note(event: IssuerPublished) -> None:
        order[event.slug].append(event.revision)

    async with publishing(kafka) as publisher:
        await publisher.publish(
            [record(f"s{n % 7}", n, topic=topic.name) for n in range(1, 301)],
        )
        async with consuming(kafka, topic, counting_inbox(database, note), publisher):
            await until(lambda: _applied(database, 300))
    assert all(revisions == sorted(revisions) for revisions in order.values())
    assert sum(times for _, times in (await seen(database)).values()) == 300


async def test_what_comes_at_once_is_one_transaction_whatever_its_partitions(
    kafka: KafkaSettings, topic: Topic, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GATHER_S", 0.5)
    sizes: list[int] = []

    class Counted(Inbox[UnitOfWork]):
        async def process_together(self, records: Sequence[Record]) -> list[Outcome]:
            sizes.append(len({record.partition for record in records}))
            return await super().process_together(records)

    inbox = Counted(partial(UnitOfWork, database), list(counting_inbox(database)._by_type.values()))
    async with publishing(kafka) as publisher:
        async with consuming(kafka, topic, inbox, publisher, group := new_id()):
            await publisher.publish([record("first", topic=topic.name)])
            await until(lambda: _applied(database, 1))
            await publisher.publish([record(f"s{number}", topic=topic.name) for number in range(30)])
            await until(lambda: _applied(database, 31))
        assert max(sizes) == 3
        sizes.clear()
        async with consuming(kafka, topic, inbox, publisher, group):  # what was committed is not read again
            await publisher.publish([record("last", topic=topic.name)])
            await until(lambda: _applied(database, 32))
    assert sizes == [1]


async def test_a_malformed_record_goes_to_the_dead_letters_and_its_partition_goes_on(
    kafka: KafkaSettings, topic: Topic, database: Database
) -> None:
    garbage = Record(topic.name, b"same", b"not an event", (("trace", b"abc"),))
    async with publishing(kafka) as publisher:
        await publisher.publish([record("same", 1, topic=topic.name), garbage, record("same", 2, topic=topic.name)])
        async with consuming(kafka, topic, counting_inbox(database), publisher, group="readers"):
            await until(lambda: _applied(database, 2))
        [letter] = await dead_letters(kafka, topic)
    headers = dict(letter.headers)
    assert (letter.key, letter.value, headers["trace"]) == (b"same", b"not an event", b"abc")
    assert (headers["dlq-group"], headers["dlq-offset"]) == (b"readers", b"1")
    assert b"specversion" in headers["dlq-reason"]
    assert await seen(database) == {"same": (2, 2)}


async def test_a_failing_handler_is_tried_five_times_while_other_partitions_flow(
    kafka: KafkaSettings, topic: Topic, database: Database
) -> None:
    attempts: list[int] = []

    def poison(event: IssuerPublished) -> None:
        if event.slug == "poison":
            attempts.append(event.revision)
            raise ValueError("a handler's bug")

    others = [record(f"s{n}", topic=topic.name) for n in range(30)]
    async with publishing(kafka) as publisher:
        await publisher.publish([record("poison", 1, topic=topic.name), *others])
        async with consuming(kafka, topic, counting_inbox(database, poison), publisher):
            await until(lambda: _applied(database, 30))
            await until(lambda: _letters(kafka, topic, 1))
            await publisher.publish([record("after", topic=topic.name)])
            await until(lambda: _applied(database, 31))
        [letter] = await dead_letters(kafka, topic)
    assert b"a handler's bug" in dict(letter.headers)["dlq-reason"]
    assert letter.key == b"poison"
    # A batch that fails as a whole is tried record by record, so one delivery may call the handler twice; the first
    # time three times, as the records of all partitions are tried together.
    assert 5 <= len(attempts) <= 11
    assert "poison" not in await seen(database)


async def test_a_database_outage_pauses_and_loses_nothing(
    kafka: KafkaSettings, topic: Topic, database: Database, database_settings: DatabaseSettings, postgres_server: Server
) -> None:
    async with publishing(kafka) as publisher:
        async with consuming(kafka, topic, counting_inbox(database), publisher):
            await publisher.publish([record(f"before{n}", topic=topic.name) for n in range(20)])
            await until(lambda: _applied(database, 20))
            async with outage(postgres_server, database_settings):
                await publisher.publish([record(f"during{n}", topic=topic.name) for n in range(20)])
                await asyncio.sleep(1)
            await until(lambda: _applied(database, 40))
        assert await dead_letters(kafka, topic) == []
    assert {times for _, times in (await seen(database)).values()} == {1}


async def test_a_database_that_is_not_migrated_yet_is_waited_for(
    kafka: KafkaSettings, topic: Topic, database: Database, database_settings: DatabaseSettings
) -> None:
    owner = Database(database_settings.model_copy(update={"url": database_settings.migrate_url}), "owner")
    async with publishing(kafka) as publisher:
        await publisher.publish([record("early", topic=topic.name)])
        async with owner.connection() as connection:
            await connection.execute(text("ALTER TABLE seen RENAME TO seen_later"))
            async with consuming(kafka, topic, counting_inbox(database), publisher):
                await asyncio.sleep(2)
                await connection.execute(text("ALTER TABLE seen_later RENAME TO seen"))
                await until(lambda: _applied(database, 1))
        assert await dead_letters(kafka, topic) == []
    await owner.close()


async def test_a_restart_goes_on_where_the_last_commit_was(
    kafka: KafkaSettings, topic: Topic, database: Database
) -> None:
    read: list[str] = []
    group = new_id()
    async with publishing(kafka) as publisher:
        inbox = counting_inbox(database, lambda event: read.append(event.slug))
        for slug in ("first", "second"):
            await publisher.publish([record(slug, topic=topic.name)])
            async with consuming(kafka, topic, inbox, publisher, group):
                await until(lambda slug=slug: _is_seen(database, slug))  # type: ignore[misc]  # bound in the loop
    assert read == ["first", "second"]


async def test_dead_letters_that_cannot_be_written_stop_the_partition_rather_than_lose_the_record(
    kafka: KafkaSettings, topic: Topic, database: Database
) -> None:
    nowhere = KafkaSettings(bootstrap_servers="127.0.0.1:1", request_timeout_s=0.2)
    garbage = Record(topic.name, b"same", b"not an event", ())
    group = new_id()
    async with publishing(kafka) as publisher:
        await publisher.publish([garbage, record("same", 2, topic=topic.name)])
        async with publishing(nowhere) as lost, consuming(kafka, topic, counting_inbox(database), lost, group):
            await asyncio.sleep(2)
        assert await seen(database) == {}
        async with consuming(kafka, topic, counting_inbox(database), publisher, group):
            await until(lambda: _applied(database, 1))
        assert len(await dead_letters(kafka, topic)) == 1


async def test_a_consumer_waits_for_a_broker_that_is_away(topic: Topic, database: Database) -> None:
    nowhere = KafkaSettings(bootstrap_servers="127.0.0.1:1")
    async with publishing(nowhere) as publisher, consuming(nowhere, topic, counting_inbox(database), publisher):
        await asyncio.sleep(1.5)


@asynccontextmanager
async def outage(server: Server, settings: DatabaseSettings) -> AsyncIterator[None]:
    """Nobody may connect, and whoever is connected is thrown out."""
    url = make_url(settings.url.get_secret_value())
    connection = await asyncpg.connect(server.admin_url)
    try:
        await connection.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false')
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", url.database
        )
        yield
        await connection.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true')
    finally:
        await connection.close()


async def _applied(database: Database, times: int) -> bool:
    return sum(count for _, count in (await seen(database)).values()) >= times


async def _is_seen(database: Database, slug: str) -> bool:
    return slug in await seen(database)


async def _letters(kafka: KafkaSettings, topic: Topic, count: int) -> bool:
    return len(await dead_letters(kafka, topic)) >= count


@pytest.mark.parametrize("sqlstate", ["53100", "58030", "25006", "57P01", "3D000"])
async def test_what_the_server_cannot_do_now_is_no_fault_of_a_record(sqlstate: str) -> None:
    """A full or broken disk, a standby, a restart: the record waits, and is no dead letter."""

    class Refused(Exception):
        pass

    refused = Refused()
    refused.sqlstate = sqlstate  # type: ignore[attr-defined]  # as the driver's errors have it
    assert module.is_outage(DBAPIError("INSERT", None, refused))
    refused.sqlstate = "23505"  # type: ignore[attr-defined]
    assert not module.is_outage(DBAPIError("INSERT", None, refused))

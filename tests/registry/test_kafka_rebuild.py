"""The registry on a real Kafka: it follows the topics, and can be built anew from them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio
from sqlalchemy import text

from contracts.payload import Payload
from contracts.topics import Topic
from registry.adapters.state_hash import fingerprint
from registry.commands import inbox, rebuild_command, state_hash_command
from registry.core.rebuild import Fingerprint
from registry.events.handlers import TOPICS
from registry.settings import RegistrySettings
from service_kit.bus import KafkaPublisher, Record, open_publisher
from service_kit.consumer import Consumer
from service_kit.database import Database, open_database
from service_kit.settings import DatabaseSettings, KafkaSettings
from tests.registry import events
from tests.registry.conftest import record_of
from tests.registry.test_endorsements import endorsed
from tools.kafka import Kafka

pytestmark = [pytest.mark.db, pytest.mark.kafka, pytest.mark.asyncio]

DEADLINE_S = 60


@dataclass
class Bus:
    """Topics of one test's own on the shared Kafka."""

    settings: KafkaSettings
    topics: tuple[Topic, ...]
    publisher: KafkaPublisher

    async def publish(self, *payloads: Payload) -> None:
        await self.publish_records([record_of(payload) for payload in payloads])

    async def publish_records(self, records: Sequence[Record]) -> None:
        names = dict(zip((topic.name for topic in TOPICS), (topic.name for topic in self.topics), strict=True))
        await self.publisher.publish([replace(record, topic=names[record.topic]) for record in records])


@pytest_asyncio.fixture
async def bus(apache_kafka: Kafka) -> AsyncIterator[Bus]:
    suffix = uuid.uuid4().hex[:8]
    topics = tuple(replace(topic, name=f"{topic.name}-{suffix}") for topic in TOPICS)
    apache_kafka.create_topics(
        {name: {} for topic in topics for name in (topic.name, topic.dead_letters)}, partitions=3
    )
    settings = KafkaSettings(bootstrap_servers=apache_kafka.bootstrap_servers)
    async with open_publisher(settings) as publisher:
        yield Bus(settings, topics, publisher)


@asynccontextmanager
async def consuming(database: Database, bus: Bus) -> AsyncIterator[None]:
    """A consumer at work."""
    stop = asyncio.Event()
    group = bus.topics[0].name
    consumer = Consumer(bus.settings, group=group, topics=bus.topics, inbox=inbox(database), publisher=bus.publisher)
    task = asyncio.create_task(consumer.run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def state(database: Database) -> Fingerprint:
    async with database.snapshot() as session:
        return await fingerprint(session)


async def claims(database: Database) -> int:
    """How many events have had their effect."""
    async with database.connection() as connection:
        return int(await connection.scalar(text("SELECT count(*) FROM inbox")) or 0)


async def wait_for_events(database: Database, count: int) -> Fingerprint:
    """The state once this many events have had their effect."""
    async with asyncio.timeout(DEADLINE_S):
        while await claims(database) < count:
            await asyncio.sleep(0.05)
    return await state(database)


async def as_owner(owner: DatabaseSettings, *statements: str) -> None:
    async with open_database(owner, "tests") as connected, connected.engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


def told(credentials: int) -> list[Payload]:
    """A history with something of everything."""
    life: list[Payload] = [
        events.issuer(),
        events.achievement(),
        events.status_list(1),
        events.status_list(2),
        endorsed(),
    ]
    for number in range(1, credentials + 1):
        life.append(events.issued(number))
        life += [events.suspended(number)] if number % 2 else []
        life += [events.revoked(number, 3)] if number % 3 == 0 else []
    return life


async def test_follows_the_topics_and_passes_over_what_nobody_can_read(database: Database, bus: Bus) -> None:
    unreadable = replace(record_of(events.issued(7)), value=b"not JSON")
    async with consuming(database, bus):
        await bus.publish_records([unreadable])
        await bus.publish(*told(20))
        found = await wait_for_events(database, len(told(20)))

    one_each = dict.fromkeys(("issuers", "achievements", "status_lists", "endorsements"), 1)
    assert found.rows == one_each | {"issuances": 20, "standings": 20}


async def test_rebuild_repairs_planted_corruption(
    database: Database,
    bus: Bus,
    settings: RegistrySettings,
    owner: DatabaseSettings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with_bus = settings.model_copy(update={"kafka": bus.settings})
    async with consuming(database, bus):
        await bus.publish(*told(30))
        healthy = await wait_for_events(database, len(told(30)))
        await as_owner(
            owner,
            "UPDATE standings SET state = 'issued', revision = 99 WHERE state = 'revoked'",
            "UPDATE status_lists SET credential = 'forged', revision = 99",
            "UPDATE issuers SET name = 'Somebody else'",
            "DELETE FROM issuances WHERE status_index < 110",
            "DELETE FROM inbox",
        )
        assert (await state(database)).digest != healthy.digest

        assert await rebuild_command(with_bus, ["--check"], bus.topics) == 1
        assert (await state(database)).digest != healthy.digest
        assert await rebuild_command(with_bus, [], bus.topics) == 0
        assert await rebuild_command(with_bus, ["--check"], bus.topics) == 0

    assert await state(database) == healthy
    assert f"state after  {healthy.digest}" in capsys.readouterr().out


async def test_rebuild_and_consumer_together_lose_nothing_and_repeat_nothing(
    database: Database, bus: Bus, settings: RegistrySettings
) -> None:
    with_bus = settings.model_copy(update={"kafka": bus.settings})
    history = told(300)
    async with consuming(database, bus):
        publishing = asyncio.create_task(publish_slowly(bus, history))
        for _ in range(4):
            await asyncio.sleep(0.2)
            assert await rebuild_command(with_bus, ["--force"], bus.topics) == 0
        await publishing
        while_both_worked = await wait_for_events(database, len(history))

    assert await claims(database) == len(history)
    assert await rebuild_command(with_bus, [], bus.topics) == 0
    assert await state(database) == while_both_worked


async def publish_slowly(bus: Bus, history: Sequence[Payload]) -> None:
    for start in range(0, len(history), 25):
        await bus.publish(*history[start : start + 25])
        await asyncio.sleep(0.05)


async def test_rebuild_refuses_to_empty_the_record_when_the_topics_are_gone(
    database: Database, bus: Bus, settings: RegistrySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    with_bus = settings.model_copy(update={"kafka": bus.settings})
    await inbox(database).process_together([record_of(payload) for payload in told(3)])
    before = await state(database)

    assert await rebuild_command(with_bus, [], bus.topics) == 2
    assert await state(database) == before
    assert "refused, nothing changed" in capsys.readouterr().out
    assert await rebuild_command(with_bus, ["--force"], bus.topics) == 0
    assert sum((await state(database)).rows.values()) == 0


async def test_what_is_published_again_after_a_loss_is_applied(
    database: Database, bus: Bus, settings: RegistrySettings
) -> None:
    with_bus = settings.model_copy(update={"kafka": bus.settings})
    records = [record_of(payload) for payload in told(5)]
    await inbox(database).process_together(records)
    before = await state(database)
    await rebuild_command(with_bus, ["--force"], bus.topics)

    async with consuming(database, bus):
        await bus.publish_records(records)
        assert await wait_for_events(database, len(records)) == before


async def test_rebuild_leaves_out_what_the_consumer_gave_to_the_dead_letters(
    database: Database, bus: Bus, settings: RegistrySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    with_bus = settings.model_copy(update={"kafka": bus.settings})
    hopeless = events.issuer(slug="n\x00rth")
    await bus.publish_records([replace(record_of(events.issued(9)), value=b"{}")])
    await bus.publish(hopeless, *told(4))

    assert await rebuild_command(with_bus, [], bus.topics) == 0
    assert (await state(database)).rows["issuances"] == 4
    assert "2 left out" in capsys.readouterr().out


async def test_rebuild_without_a_bus_changes_nothing(
    database: Database, settings: RegistrySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = settings.model_copy(update={"kafka": KafkaSettings(bootstrap_servers="127.0.0.1:1")})
    await inbox(database).process_together([record_of(payload) for payload in told(3)])
    before = await state(database)

    assert await rebuild_command(nowhere, []) == 3
    assert await state(database) == before
    assert "nothing changed" in capsys.readouterr().out


async def test_state_hash_prints_one_line(
    database: Database, settings: RegistrySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await state_hash_command(settings, []) == 0

    assert capsys.readouterr().out == f"{(await state(database)).digest}\n"

"""Events in and out: the catalog's publications in any order, our own on the bus, republished on command."""

import itertools
from uuid import uuid4

import pytest

from contracts.topics import TOPIC_OF
from issuer.main import republish
from issuer.settings import IssuerSettings
from service_kit.bus import BusUnavailable
from service_kit.database import Database
from service_kit.inbox import MalformedRecord, Outcome
from service_kit.relay import Relay
from service_kit.testing import MemoryPublisher
from tests.issuer.world import PAYLOADS, World, achievement_published, record_of

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_publications_in_any_order_and_twice_end_the_same(world: World, order: tuple[int, ...]) -> None:
    uid = str(uuid4())
    payloads = [
        achievement_published(uid=uid, revision=1),
        achievement_published(uid=uid, revision=2, retired=True),
        achievement_published(uid=uid, version=2),
    ]
    for index in (*order, *order):
        await world.deliver(payloads[index])
    rows = await world.rows("SELECT version, revision, retired FROM achievements ORDER BY version")
    assert rows == [(1, 2, True), (2, 1, False)]


async def test_a_repeated_event_is_known(world: World) -> None:
    payload, event_id = achievement_published(), str(uuid4())
    assert await world.deliver(payload, event_id=event_id) == [Outcome.APPLIED]
    assert await world.deliver(payload, event_id=event_id) == [Outcome.DUPLICATE]


async def test_a_malformed_record_is_named_so(world: World) -> None:
    record = record_of(achievement_published())
    broken = type(record)(record.topic, record.key, b'{"version": "one"}', record.headers)
    with pytest.raises(MalformedRecord):
        await world.inbox.process(broken)


async def test_everything_that_happened_reaches_the_bus_once_and_in_order(world: World, database: Database) -> None:
    issued = await world.issue(await world.ready())
    for action in ("suspend", "reinstate", "revoke"):
        await world.send("POST", f"{issued['id']}/{action}", {"reason": "x"})
    publisher = MemoryPublisher()
    relay = Relay(database, publisher)
    async with database.connection() as connection:
        assert await relay.publish_pending(connection) == 6
        assert await relay.publish_pending(connection) == 0
    types = [dict(record.headers)["ce_type"].decode() for record in publisher.records]
    assert types == [
        "issuer.published.v1",
        "status-list.published.v1",
        "credential.issued.v1",
        "credential.suspended.v1",
        "credential.reinstated.v1",
        "credential.revoked.v1",
    ]
    for record, name in zip(publisher.records, types, strict=True):
        assert record.topic == TOPIC_OF[PAYLOADS[name]].name
        assert dict(record.headers)["ce_source"] == b"/issuer"
    assert {record.key for record in publisher.records[2:]} == {issued["id"].encode()}


async def test_a_bus_that_is_away_does_not_stop_issuing(world: World, database: Database) -> None:
    publisher = MemoryPublisher()
    publisher.away = True
    relay = Relay(database, publisher)
    await world.issue(await world.ready())
    async with database.connection() as connection:
        with pytest.raises(BusUnavailable):
            await relay.publish_pending(connection)
        publisher.away = False
        assert await relay.publish_pending(connection) == 3


async def test_republishing_sends_everything_again_with_the_same_ids(
    world: World, database: Database, settings: IssuerSettings
) -> None:
    await world.issue(await world.ready())
    publisher = MemoryPublisher()
    relay = Relay(database, publisher)
    async with database.connection() as connection:
        first = await relay.publish_pending(connection)
        assert await republish(settings, []) == 0
        assert await relay.publish_pending(connection) == first
    assert publisher.records[:first] == publisher.records[first:]

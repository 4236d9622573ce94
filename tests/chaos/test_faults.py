"""What must hold when things break: nothing acknowledged is lost, nothing happens twice, nothing stops for good."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts.topics import CREDENTIAL_ISSUED, CREDENTIAL_REVOKED, TOPICS
from service_kit.bus import Record
from service_kit.replay import replay
from service_kit.settings import KafkaSettings
from tools.actor import Actor, Json, last, until
from tools.fleet import Fleet
from tools.kafka import Kind, LocalKafka

pytestmark = [pytest.mark.fleet, pytest.mark.kafka]

OUTAGE = 6
"""Times what a relay grants the bus: it gives up after two, and finds nobody to connect to for the rest."""


@pytest.fixture
def university(fleet: Fleet) -> Iterator[Actor]:
    with httpx.Client(base_url=fleet.base_url, timeout=30) as http:
        yield Actor(http, fleet.demo["organizations"][0])


@pytest.fixture
def achievement(university: Actor) -> str:
    body = {"name": "Endurance", "description": "For tests.", "criteria": {"narrative": "Hold."}}
    draft = university.post("/achievements", body | {"achievementType": "MicroCredential"})
    return str(university.post(f"/achievements/{last(draft['id'])}/publish", {})["id"])


def issue(university: Actor, achievement: str) -> Json:
    recipient = {"email": f"{uuid.uuid4().hex}@students.example"}
    answer: Json = university.post("/credentials", {"achievement": achievement, "recipient": recipient})
    return answer


def record(university: Actor, issued: Json) -> httpx.Response:
    return university.http.get(f"/records/{last(issued['id'])}")


def is_public(university: Actor, issued: Json) -> bool:
    return record(university, issued).status_code == 200


async def _all_records(fleet: Fleet) -> list[Record]:
    settings = KafkaSettings(bootstrap_servers=fleet.environment("registry")["LAUREL_KAFKA__BOOTSTRAP_SERVERS"])
    return [found async for found in replay(settings, TOPICS)]


async def _unread(fleet: Fleet, group: str) -> int:
    """How many records of all topics a group of consumers has not committed yet."""
    servers = fleet.environment("registry")["LAUREL_KAFKA__BOOTSTRAP_SERVERS"]
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        topics = await admin.describe_topics([topic.name for topic in TOPICS])
        committed = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    places = [TopicPartition(topic["topic"], one["partition"]) for topic in topics for one in topic["partitions"]]
    async with AIOKafkaConsumer(bootstrap_servers=servers) as consumer:
        ends = await consumer.end_offsets(places)
    return sum(ends[place] - (committed[place].offset if place in committed else 0) for place in places)


async def _produce(fleet: Fleet, records: list[Record]) -> None:
    servers = fleet.environment("registry")["LAUREL_KAFKA__BOOTSTRAP_SERVERS"]
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all")
    await producer.start()
    try:
        for item in records:
            await producer.send(item.topic, item.value, key=item.key, headers=list(item.headers))
        await producer.flush()
    finally:
        await producer.stop()


def in_thread(job: Callable[[], Any]) -> Any:
    """Run async work apart from pytest's own loop."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(job())).result()


def settled_hash(fleet: Fleet) -> str:
    """The registry's state once it has stopped changing."""
    seen = ""
    for _ in range(60):
        time.sleep(1)
        found = fleet.command("registry", "state-hash", room="registry").strip().splitlines()[-1]
        if found == seen:
            return found
        seen = found
    raise AssertionError("the registry never settled")


def test_an_issuer_killed_before_its_relay_ran_loses_nothing(fleet: Fleet, university: Actor, achievement: str) -> None:
    issue(university, achievement)
    fleet.service("issuer", "relay").kill9()
    issued = issue(university, achievement)
    time.sleep(1)
    assert not is_public(university, issued), "no relay runs, yet the record is public"

    fleet.service("issuer").kill9()
    fleet.service("issuer").start()
    fleet.service("issuer", "relay").start()

    until(lambda: is_public(university, issued), bool, 30)
    ids = Counter(
        dict(found.headers)["ce_id"]
        for found in in_thread(lambda: _all_records(fleet))
        if found.topic == CREDENTIAL_ISSUED.name and found.key == issued["id"].encode()
    )
    assert len(ids) == 1, "one issue is one event, however often it was sent"


def test_a_batch_outlives_whoever_works_on_it(fleet: Fleet, university: Actor, achievement: str) -> None:
    rows = [{"recipient": {"email": f"{uuid.uuid4().hex}@students.example"}} for _ in range(1500)]
    batch = university.post(f"/batches?achievement={achievement}", rows)
    where = f"/batches/{last(batch['id'])}"
    worker, kills = fleet.service("issuer", "relay"), 0
    for share in (1, 400, 900):
        until(lambda least=share: university.get(where)["counts"]["issued"] >= least, bool, 60)  # type: ignore[misc]
        worker.kill9()
        kills += 1
        worker.start()

    done = until(lambda: university.get(where), lambda found: found["status"] == "done", 120)
    assert (kills, done["counts"]["issued"]) == (3, 1500)
    sums = until(lambda: university.get(f"{where}/reconciliation"), lambda found: found["published"] == 1500, 60)
    assert sums["agrees"], sums["faults"]
    issued = {
        found.key: dict(found.headers)["ce_id"]
        for found in in_thread(lambda: _all_records(fleet))
        if found.topic == CREDENTIAL_ISSUED.name
    }
    table = university.http.get(f"{where}/results.csv", headers=university.headers).text.splitlines()
    ids = [line.split(",")[2].encode() for line in table[1:]]
    assert len(set(ids)) == 1500
    assert len({issued[identifier] for identifier in ids}) == 1500, "one row is one event, however often it was sent"


def test_batches_of_changes_outlive_whoever_works_on_them(fleet: Fleet, university: Actor, achievement: str) -> None:
    rows = [{"recipient": {"email": f"{uuid.uuid4().hex}@students.example"}} for _ in range(600)]
    issued = ended(university, university.post(f"/batches?achievement={achievement}", rows))
    table = university.http.get(f"{issued}/results.csv", headers=university.headers).text.splitlines()
    ids = [line.split(",")[2] for line in table[1:]]
    worker = fleet.service("issuer", "relay")
    for action, more, shares in (("correct", {"narrative": "Held."}, (1, 200, 400)), ("revoke", {}, (0, 1))):
        changes = [{"credential": one, "reason": "a test"} | more for one in ids]
        where = f"/batches/{last(university.post(f'/batches/{action}', changes)['id'])}"
        for share in shares:
            until(lambda least=share, at=where: university.get(at)["counts"]["changed"] >= least, bool, 60)  # type: ignore[misc]
            worker.kill9()
            worker.start()
        done = until(lambda at=where: university.get(at), lambda found: found["status"] == "done", 120)  # type: ignore[misc]
        assert done["counts"]["changed"] == 600
        sums = until(
            lambda at=where: university.get(f"{at}/reconciliation"),  # type: ignore[misc]
            lambda found: found["published"] == 600,
            60,
        )
        assert sums["agrees"], sums["faults"]
    told = Counter(
        (dict(found.headers)["ce_type"], found.key, dict(found.headers)["ce_id"])
        for found in in_thread(lambda: _all_records(fleet))
        if found.topic in {CREDENTIAL_ISSUED.name, CREDENTIAL_REVOKED.name}
    )
    steps = Counter((kind, key) for kind, key, _ in told if key is not None and key.decode() in set(ids))
    assert Counter(kind for kind, _ in steps) == {
        f"credential.{word}.v1".encode(): 600 for word in ("issued", "corrected", "revoked")
    }
    assert set(steps.values()) == {1}, "one row is one event, however often it was sent"


def ended(university: Actor, batch: Json) -> str:
    """Where a batch is that has ended."""
    where = f"/batches/{last(batch['id'])}"
    until(lambda: university.get(where), lambda found: found["status"] == "done", 120)
    return where


def test_every_event_twice_and_shuffled_changes_nothing(fleet: Fleet, university: Actor, achievement: str) -> None:
    for _ in range(5):
        issued = issue(university, achievement)
        university.post(f"/credentials/{last(issued['id'])}/suspend", {"reason": "test"})
        university.post(f"/credentials/{last(issued['id'])}/reinstate", {"reason": "test"})
    university.post(f"/credentials/{last(issued['id'])}/revoke", {"reason": "test"})
    until(lambda: record(university, issued).json().get("state"), lambda state: state == "revoked", 30)
    before = settled_hash(fleet)

    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    records = in_thread(lambda: _all_records(fleet))
    repeated = [*records, *(_as_new_event(found) for found in records)]
    random.Random(seed).shuffle(repeated)  # noqa: S311 - a repeatable order, no secret
    in_thread(lambda: _produce(fleet, repeated))

    until(lambda: in_thread(lambda: _unread(fleet, "registry")), lambda unread: unread == 0, 60)
    assert settled_hash(fleet) == before


def _as_new_event(found: Record) -> Record:
    """The same news under another event id, so that only its revision can tell that it is old."""
    headers = tuple((n, uuid.uuid4().hex.encode() if n == "ce_id" else v) for n, v in found.headers)
    return Record(found.topic, found.key, found.value, headers)


def test_malformed_records_become_dead_letters_and_stop_nothing(
    fleet: Fleet, university: Actor, achievement: str
) -> None:
    bad = [
        Record(topic.name, str(number).encode(), value, headers)
        for topic in (CREDENTIAL_ISSUED, CREDENTIAL_REVOKED)
        for number in range(12)
        for value, headers in (
            (b"\x00\xff not json", ()),
            (b"{}", (("ce_specversion", b"1.0"), ("ce_id", uuid.uuid4().hex.encode()), ("ce_source", b"/test"),
                     ("ce_type", topic.payloads[0].event_type.encode()), ("ce_time", b"2026-01-01T00:00:00Z"))),
        )
    ]  # fmt: skip
    in_thread(lambda: _produce(fleet, bad))
    issued = issue(university, achievement)
    university.post(f"/credentials/{last(issued['id'])}/revoke", {"reason": "test"})
    found = until(
        lambda: record(university, issued), lambda r: r.status_code == 200 and r.json()["state"] == "revoked", 30
    )
    assert found.json()["state"] == "revoked"

    letters = until(lambda: in_thread(lambda: _dead_letters(fleet)), lambda seen: len(seen) >= len(bad), 30)
    reasons = {dict(letter.headers)["dlq-reason"] for letter in letters}
    assert any(b"specversion" in reason for reason in reasons)
    assert {letter.value for letter in letters} >= {b"\x00\xff not json", b"{}"}


async def _dead_letters(fleet: Fleet) -> list[Record]:
    from contracts.topics import Topic  # noqa: PLC0415

    settings = KafkaSettings(bootstrap_servers=fleet.environment("registry")["LAUREL_KAFKA__BOOTSTRAP_SERVERS"])
    siblings = [Topic(t.dead_letters, t.producer, t.key, False, t.payloads) for t in TOPICS]
    registry = [found async for found in replay(settings, siblings)]
    return [found for found in registry if dict(found.headers).get("dlq-group") == b"registry"]


def test_a_registry_rebuilt_from_the_topics_is_the_same(fleet: Fleet, university: Actor, achievement: str) -> None:
    issued = issue(university, achievement)
    until(lambda: is_public(university, issued), bool, 30)
    before = settled_hash(fleet)
    fleet.command("registry", "rebuild", room="registry")
    assert settled_hash(fleet) == before
    assert is_public(university, issued)


def test_issuing_goes_on_while_kafka_is_away(fleet: Fleet, university: Actor, achievement: str) -> None:
    broker = fleet.kafka
    assert isinstance(broker, LocalKafka), "a broker of our own is needed, to stop it"
    assert broker.cluster.kind is Kind.APACHE, "the fallback loses its data when it stops"
    outage_s = OUTAGE * float(fleet.environment("issuer")["LAUREL_KAFKA__REQUEST_TIMEOUT_S"])
    issue(university, achievement)
    broker.kill9()
    issued = []
    ends = time.monotonic() + outage_s
    try:
        while time.monotonic() < ends:
            issued.append(issue(university, achievement))  # raises for anything but 201
            time.sleep(0.1)
    finally:
        broker.start()
    assert len(issued) > outage_s
    until(lambda: is_public(university, issued[-1]), bool, 60)
    until(lambda: all(is_public(university, one) for one in issued), bool, 60)

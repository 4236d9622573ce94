"""Whoever is killed, whenever: what was acknowledged holds, and what follows from it follows once."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
import httpx
import pytest

from tools.actor import Actor, Json, last, until
from tools.blocking import run
from tools.fleet import Fleet
from tools.postgres import LocalPostgres
from tools.rooms import Service

pytestmark = [pytest.mark.fleet, pytest.mark.kafka]

LEARNERS = 20
STORM_S = 20
MOST_KILLS = 20
ISSUES = 400


@pytest.fixture
def university(fleet: Fleet) -> Iterator[Actor]:
    """Whatever a test killed runs again after it."""
    with httpx.Client(base_url=fleet.base_url, timeout=30) as http:
        yield Actor(http, fleet.demo["organizations"][0])
    for unit in services(fleet):
        unit.start()


def services(fleet: Fleet) -> list[Service]:
    return [unit for unit in fleet.running() if isinstance(unit, Service)]


def achievement(university: Actor, name: str) -> str:
    body = {"name": name, "description": "For tests.", "criteria": {"narrative": "Hold."}, "creditsAvailable": 5}
    draft = university.post("/achievements", body)
    return str(university.post(f"/achievements/{last(draft['id'])}/publish", {})["id"])


def pathway(university: Actor, parts: list[str], worth: str) -> str:
    components = {f"part-{number}": part for number, part in enumerate(parts)}
    body = {
        "name": "Endurance",
        "hasDestinationComponent": "certificate",
        "hasPart": [
            {"id": "certificate", "proxyFor": [worth], "hasCondition": {"targetComponent": list(components)}},
            *({"id": name, "proxyFor": [part]} for name, part in components.items()),
        ],
    }
    draft = university.post("/pathways", body)
    return str(university.post(f"/pathways/{last(draft['id'])}/publish", {})["id"])


def everything(university: Actor, path: str) -> list[Json]:
    """All items of a list, page after page."""
    found: list[Json] = []
    answer = university.http.get(path, headers=university.headers)
    while True:
        found += answer.raise_for_status().json()["items"]
        if "next" not in answer.links:
            return found
        answer = university.http.get(answer.links["next"]["url"], headers=university.headers)


def give(university: Actor, part: str, learners: list[str]) -> str:
    rows = [{"recipient": {"email": one}} for one in learners]
    return f"/batches/{last(university.post(f'/batches?achievement={part}', rows)['id'])}"


def killed_until(fleet: Fleet, done: Callable[[], bool], timeout_s: float = 600) -> int:
    """Kill who works behind the clock again and again; it is done all the same. How often it was killed.

    Not for ever: on a busy machine it would not have come to its work before it is killed again.
    """
    worker, kills, ends = fleet.service("issuer", "relay"), 0, time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < ends, "it never ended"
        if kills < MOST_KILLS:
            worker.kill9()
            worker.start()
            kills += 1
        time.sleep(random.SystemRandom().uniform(0.5, 3))
    return kills


@pytest.mark.timeout(1500)
def test_stacks_are_awarded_once_and_fall_once_whoever_settles_them(fleet: Fleet, university: Actor) -> None:
    parts = [achievement(university, name) for name in ("first", "second")]
    series = last(pathway(university, parts, achievement(university, "worth")))
    learners = [f"{uuid.uuid4().hex}@students.example" for _ in range(LEARNERS)]
    batches = [give(university, part, learners) for part in parts]

    def states() -> Counter[str]:
        return Counter(stack["status"] for stack in everything(university, f"/stacks?pathway={series}"))

    assert killed_until(fleet, lambda: states() == {"awarded": LEARNERS}) > 0
    stacks = everything(university, f"/stacks?pathway={series}")
    assert len({stack["credential"] for stack in stacks}) == LEARNERS

    table = university.http.get(f"{batches[0]}/results.csv", headers=university.headers).text.splitlines()
    taken = [line.split(",")[2] for line in table[1:]][: LEARNERS // 2]
    university.post("/batches/revoke", [{"credential": one, "reason": "a test"} for one in taken])
    half = {"awarded": LEARNERS - len(taken), "revoked": len(taken)}
    assert killed_until(fleet, lambda: states() == half) > 0

    for stack in everything(university, f"/stacks?pathway={series}"):
        expected = "issued" if stack["status"] == "awarded" else "revoked"
        record = f"/records/{last(stack['credential'])}"
        until(lambda at=record: university.http.get(at).json().get("state"), lambda state, s=expected: state == s, 60)  # type: ignore[misc]


def test_what_was_acknowledged_in_a_storm_is_public_once(fleet: Fleet, university: Actor) -> None:
    """A client that repeats with its Idempotency-Key loses nothing and doubles nothing, whichever service is killed."""
    part = achievement(university, "weathered")
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)  # noqa: S311 - a repeatable order, no secret
    victims = services(fleet)
    issued: list[str] = []
    ends = time.monotonic() + STORM_S
    while time.monotonic() < ends:
        victim, learner = chance.choice(victims), f"{uuid.uuid4().hex}@students.example"
        striking = threading.Timer(chance.uniform(0, 0.02), victim.kill9)
        striking.start()
        first = ask(university, part, learner)
        striking.join()
        victim.start()
        again = until(lambda who=learner: ask(university, part, who), bool, 60)  # type: ignore[misc]
        assert first in (None, again), "one request, asked twice, is one credential"
        issued.append(str(again))

    found = everything(university, f"/credentials?achievement={last(part)}")
    assert Counter(one["id"] for one in found) == Counter(issued)
    for record in (f"/records/{last(one)}" for one in issued):
        until(lambda at=record: university.http.get(at).status_code, lambda code: code == 200, 60)  # type: ignore[misc]


def test_connections_that_end_are_told_as_such_and_double_nothing(fleet: Fleet, university: Actor) -> None:
    """All connections of all services to PostgreSQL end, again and again, as when it is restarted."""
    part = achievement(university, "disconnected")
    learners = [f"{uuid.uuid4().hex}@students.example" for _ in range(ISSUES)]
    until(lambda: ask(university, part, learners[0]), bool, 60)
    done = threading.Event()

    def disconnect() -> None:
        while not done.wait(0.4):
            run(_end_connections(fleet.postgres))

    striking = threading.Thread(target=disconnect)
    striking.start()
    try:
        with ThreadPoolExecutor(4) as pool:
            issued = list(pool.map(lambda who: until(lambda: ask(university, part, who), bool, 60), learners))
    finally:
        done.set()
        striking.join()
    again = [ask(university, part, learner) for learner in learners]
    assert again == issued
    found = everything(university, f"/credentials?achievement={last(part)}")
    assert Counter(one["id"] for one in found) == Counter(issued)


async def _end_connections(postgres: Any) -> None:
    server = postgres.server if isinstance(postgres, LocalPostgres) else postgres
    connection = await asyncpg.connect(server.admin_url)
    try:
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE '%\\_app'")
    finally:
        await connection.close()


def ask(university: Actor, part: str, learner: str) -> str | None:
    """The id of the credential, or nothing where the fleet could not answer. Any other refusal is an error."""
    body = {"achievement": part, "recipient": {"email": learner}}
    try:
        answer = university.http.post(
            "/credentials", json=body, headers=university.headers | {"Idempotency-Key": learner}
        )
    except httpx.TransportError:
        return None
    if answer.status_code in (502, 503, 504) or "achievement-not-known" in answer.text:
        return None  # what has just been published is not known while the catalog's relay is down
    return str(university.answer(answer)["id"])

"""Who is told to stop ends in order: under load nothing is lost or done twice, and who follows comes back."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.chaos.test_storms import achievement, everything, give
from tools.actor import Actor, last, until
from tools.fleet import Fleet
from tools.rooms import Service

pytestmark = [pytest.mark.fleet, pytest.mark.kafka]

CLIENTS = 20
STOPS = 3


@pytest.fixture
def university(fleet: Fleet) -> Iterator[Actor]:
    with httpx.Client(base_url=fleet.base_url, timeout=60) as http:
        yield Actor(http, fleet.demo["organizations"][0])


@pytest.fixture
def issuer(fleet: Fleet) -> Iterator[Service]:
    """Runs again afterwards."""
    yield fleet.service("issuer")
    fleet.service("issuer").start()


def issued(university: Actor, part: str, key: str, refused: Counter[int]) -> str:
    """By a client that repeats where it is told to come back, and nowhere else."""
    body = {"achievement": part, "recipient": {"email": f"{key}@students.example"}}
    headers = university.headers | {"Idempotency-Key": key}

    def ask() -> httpx.Response:
        answer = university.http.post("/credentials", json=body, headers=headers)
        if answer.status_code == 503:
            assert "retry-after" in answer.headers
            refused[503] += 1
        return answer

    answer = until(ask, lambda one: one.status_code != 503, 120)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_room_that_is_stopped_under_load_loses_and_doubles_nothing(issuer: Service, university: Actor) -> None:
    part = achievement(university, "restarted")
    until(lambda: issued(university, part, "first", Counter()), bool, 60)
    known, refused, done = {}, Counter[int](), threading.Event()

    def work() -> None:
        while not done.is_set():
            key = uuid.uuid4().hex
            known[key] = issued(university, part, key, refused)

    with ThreadPoolExecutor(CLIENTS) as pool:
        workers = [pool.submit(work) for _ in range(CLIENTS)]
        try:
            for _ in range(STOPS):
                before = len(known)
                until(lambda so_far=before: len(known) > so_far + CLIENTS, bool, 60)  # type: ignore[misc]
                issuer.stop()
                assert issuer.process.returncode == 0
                issuer.start()
        finally:
            done.set()
        for worker in workers:
            worker.result()
    assert refused[503], "it was away for a moment"
    assert {key: issued(university, part, key, refused) for key in known} == known
    found = Counter(one["id"] for one in everything(university, f"/credentials?achievement={last(part)}"))
    assert found == Counter([*known.values(), issued(university, part, "first", refused)])


def test_who_follows_a_batch_is_let_go_and_takes_up_where_they_were(issuer: Service, university: Actor) -> None:
    part = achievement(university, "followed")
    until(lambda: issued(university, part, "followed", Counter()), bool, 60)
    batch = give(university, part, [f"{uuid.uuid4().hex}@students.example" for _ in range(20_000)])
    university.http.post(f"{batch}/pause", headers=university.headers)
    with university.http.stream("GET", f"{batch}/events", headers=university.headers) as followed:
        lines = followed.iter_lines()
        told = [next(lines) for _ in range(5)]
        stopping = threading.Thread(target=issuer.stop)
        stopping.start()
        rest = list(lines)  # to its end: one that is torn raises
        stopping.join()
    assert issuer.process.returncode == 0
    assert told[0].startswith("retry: ")
    assert "event: end" not in rest
    seen = next(line for line in told if line.startswith("id: ")).removeprefix("id: ")

    issuer.start()
    until(lambda: university.http.get(batch, headers=university.headers).status_code, lambda code: code == 200, 60)
    again = university.headers | {"Last-Event-ID": seen}
    with university.http.stream("GET", f"{batch}/events", headers=again) as followed:
        assert followed.status_code == 200
        lines = followed.iter_lines()
        assert next(lines).startswith("retry: ")
        university.post(f"{batch}/cancel", {})
        events = [line for line in lines if line.startswith("event: ")]
    assert events[-1] == "event: end"

"""Batches that several work at, at the same time."""

from __future__ import annotations

import asyncio

import pytest

from issuer.core.batches import work as work_batches
from issuer.main import Core, wire
from issuer.settings import IssuerSettings
from service_kit.database import Database
from tests.issuer.rotation import after_signing
from tests.issuer.test_batches import agrees, batch, counted, learner, open_batch, work
from tests.issuer.world import OTHER_ORG, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def test_two_batches_at_once_give_it_once(
    world: World, core: Core, settings: IssuerSettings, database: Database
) -> None:
    achievement = await world.ready()
    many = [learner(number) for number in range(30)]
    answers = [await open_batch(world, many, achievement) for _ in range(2)]
    await asyncio.gather(core.work_batches(), wire(settings, database).work_batches())
    counts = [(await batch(world, answer))["counts"] for answer in answers]
    assert sum(one["issued"] for one in counts) == 30
    assert sum(one["failed"] for one in counts) == 30


async def test_workers_share_one_batch(
    world: World, core: Core, settings: IssuerSettings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one signs its part, and has its next one, another does the rest. The same learners are in several parts."""
    monkeypatch.setattr(work_batches, "PART", 10)
    achievement = await world.ready()
    many = [learner(number) for number in [*range(25), *range(24, -1, -1)]]
    answer = await open_batch(world, many, achievement)

    async def another() -> None:
        assert await wire(settings, database).work_batches() == 30

    with after_signing(monkeypatch, another):
        assert await core.work_batches() == 20
    assert counted(await batch(world, answer)) == {"issued": 25, "failed": 25}
    assert (await batch(world, answer))["status"] == "done"
    assert await world.count("credentials") == len(await world.events("credential.issued.v1")) == 25
    await agrees(world, answer)


async def test_a_batch_is_shared_by_many_workers_to_its_end(
    world: World, core: Core, settings: IssuerSettings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_batches, "PART", 5)
    achievement = await world.ready()
    answer = await open_batch(world, [learner(number % 60) for number in range(90)], achievement)
    await asyncio.gather(*(work(one) for one in [core, *(wire(settings, database) for _ in range(3))]))
    await work(core)  # who comes last may have left it to the others
    assert counted(await batch(world, answer)) == {"issued": 60, "failed": 30}
    assert (await batch(world, answer))["status"] == "done"
    await agrees(world, answer)


async def test_single_requests_and_batches_at_once_give_it_once(
    world: World, core: Core, settings: IssuerSettings, database: Database
) -> None:
    achievement = await world.ready()
    many = [learner(number) for number in range(20)]
    answers = [await open_batch(world, many, achievement) for _ in range(2)]
    single = [
        world.send("POST", "/credentials", {"achievement": achievement, "allowDuplicates": False, **one})
        for one in many * 2
    ]
    found, *_ = await asyncio.gather(
        asyncio.gather(*single), core.work_batches(), wire(settings, database).work_batches()
    )
    by_batch = sum([(await batch(world, answer))["counts"]["issued"] for answer in answers])
    assert {answer.status_code for answer in found} <= {201, 409}
    assert by_batch + sum(answer.status_code == 201 for answer in found) == 20
    assert await world.count("credentials") == len(await world.events("credential.issued.v1")) == 20


async def test_who_has_many_batches_makes_nobody_else_wait_for_all_of_them(world: World, core: Core) -> None:
    await world.ready()
    ours = await world.achievement()
    await world.issuer(OTHER_ORG)
    theirs = await world.achievement(OTHER_ORG)
    as_them = world.headers(OTHER_ORG)
    many = [await open_batch(world, [learner(number)], theirs, headers=as_them) for number in range(5)]
    one = await open_batch(world, [learner(7)], ours)
    assert [await core.work_batches() for _ in range(2)] == [1, 1]
    assert (await batch(world, one))["status"] == "done"
    at = [answer.headers["location"] for answer in many]
    found = [(await world.send("GET", address, org=OTHER_ORG)).json()["status"] for address in at]
    assert found == ["done", *["running"] * 4]

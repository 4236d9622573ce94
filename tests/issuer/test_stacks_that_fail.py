"""One learner's evaluation that fails in a way nobody thought of stops nobody else's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from prometheus_client import REGISTRY

from issuer.adapters.stacks.reading import ReadingStacks
from issuer.adapters.stacks.stacks import StackRows
from issuer.core.stacks.apply import ApplyStacks
from issuer.core.stacks.decide import decide
from issuer.core.stacks.stack import Due, Group, Situation
from issuer.main import Core, wire
from issuer.settings import IssuerSettings
from tests.issuer.pathways import Series
from tests.issuer.world import Clock, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

BAD, OTHERS = "bad@students.example", ("ana@students.example", "zoe@students.example")
HOUR = timedelta(hours=1)


class Poisonous(Exception):
    """What no code of ours expects."""


@pytest_asyncio.fixture
async def series(world: World, core: Core) -> Series:
    return await Series(world, core).open()


@pytest_asyncio.fixture
async def bad(series: Series) -> bytes:
    """Three learners have completed the pathway; the key of the one whose evaluation is to fail."""
    (first, _) = await series.earn("capstone", "python", email=BAD)
    for email in OTHERS:
        await series.earn("capstone", "python", email=email)
    found = await series.world.rows("SELECT recipient_key FROM credentials WHERE id::text = right(:id, 36)", id=first)
    return bytes(found[0][0])


def failures() -> float:
    return REGISTRY.get_sample_value("work_failed_total", {"work": "stacks"}) or 0.0


async def rounds(series: Series) -> None:
    """So many that everything else is done."""
    await series.core.publish_lists()
    for _ in range(20):
        await series.core.settle_stacks()
        [(left,)] = await series.world.rows("SELECT count(*) FROM stacks")
        if left == len(OTHERS):
            return


async def is_put_off(world: World, bad: bytes) -> bool:
    query = "SELECT max(attempts) > 0 FROM evaluations_due WHERE recipient_key = :bad"
    return bool((await world.rows(query, bad=bad))[0][0])


def of_reading(patched: pytest.MonkeyPatch, bad: bytes) -> None:
    gather = ReadingStacks.gather

    async def gathers(self: ReadingStacks, groups: Collection[Group], now: datetime) -> Any:
        if any(group.recipient_key == bad for group in groups):
            raise Poisonous("Ada Lovelace")
        return await gather(self, groups, now)

    patched.setattr(ReadingStacks, "gather", gathers)


def of_deciding(patched: pytest.MonkeyPatch, bad: bytes) -> None:
    def decides(situation: Situation, now: datetime) -> Any:
        if situation.group.recipient_key == bad:
            raise Poisonous("Ada Lovelace")
        return decide(situation, now)

    patched.setattr("issuer.core.stacks.settle.decide", decides)


def of_applying(patched: pytest.MonkeyPatch, bad: bytes) -> None:
    apply = ApplyStacks.__call__

    async def applies(self: ApplyStacks, situation: Situation, step: Any, due: Sequence[Due], **more: Any) -> bool:
        if situation.group.recipient_key == bad:
            raise Poisonous("Ada Lovelace")
        return await apply(self, situation, step, due, **more)

    patched.setattr(ApplyStacks, "__call__", applies)


@pytest.mark.parametrize("poison", [of_reading, of_deciding, of_applying])
async def test_all_others_are_awarded_and_it_is_tried_again(
    series: Series,
    world: World,
    bad: bytes,
    settings: IssuerSettings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    poison: Any,
) -> None:
    before = failures()
    with monkeypatch.context() as patched:
        poison(patched, bad)
        await rounds(series)
    assert [stack["status"] for stack in await series.stacks()] == ["awarded"] * len(OTHERS)
    assert failures() > before
    assert await is_put_off(world, bad)
    logged = next(line for line in capsys.readouterr().out.splitlines() if "stack_failed" in line)
    assert ("Poisonous" in logged, "settle.py" in logged, "Ada" in logged) == (True, True, False)

    clock = Clock()
    clock.ahead = HOUR
    later = wire(settings, world.database, clock)
    while await later.settle_stacks():
        continue
    assert [stack["status"] for stack in await series.stacks()] == ["awarded"] * (len(OTHERS) + 1)


async def test_looking_for_all_learners_of_a_pathway_stops_nothing_else(
    series: Series, world: World, bad: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody is to be looked for on a pathway for which that fails."""
    spread = StackRows.spread

    async def spreads(self: StackRows, due: Due) -> None:
        if due.pathway_id == "poisonous":
            raise Poisonous("Ada Lovelace")
        await spread(self, due)

    await world.rows(
        "INSERT INTO evaluations_due (id, org_id, pathway_id, due_at) OVERRIDING SYSTEM VALUE "
        "SELECT -1, org_id, 'poisonous', '-infinity' FROM evaluations_due LIMIT 1 RETURNING 1"
    )
    monkeypatch.setattr(StackRows, "spread", spreads)
    before = failures()
    await series.core.publish_lists()
    for _ in range(20):
        await series.core.settle_stacks()
    assert [stack["status"] for stack in await series.stacks()] == ["awarded"] * (len(OTHERS) + 1)
    assert failures() > before


async def test_a_lost_database_is_no_learners_fault(
    series: Series, world: World, bad: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> Any:
        raise OSError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(ReadingStacks, "gather", away)
        patched.setattr(StackRows, "postpone", away)
        with pytest.raises(OSError, match="away"):
            for _ in range(20):
                await series.core.settle_stacks()
    await world.rows("UPDATE evaluations_due SET taken_until = '-infinity' RETURNING 1")
    await series.settle()
    assert [stack["status"] for stack in await series.stacks()] == ["awarded"] * (len(OTHERS) + 1)


async def test_who_took_it_counts_for_that_claim_alone(series: Series, world: World) -> None:
    """The release before takes work without a number, and leaves that of an earlier claim, whose connection ended."""
    taken = """UPDATE evaluations_due SET taken_until = now() + interval '1 hour', taken_by = -1,
      taken_by_until = now() + interval '1 hour' - CAST(:earlier AS interval) RETURNING 1"""
    await series.earn("capstone", "python")
    await series.core.publish_lists()
    assert await world.rows(taken, earlier=timedelta(hours=2))
    assert await series.core.settle_stacks() == 0
    assert await world.rows(taken, earlier=timedelta())
    assert await series.core.settle_stacks() > 0

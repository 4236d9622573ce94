"""A stack is awarded once, whatever is asked again and whoever dies or sleeps meanwhile."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from contracts.events import CredentialIssued
from issuer.adapters.stacks.reading import ReadingStacks
from issuer.adapters.stacks.stacks import StackRows
from issuer.core.stacks.apply import ApplyStacks
from issuer.main import Core, wire
from issuer.settings import IssuerSettings
from service_kit.database import open_database
from tests.issuer.asleep import overtaken
from tests.issuer.pathways import Series
from tests.issuer.world import World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def series(world: World, core: Core) -> Series:
    return await Series(world, core).open()


async def test_it_is_awarded_once_whatever_is_asked_again(
    series: Series, world: World, settings: IssuerSettings
) -> None:
    await series.earn("capstone", "python")
    await series.core.publish_lists()
    await world.rows(
        "INSERT INTO evaluations_due (org_id, pathway_id, recipient_key, due_at) "
        "SELECT org_id, pathway_id, recipient_key, due_at FROM evaluations_due RETURNING 1"
    )
    others = [wire(settings, world.database).settle_stacks for _ in range(3)]
    await asyncio.gather(*(settle() for settle in others))
    await series.settle()
    assert [stack["status"] for stack in await series.stacks()] == ["awarded"]
    issued = await world.events(CredentialIssued.event_type)
    assert sum(event.achievement_id == series.achievements["certificate"] for event in issued) == 1


async def test_a_process_that_dies_after_awarding_awards_nothing_twice(
    series: Series, world: World, settings: IssuerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        """As if by kill -9: nothing after it happens."""

    async def die(*_: object) -> None:
        raise Killed

    await series.earn("capstone", "python")
    await series.core.publish_lists()
    with monkeypatch.context() as patched:
        patched.setattr(StackRows, "done", die)
        with pytest.raises(Killed):
            while await series.core.settle_stacks():
                continue
    assert await world.count("stacks") <= 1
    # Another process finds the work when the dead one's time is over.
    await world.rows("UPDATE evaluations_due SET taken_until = '-infinity' RETURNING 1")
    other = Series(world, wire(settings, world.database))
    await other.settle()
    assert [stack["status"] for stack in await series.stacks()] == ["awarded"]
    issued = await world.events(CredentialIssued.event_type)
    assert sum(event.achievement_id == series.achievements["certificate"] for event in issued) == 1


async def test_what_a_dead_process_took_is_free_at_once(
    series: Series, world: World, settings: IssuerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As if by kill -9."""

    async def die(*_: object, **__: object) -> None:
        raise Killed

    await series.settle()
    await series.earn("capstone", "python")
    await series.core.publish_lists()
    async with open_database(settings.database, "a process of its own") as own:
        monkeypatch.setattr(ReadingStacks, "gather", die)
        with pytest.raises(Killed):
            await wire(settings, own).settle_stacks()
        monkeypatch.undo()
        assert await series.core.settle_stacks() == 0  # it may be at it
    await series.settle()
    assert [stack["status"] for stack in await series.stacks()] == ["awarded"]


async def test_who_sleeps_past_the_lease_awards_nothing_twice(
    series: Series, world: World, settings: IssuerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process awards it, and a component falls, before the first one wakes."""
    capstone, _ = await series.earn("capstone", "python")
    await series.core.publish_lists()

    async def meanwhile() -> None:
        await world.rows("UPDATE evaluations_due SET taken_until = '-infinity' RETURNING 1")
        other = Series(world, wire(settings, world.database))
        await other.settle()
        assert [stack["status"] for stack in await series.stacks()] == ["awarded"]
        await series.change(capstone, "suspend")

    await overtaken(monkeypatch, (ApplyStacks, "__call__"), series.core.settle_stacks, meanwhile)
    await series.settle()
    assert [stack["status"] for stack in await series.stacks()] == ["suspended"]
    issued = await world.events(CredentialIssued.event_type)
    assert sum(event.achievement_id == series.achievements["certificate"] for event in issued) == 1

"""Stacks follow what becomes of their components: revoked, suspended, corrected, expired, or another in their place."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from contracts.events import credential_event_id
from credential_core.timestamps import format_timestamp
from issuer.main import Core, wire
from issuer.settings import IssuerSettings
from service_kit.clock import utc_now
from stacking.record import find_record
from tests.issuer.pathways import Series
from tests.issuer.world import ORG, Clock, World

Json = dict[str, Any]

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def series(world: World, core: Core) -> Series:
    return await Series(world, core).open()


async def test_a_component_that_expires_takes_nothing_away_but_a_case_is_withdrawn(
    series: Series, world: World, settings: IssuerSettings
) -> None:
    approved = Series(world, series.core)
    approved.achievements = dict(series.achievements)
    approved.achievements["certificate"] = await world.achievement(name="Another")
    await approved.publish(awarding="approval")
    await series.earn("capstone", "python", validUntil=format_timestamp(utc_now() + timedelta(days=1)))
    await series.settle()
    assert {stack["status"] for stack in await series.stacks()} == {"awarded", "waiting"}
    clock = Clock()
    clock.ahead = timedelta(days=2)
    later = wire(settings, world.database, clock)
    while await later.settle_stacks():
        continue
    assert {stack["status"] for stack in await series.stacks()} == {"awarded", "withdrawn"}


async def test_a_component_that_is_suspended_and_reinstated_takes_the_stack_along(series: Series, world: World) -> None:
    capstone, _ = await series.earn("capstone", "python")
    await series.settle()
    credential = (await series.stack())["credential"]

    await series.change(capstone, "suspend")
    await series.settle()
    assert (await series.stack())["status"] == "suspended"
    assert (await series.credential(credential))["status"] == "suspended"

    await series.change(capstone, "reinstate")
    await series.settle()
    stack = await series.stack()
    assert stack["status"] == "awarded"
    assert (await series.credential(credential))["status"] == "issued"
    assert [step["status"] for step in stack["history"]] == ["awarded", "suspended", "awarded"]
    told = [event for event in await world.events() if getattr(event, "credential_id", None) == credential]
    causes = [event.caused_by for event in told]
    assert causes[1:] == [credential_event_id(capstone, 2), credential_event_id(capstone, 3)]
    assert [step["causedBy"] for step in stack["history"]] == causes


async def test_a_revoked_component_revokes_it_and_it_can_be_earned_again(series: Series) -> None:
    capstone, _ = await series.earn("capstone", "python")
    await series.settle()
    first = (await series.stack())["credential"]

    await series.change(capstone, "revoke")
    await series.settle()
    assert (await series.stack())["status"] == "revoked"
    assert (await series.credential(first))["status"] == "revoked"

    await series.earn("capstone")
    await series.settle()
    again, before = await series.stacks()
    assert (again["status"], before["status"]) == ("awarded", "revoked")
    assert again["credential"] != first


async def test_what_it_can_do_without_may_fall(series: Series) -> None:
    _, python, _ = await series.earn("capstone", "python", "statistics")
    await series.settle()
    stack = await series.stack()
    await series.change(python, "revoke")
    await series.settle()
    assert await series.stack() == stack


async def test_where_another_takes_its_place_the_credential_is_signed_anew(series: Series) -> None:
    capstone, python = await series.earn("capstone", "python")
    await series.settle()
    before = await series.stack()
    [statistics] = await series.earn("statistics")
    await series.settle()
    assert (await series.stack())["evaluation"] == before["evaluation"]

    await series.change(python, "revoke")
    await series.settle()
    stack = await series.stack()
    assert (stack["status"], stack["credential"]) == ("awarded", before["credential"])
    credential = (await series.credential(stack["credential"]))["credential"]
    record = find_record(credential)
    assert record is not None
    assert {one.held.id for one in record.inputs} == {capstone, statistics}


async def test_a_corrected_component_is_named_by_its_new_document(series: Series, world: World) -> None:
    capstone, _ = await series.earn("capstone", "python")
    await series.settle()
    answer = await world.send("POST", f"{capstone}/correct", {"reason": "spelling", "narrative": "Well done."})
    assert answer.status_code == 200, answer.text
    await series.settle()

    stack = await series.stack()
    assert stack["status"] == "awarded"
    record = find_record((await series.credential(stack["credential"]))["credential"])
    assert record is not None
    digests = {one.held.id: one.digest for one in record.inputs}
    assert digests[capstone] == (await series.credential(capstone))["digest"]


async def test_a_stack_that_somebody_revoked_is_not_awarded_again_by_itself(series: Series) -> None:
    await series.earn("capstone", "python")
    await series.settle()
    await series.change((await series.stack())["credential"], "revoke")
    await series.settle()
    assert (await series.stack())["status"] == "revoked"

    await series.earn("statistics")
    await series.settle()
    assert [stack["status"] for stack in await series.stacks()] == ["waiting", "revoked"]


async def test_what_somebody_suspended_is_theirs_to_reinstate(series: Series) -> None:
    capstone, _ = await series.earn("capstone", "python")
    await series.settle()
    credential = (await series.stack())["credential"]
    await series.change(credential, "suspend")
    for action in ("suspend", "reinstate"):
        await series.change(capstone, action)
        await series.settle()
    assert (await series.credential(credential))["status"] == "suspended"


async def test_a_batch_of_components_and_a_batch_of_revocations_are_followed(
    series: Series, world: World, core: Core
) -> None:
    for name in ("capstone", "python"):
        rows: list[Json] = [{"recipient": {"email": f"s{number}@students.example"}} for number in range(5)]
        answer = await world.client.post(
            "/batches", params={"achievement": series.achievements[name]}, json=rows, headers=world.headers(ORG)
        )
        assert answer.status_code == 202, answer.text
    while await core.work_batches():
        continue
    await series.settle()
    assert len(await series.stacks(status="awarded")) == 5

    page = await world.client.get(
        "/credentials", params={"achievement": series.achievements["capstone"]}, headers=world.headers(ORG)
    )
    rows = [{"credential": one["id"], "reason": "a mistake"} for one in page.json()["items"]]
    answer = await world.client.post("/batches/revoke", json=rows, headers=world.headers(ORG))
    assert answer.status_code == 202, answer.text
    while await core.work_changes():
        continue
    await series.settle()
    assert len(await series.stacks(status="revoked")) == 5

"""Stacks: awarded by themselves, with their components and the record of the decision, and read again."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import pytest_asyncio

from contracts.events import CredentialIssued, StatusListPublished
from credential_core.jcs import digest
from credential_core.keys import PublicKey
from credential_core.model import validate_achievement_credential, validate_credential
from credential_core.proof import verify_proof
from issuer.main import Core
from service_kit.database import Database
from service_kit.testing import BASE_URL
from stacking.recheck import Given, Holding, recheck
from stacking.record import find_record
from tests.issuer.pathways import Series
from tests.issuer.world import ORG, OTHER_ORG, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
Json = dict[str, Any]


@pytest_asyncio.fixture
async def series(world: World, core: Core) -> Series:
    return await Series(world, core).open()


async def test_a_completed_pathway_is_awarded_with_its_components_and_the_record(series: Series) -> None:
    capstone, python = await series.earn("capstone", "python")
    await series.settle()

    stack = await series.stack()
    assert (stack["status"], stack["pathway"], stack["pathwayVersion"]) == ("awarded", series.id, 1)
    credential = (await series.credential(stack["credential"]))["credential"]
    assert validate_achievement_credential(credential) == ()
    assert credential["credentialSubject"]["achievement"]["name"] == "Certificate"
    assert [one["id"] for one in credential["evidence"][:-1]] == [capstone, python]
    component = (await series.credential(python))["credential"]
    assert credential["credentialSubject"]["identifier"] == component["credentialSubject"]["identifier"]
    record = find_record(credential)
    assert record is not None
    assert {one.held.id for one in record.inputs} == {capstone, python}
    assert all(one.listed and one.listed[0].digest.startswith("u") for one in record.inputs)


async def test_anybody_can_make_the_decision_again(series: Series) -> None:
    names = await series.earn("capstone", "statistics")
    await series.settle()
    credential = (await series.credential((await series.stack())["credential"]))["credential"]
    given = {}
    for name in names:
        detail = await series.credential(name)
        given[name] = Given(detail["credential"], detail["digest"])

    found = recheck(credential, series.document(), standing=dict.fromkeys(names, True), given=given)
    assert found.holding is Holding.HOLDS
    gone = recheck(credential, series.document(), standing={names[0]: False, names[1]: True}, given=given)
    assert gone.holding is Holding.FAILS


async def test_a_stack_without_its_capstone_is_never_awarded(series: Series) -> None:
    await series.earn("python", "statistics")
    await series.settle()
    assert await series.stacks() == []


async def test_the_record_names_the_status_list_as_it_was_published(series: Series, world: World) -> None:
    capstone, _ = await series.earn("capstone", "python")
    for action in ("suspend", "reinstate"):
        await series.change(capstone, action)
    await series.settle()
    record = find_record((await series.credential((await series.stack())["credential"]))["credential"])
    assert record is not None
    shown = [digest(event.credential) for event in await world.events(StatusListPublished.event_type)]
    assert {listed.digest for one in record.inputs for listed in one.listed} == {shown[-1]}


async def test_an_achievement_that_feeds_no_pathway_leaves_nothing_to_do(series: Series, world: World) -> None:
    await series.settle()
    await world.rows("DELETE FROM evaluations_due RETURNING 1")
    await world.issue(await world.achievement())
    assert await world.count("evaluations_due") == 0


async def test_events_name_the_event_that_caused_them(series: Series, world: World) -> None:
    await series.earn("capstone", "python")
    await series.settle()
    ids = {row[0] for row in await world.rows("SELECT id FROM outbox")}
    [stacked] = [event for event in await world.events(CredentialIssued.event_type) if event.caused_by]
    assert stacked.caused_by in ids


async def test_a_new_pathway_finds_those_who_completed_it_already(world: World, core: Core) -> None:
    series = await Series(world, core).open()
    await series.earn("capstone", "python")
    await world.rows("DELETE FROM evaluations_due RETURNING 1")
    assert await series.publish(version=2) == "applied"
    await series.settle()
    assert (await series.stack())["pathwayVersion"] == 2


async def test_a_retired_pathway_awards_nothing_new(series: Series) -> None:
    await series.publish(revision=2, retired=True)
    await series.earn("capstone", "python")
    await series.settle()
    assert await series.stacks() == []


async def test_another_organizations_pathway_sees_nothing_of_ours(world: World, core: Core) -> None:
    series = await Series(world, core).open(org=OTHER_ORG)
    await series.earn("capstone", "python")
    await series.settle()
    assert await series.stacks() == await series.stacks(org=OTHER_ORG) == []


async def test_stacks_are_found_by_pathway_learner_and_status(series: Series, world: World) -> None:
    for name in ("ana", "ben", "cem"):
        await series.earn("capstone", "python", email=f"{name}@students.example")
    await series.settle()
    assert len(await series.stacks(pathway=series.id)) == 3
    assert len(await series.stacks(pathway=series.id.rsplit("/", 1)[-1], status="awarded")) == 3
    assert await series.stacks(status="waiting") == []
    ben = hashlib.sha256(b"ben@students.example").hexdigest()
    assert len(await series.stacks(recipient=f"sha256${ben}")) == 1
    first = await world.client.get("/stacks", params={"limit": "2"}, headers=world.headers(ORG))
    rest = await world.client.get(first.links["next"]["url"], headers=world.headers(ORG))
    found = [*first.json()["items"], *rest.json()["items"]]
    assert len({one["id"] for one in found}) == 3
    answer = await world.client.get("/stacks", params={"pathway": "x"}, headers=world.headers(ORG))
    assert answer.status_code == 422


async def test_one_component_serves_many_programmes_within_what_may_be_shared(
    series: Series, world: World, core: Core
) -> None:
    second, third = Series(world, core), Series(world, core)
    for other in (second, third):
        other.achievements = dict(series.achievements)
        other.achievements["certificate"] = await world.achievement(name="Another")
    await second.publish()
    await third.publish(sharing=[{"pathway": series.id, "maximumCredits": 0}])
    await series.earn("capstone", "python", creditsEarned=5)
    await series.settle()
    assert {stack["pathway"] for stack in await series.stacks()} == {series.id, second.id}


async def test_a_stack_is_a_component_of_another(series: Series, world: World, core: Core) -> None:
    above = Series(world, core)
    above.achievements = {
        **series.achievements,
        "capstone": series.achievements["certificate"],
        "certificate": await world.achievement(name="Diploma"),
    }
    await above.publish()
    capstone, _ = await series.earn("capstone", "python")
    await series.settle()
    by = {stack["pathway"]: stack for stack in await series.stacks()}
    assert by.keys() == {series.id, above.id}
    await series.change(capstone, "suspend")
    await series.settle()
    assert {stack["status"] for stack in await series.stacks()} == {"suspended"}
    await series.change(capstone, "reinstate")
    await series.settle()
    assert {stack["status"] for stack in await series.stacks()} == {"awarded"}


async def test_what_cannot_be_issued_is_put_before_somebody(series: Series, world: World, database: Database) -> None:
    await world.rows(
        "UPDATE achievements SET retired = true WHERE id = :id RETURNING 1", id=series.achievements["certificate"]
    )
    await series.earn("capstone", "python")
    await series.core.publish_lists()
    for _ in range(8):
        await series.core.settle_stacks()
        await world.rows(
            "UPDATE evaluations_due SET due_at = now() - interval '1 s', taken_until = '-infinity' RETURNING 1"
        )
    case = await series.stack()
    assert (case["status"], case["problem"]["code"]) == ("waiting", "achievement-retired")
    assert (case["problem"]["type"], case["problem"]["status"]) == (f"{BASE_URL}/problems/achievement-retired", 409)
    refused = await world.send("POST", f"{case['id']}/approve", {"reason": "x"})
    assert (refused.status_code, problem_code(refused)) == (409, "achievement-retired")


async def test_a_stack_with_its_components_is_a_learner_record(series: Series, world: World) -> None:
    capstone, python = await series.earn("capstone", "python")
    await series.settle()
    stack = await series.stack()
    answers = [await world.send("POST", f"{stack['id']}/record", idempotency_key="a-record") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
    assert answers[0].content == answers[1].content
    record = answers[0].json()["credential"]
    assert validate_credential(record) == ()
    subject = record["credentialSubject"]
    assert [one["id"] for one in subject["verifiableCredential"]] == [capstone, python, stack["credential"]]
    associations = {(one["sourceId"], one["associationType"], one["targetId"]) for one in subject["association"]}
    # CLR 2.0 associates achievements, not credentials: a reader looks these ids up in what it holds.
    *parts, whole = (one["credentialSubject"]["achievement"]["id"] for one in subject["verifiableCredential"])
    assert associations == {(one, "isPartOf", whole) for one in parts}
    assert [one["type"] for one in subject["association"]] == ["Association"] * 2  # its schema has no array here
    assert {one.rpartition("/versions/")[0] for one in parts} == {
        series.achievements[name] for name in ("capstone", "python")
    }
    key = (await world.rows("SELECT public_key FROM issuer_keys"))[0][0]
    verify_proof(record, record["proof"], PublicKey.from_multibase(key))

    await series.change(capstone, "suspend")
    refused = await world.send("POST", f"{stack['id']}/record")
    assert (refused.status_code, problem_code(refused)) == (409, "stack-not-awarded")
    assert (await world.send("POST", f"{stack['id']}/record", org=OTHER_ORG)).status_code == 404

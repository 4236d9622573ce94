"""Stacks: awarded by themselves or after approval, once, and following what becomes of their components."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from contracts.events import CredentialIssued, StatusListPublished, credential_event_id
from credential_core.jcs import digest
from credential_core.keys import PublicKey
from credential_core.model import validate_achievement_credential, validate_credential
from credential_core.proof import verify_proof
from credential_core.timestamps import format_timestamp
from issuer.adapters.stacks.reading import ReadingStacks
from issuer.adapters.stacks.stacks import StackRows
from issuer.core.stacks.apply import ApplyStacks
from issuer.main import Core, wire
from issuer.settings import IssuerSettings
from service_kit.clock import utc_now
from service_kit.database import Database, open_database
from stacking.recheck import Given, Holding, recheck
from stacking.record import find_record
from tests.issuer.asleep import overtaken
from tests.issuer.pathways import Series
from tests.issuer.world import ORG, OTHER_ORG, Clock, World, problem_code

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


async def test_the_record_names_the_status_list_as_it_was_published(series: Series, world: World) -> None:
    capstone, _ = await series.earn("capstone", "python")
    for action in ("suspend", "reinstate"):
        await series.change(capstone, action)
    await series.settle()
    record = find_record((await series.credential((await series.stack())["credential"]))["credential"])
    assert record is not None
    shown = [digest(event.credential) for event in await world.events(StatusListPublished.event_type)]
    assert {listed.digest for one in record.inputs for listed in one.listed} == {shown[-1]}


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


async def test_an_achievement_that_feeds_no_pathway_leaves_nothing_to_do(series: Series, world: World) -> None:
    await series.settle()
    await world.rows("DELETE FROM evaluations_due RETURNING 1")
    await world.issue(await world.achievement())
    assert await world.count("evaluations_due") == 0


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


async def test_events_name_the_event_that_caused_them(series: Series, world: World) -> None:
    await series.earn("capstone", "python")
    await series.settle()
    ids = {row[0] for row in await world.rows("SELECT id FROM outbox")}
    [stacked] = [event for event in await world.events(CredentialIssued.event_type) if event.caused_by]
    assert stacked.caused_by in ids


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


class TestApproval:
    """A pathway whose completions somebody approves."""

    @pytest_asyncio.fixture
    async def series(self, world: World, core: Core) -> Series:
        return await Series(world, core).open(awarding="approval")

    async def test_it_waits_and_is_awarded_when_approved(self, series: Series, world: World) -> None:
        await series.earn("capstone", "python")
        await series.settle()
        case = await series.stack()
        assert (case["status"], case["credential"]) == ("waiting", None)
        assert all(step["isMet"] for step in case["explanation"] if step["name"] != "statistics")

        for _ in range(2):
            answer = await world.send("POST", f"{case['id']}/approve", {"reason": "seen the portfolio"})
            assert (answer.status_code, answer.json()["status"]) == (200, "awarded"), answer.text
        issued = await world.events(CredentialIssued.event_type)
        assert sum(event.achievement_id == series.achievements["certificate"] for event in issued) == 1

    async def test_a_refusal_stands_for_the_same_evidence_only(self, series: Series, world: World) -> None:
        await series.earn("capstone", "python")
        await series.settle()
        case = await series.stack()
        for _ in range(2):
            answer = await world.send("POST", f"{case['id']}/refuse", {"reason": "the portfolio is missing"})
            assert (answer.status_code, answer.json()["status"]) == (200, "refused"), answer.text
        late = await world.send("POST", f"{case['id']}/approve", {"reason": "x"})
        assert (late.status_code, problem_code(late)) == (409, "stack-not-waiting")
        await world.rows(
            "INSERT INTO evaluations_due (org_id, pathway_id, recipient_key, due_at) "
            "SELECT org_id, pathway_id, recipient_key, now() FROM stacks RETURNING 1"
        )
        await series.settle()
        assert len(await series.stacks()) == 1
        await series.earn("statistics")
        await series.settle()
        assert [stack["status"] for stack in await series.stacks()] == ["waiting", "refused"]

    @pytest.mark.parametrize(("action", "status"), [("approve", "awarded"), ("refuse", "refused")])
    async def test_who_decides_may_say_which_evidence_they_saw(
        self, series: Series, world: World, action: str, status: str
    ) -> None:
        await series.earn("capstone", "python")
        await series.settle()
        path = (await series.stack())["id"]
        seen = (await world.send("GET", path)).headers["etag"]
        assert (await world.send("GET", path, If_None_Match=seen)).status_code == 304
        await series.earn("statistics")
        await series.settle()
        present = (await world.send("GET", path)).headers["etag"]
        if present == seen:  # the pathway counts no more than it needs
            await world.rows("UPDATE stacks SET revision = revision + 1 RETURNING 1")
            present = (await world.send("GET", path)).headers["etag"]
        stale = await world.send("POST", f"{path}/{action}", {"reason": "x"}, If_Match=seen)
        assert (stale.status_code, problem_code(stale), stale.headers["etag"]) == (412, "precondition-failed", present)
        racing = [world.send("POST", f"{path}/{action}", {"reason": "x"}, If_Match=present) for _ in range(3)]
        answers = await asyncio.gather(*racing)
        won = [answer for answer in answers if answer.status_code == 200]
        assert (len(won), won[0].json()["status"]) == (1, status), [answer.text for answer in answers]
        assert won[0].headers["etag"] == (await world.send("GET", path)).headers["etag"]

    async def test_it_is_not_awarded_before_the_lists_show_what_its_components_are(
        self, series: Series, world: World
    ) -> None:
        capstone, _ = await series.earn("capstone", "python")
        await series.settle()
        case = await series.stack()
        for action in ("suspend", "reinstate"):
            await series.change(capstone, action)
        early = await world.send("POST", f"{case['id']}/approve", {"reason": "x"})
        assert (early.status_code, problem_code(early)) == (409, "changed-meanwhile")
        async with asyncio.timeout(30):
            while (answer := await world.send("POST", f"{case['id']}/approve", {"reason": "x"})).status_code == 409:
                await series.core.publish_lists()
        assert (answer.status_code, answer.json()["status"]) == (200, "awarded"), answer.text

    async def test_it_is_withdrawn_when_it_is_no_longer_complete(self, series: Series, world: World) -> None:
        capstone, _ = await series.earn("capstone", "python")
        await series.settle()
        case = await series.stack()
        await series.change(capstone, "suspend")
        answer = await world.send("POST", f"{case['id']}/approve", {"reason": "x"})
        assert (answer.status_code, problem_code(answer)) == (409, "stack-not-complete")
        assert (await series.stack())["status"] == "withdrawn"
        await series.change(capstone, "reinstate")
        await series.settle()
        assert [stack["status"] for stack in await series.stacks()] == ["waiting", "withdrawn"]

    @pytest.mark.parametrize("action", ["approve", "refuse"])
    async def test_it_is_nobody_elses(self, series: Series, world: World, action: str) -> None:
        await series.earn("capstone", "python")
        await series.settle()
        case = await series.stack()
        await world.issuer(org=OTHER_ORG)
        answer = await world.send("POST", f"{case['id']}/{action}", {"reason": "x"}, org=OTHER_ORG)
        assert answer.status_code == 404
        assert (await world.send("GET", case["id"], org=OTHER_ORG)).status_code == 404
        assert await series.stacks(org=OTHER_ORG) == []
        assert (await series.stack())["status"] == "waiting"


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
    assert {one.rpartition("/versions/")[0] for one in parts} == {
        series.achievements[name] for name in ("capstone", "python")
    }
    key = (await world.rows("SELECT public_key FROM issuer_keys"))[0][0]
    verify_proof(record, record["proof"], PublicKey.from_multibase(key))

    await series.change(capstone, "suspend")
    refused = await world.send("POST", f"{stack['id']}/record")
    assert (refused.status_code, problem_code(refused)) == (409, "stack-not-awarded")
    assert (await world.send("POST", f"{stack['id']}/record", org=OTHER_ORG)).status_code == 404

"""Corrections: what stays, what moves, what is told, and what is refused."""

import asyncio
import json
from typing import Any

import pytest

from credential_core.jcs import digest
from credential_core.keys import PublicKey
from credential_core.model import validate_achievement_credential
from credential_core.proof import verify_proof
from credential_core.timestamps import parse_timestamp
from service_kit.ids import new_id
from tests.issuer.world import LEARNER, OTHER_ORG, Json, World, fields, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
RESULT = f"urn:uuid:{new_id()}"


async def correct(world: World, issued: Json, status: int = 200, key: str | None = None, **members: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"reason": "a slip of the pen"} | members
    answer = await world.send("POST", f"{issued['id']}/correct", body, **headers)
    assert answer.status_code == status, answer.text
    return answer


def without(document: Json, *names: str) -> Json:
    return {name: value for name, value in document.items() if name not in names}


async def test_the_id_the_place_and_the_award_stay_and_valid_from_moves(world: World) -> None:
    issued = await world.issue(await world.ready(), narrative="Segmentation", validFrom="2026-03-01T10:00:00Z")
    answer = (await correct(world, issued, narrative="Segmentation, monitoring")).json()
    before, after = issued["credential"], answer["credential"]
    assert (answer["id"], answer["status"]) == (issued["id"], "issued")
    assert after["awardedDate"] == before["validFrom"]
    assert parse_timestamp(after["validFrom"]) > parse_timestamp(before["validFrom"])
    assert after["credentialSubject"].pop("narrative") == "Segmentation, monitoring"
    before["credentialSubject"].pop("narrative")
    changed = ("validFrom", "awardedDate", "proof")
    assert without(after, *changed) == without(before, *changed)


async def test_the_new_document_is_genuine_and_the_only_one(world: World) -> None:
    issued = await world.issue(await world.ready())
    answer = await correct(world, issued, recipient={"name": "Ana Silva"})
    document = answer.json()["credential"]
    (profile,) = await world.events("issuer.published.v1")
    method = profile.did_document["verificationMethod"][0]
    verify_proof(document, document["proof"], PublicKey.from_multibase(method["publicKeyMultibase"]))
    assert validate_achievement_credential(document) == ()
    kept = await world.send("GET", issued["id"], Accept="application/vc")
    assert kept.content in answer.content
    detail = (await world.send("GET", issued["id"])).json()
    assert detail["digest"] == digest(document)


async def test_it_is_told_with_the_next_revision_and_no_learner(world: World) -> None:
    issued = await world.issue(await world.ready(), validUntil="2031-01-01T00:00:00Z")
    document = (await correct(world, issued, validUntil=None, recipient={"name": "Ana Silva"})).json()["credential"]
    (first,), (event,) = await world.events("credential.issued.v1"), await world.events("credential.corrected.v1")
    assert (event.credential_id, event.revision, event.state) == (issued["id"], 2, "issued")
    assert (event.replaces, event.digest) == (first.digest, digest(document))
    assert (event.valid_from, event.valid_until) == (parse_timestamp(document["validFrom"]), None)
    assert (event.status_list, event.status_index) == (first.status_list, first.status_index)
    assert "slip" not in event.model_dump_json()
    assert "Silva" not in event.model_dump_json()
    history = (await world.send("GET", issued["id"])).json()["history"]
    assert [(step["status"], step["revision"]) for step in history] == [("issued", 1), ("issued", 2)]
    assert (history[1]["reason"], history[1]["digest"]) == ("a slip of the pen", event.digest)


async def test_the_award_is_the_first_one_after_many_corrections(world: World) -> None:
    issued = await world.issue(await world.ready(), awardedDate="2025-06-01T00:00:00Z")
    moments = [issued["credential"]["validFrom"]]
    for word in ("one", "two", "three"):
        document = (await correct(world, issued, narrative=word)).json()["credential"]
        assert document["awardedDate"] == "2025-06-01T00:00:00Z"
        moments.append(document["validFrom"])
    parsed = [parse_timestamp(moment) for moment in moments]
    assert sorted(set(parsed)) == parsed


async def test_everything_that_was_asked_for_may_be_corrected(world: World) -> None:
    await world.issuer()
    described = [{"id": RESULT, "type": ["ResultDescription"], "name": "Grade", "resultType": "LetterGrade"}]
    issued = await world.issue(
        await world.achievement(resultDescription=described),
        results=[{"resultDescription": RESULT, "value": "C"}],
        evidence=[{"narrative": "A draft."}],
        creditsEarned=2.5,
        activityEndDate="2026-01-31T00:00:00Z",
    )
    document = (
        await correct(
            world,
            issued,
            results=[{"resultDescription": RESULT, "value": "A"}],
            evidence=None,
            creditsEarned=3,
            activityStartDate="2026-01-01T00:00:00Z",
            recipient={"email": "ada@students.example", "plaintext": True},
            validUntil="2036-01-01T00:00:00Z",
        )
    ).json()["credential"]
    subject = document["credentialSubject"]
    assert [result["value"] for result in subject["result"]] == ["A"]
    assert "evidence" not in document
    assert (subject["creditsEarned"], subject["activityStartDate"]) == (3, "2026-01-01T00:00:00Z")
    assert [one["identityHash"] for one in subject["identifier"]] == ["ada@students.example"]
    assert document["validUntil"] == "2036-01-01T00:00:00Z"


@pytest.mark.parametrize("first", [{"email": LEARNER}, {"did": "did:example:ana"}])
async def test_a_name_is_put_in_replaced_and_taken_away(world: World, first: Json) -> None:
    issued = await world.issue(await world.ready(), recipient=first)
    learner = issued["credential"]["credentialSubject"]
    for name in ("Anna Silva", "Ana Silva", None):
        document = (await correct(world, issued, recipient={"name": name})).json()["credential"]
        subject = document["credentialSubject"]
        names = [one["identityHash"] for one in subject.get("identifier", []) if one["identityType"] == "name"]
        assert names == ([name] if name else [])
        others = [one for one in subject.get("identifier", []) if one["identityType"] != "name"]
        assert (subject.get("id"), others) == (learner.get("id"), learner.get("identifier", []))


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({}, "body"),
        ({"awardedDate": "2026-01-01T00:00:00Z"}, "awardedDate"),
        ({"achievement": "https://laurel.test/achievements/1"}, "achievement"),
        ({"validFrom": None}, "body"),
        ({"recipient": None}, "body"),
        ({"recipient": {}}, "recipient"),
        ({"recipient": {"plaintext": True}}, "recipient"),
        ({"recipient": {"email": LEARNER, "did": "did:example:1"}}, "recipient"),
        ({"validFrom": "2026-02-28T00:00:00Z"}, "validFrom"),
        ({"validUntil": "2026-03-01T00:00:00Z"}, "validUntil"),
        ({"results": [{"resultDescription": "urn:x", "value": "A"}]}, "results.0.resultDescription"),
        ({"activityEndDate": "2025-12-31T00:00:00Z"}, "activityEndDate"),
        ({"narrative": "x", "reason": ""}, "reason"),
    ],
)
async def test_what_is_wrong_is_named_and_changes_nothing(world: World, members: Json, field: str) -> None:
    issued = await world.issue(
        await world.ready(), validFrom="2026-03-01T10:00:00Z", activityStartDate="2026-01-01T00:00:00Z"
    )
    answer = await correct(world, issued, 422, **members)
    assert [name.removeprefix("body.") for name in fields(answer)] == [field]
    assert await world.events("credential.corrected.v1") == []
    assert (await world.send("GET", issued["id"])).json()["credential"] == issued["credential"]


async def test_the_state_stays(world: World) -> None:
    issued = await world.issue(await world.ready())
    await world.send("POST", f"{issued['id']}/suspend", {"reason": "a test"})
    assert (await correct(world, issued, narrative="x")).json()["status"] == "suspended"
    (event,) = await world.events("credential.corrected.v1")
    assert (event.state, event.revision) == ("suspended", 3)
    await world.send("POST", f"{issued['id']}/revoke", {"reason": "a test"})
    assert problem_code(await correct(world, issued, 409, narrative="y")) == "status-transition-not-allowed"


async def test_a_retired_achievement_may_be_corrected_an_inactive_issuer_signs_nothing(world: World) -> None:
    issuer = await world.issuer()
    uid = new_id()
    issued = await world.issue(await world.achievement(uid=uid))
    await world.achievement(uid=uid, revision=2, retired=True)
    await correct(world, issued, narrative="x")
    await world.send("PATCH", f"/issuers/{issuer['slug']}", {"active": False})
    assert problem_code(await correct(world, issued, 409, narrative="y")) == "issuer-inactive"


async def test_a_key_corrects_once(world: World) -> None:
    issued = await world.issue(await world.ready())
    first = await correct(world, issued, narrative="x", key="once")
    again = await correct(world, issued, narrative="x", key="once")
    assert again.content == first.content
    assert len(await world.events("credential.corrected.v1")) == 1
    assert problem_code(await correct(world, issued, 409, narrative="y", key="once")) == "idempotency-key-reused"


async def test_corrections_at_once_follow_each_other(world: World) -> None:
    issued = await world.issue(await world.ready())
    answers = await asyncio.gather(*(correct(world, issued, narrative=f"number {n}") for n in range(4)))
    told = await world.events("credential.corrected.v1")
    assert [event.revision for event in told] == [2, 3, 4, 5]
    assert [event.replaces for event in told[1:]] == [event.digest for event in told[:-1]]
    assert {event.digest for event in told} == {digest(answer.json()["credential"]) for answer in answers}
    moments = [event.valid_from for event in told]
    assert moments == sorted(set(moments))


async def test_a_revocation_meanwhile_is_not_undone(world: World) -> None:
    issued = await world.issue(await world.ready())
    await asyncio.gather(
        world.send("POST", f"{issued['id']}/revoke", {"reason": "a test"}),
        world.send("POST", f"{issued['id']}/correct", {"reason": "a test", "narrative": "x"}),
    )
    assert (await world.send("GET", issued["id"])).json()["status"] == "revoked"
    revisions = [event.revision for event in await world.events() if hasattr(event, "credential_id")]
    assert revisions == list(range(1, len(revisions) + 1))


async def test_a_learner_named_anew_is_found_so_and_has_it_once(world: World) -> None:
    achievement = await world.ready()
    ana, bob = [await world.issue(achievement, recipient={"email": f"{name}@s.example"}) for name in ("ana", "bob")]
    await correct(world, ana, recipient={"email": "eve@s.example"})
    answer = await correct(world, bob, 409, recipient={"email": "EVE@s.example"})
    assert problem_code(answer) == "already-awarded"
    kept = json.dumps((await world.send("GET", bob["id"])).json()["credential"])
    assert kept == json.dumps(bob["credential"])


async def test_another_university_corrects_nothing(world: World) -> None:
    issued = await world.issue(await world.ready())
    answer = await world.send("POST", f"{issued['id']}/correct", {"reason": "x", "narrative": "x"}, org=OTHER_ORG)
    assert answer.status_code == 404
    assert await world.events("credential.corrected.v1") == []

"""POST /credentials: the contract, and what stands in the document and the event."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core.did import assertion_method
from credential_core.jcs import digest
from credential_core.model import identity_matches, validate_achievement_credential
from credential_core.proof import verify_proof
from service_kit.ids import new_id
from service_kit.testing import BASE_URL
from tests.issuer.world import LEARNER, OTHER_ORG, World, achievement_published, fields, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

EMAIL = LEARNER.lower()


async def test_a_credential_is_issued_signed_and_well_made(world: World) -> None:
    achievement = await world.ready()
    answer = await world.send("POST", "/credentials", {"achievement": achievement, "recipient": {"email": LEARNER}})
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == body["id"] == body["credential"]["id"]
    assert body["id"].startswith(f"{BASE_URL}/credentials/")
    assert body["status"] == "issued"
    assert validate_achievement_credential(body["credential"]) == ()


async def test_the_signature_is_by_the_published_key(world: World) -> None:
    credential = (await world.issue(await world.ready()))["credential"]
    (published,) = await world.events("issuer.published.v1")
    method = assertion_method(published.did_document, credential["proof"]["verificationMethod"])
    assert credential["proof"]["cryptosuite"] == "eddsa-rdfc-2022"
    assert credential["issuer"] == published.profile
    verify_proof(credential, credential["proof"], method.public)


async def test_the_stored_text_is_what_was_handed_out(world: World) -> None:
    achievement = await world.ready()
    answer = await world.send("POST", "/credentials", {"achievement": achievement, "recipient": {"email": LEARNER}})
    ((document, stored),) = await world.rows("SELECT document, digest FROM credentials")
    assert answer.content.endswith(b'"credential":' + document.encode() + b"}")
    assert stored == digest(json.loads(document))


async def test_the_event_tells_of_the_credential_and_not_of_the_learner(world: World) -> None:
    issued = await world.issue(await world.ready(), recipient={"email": LEARNER, "name": "Ana Silva"})
    (event,) = await world.events("credential.issued.v1")
    status = issued["credential"]["credentialStatus"]
    assert event.credential_id == issued["id"]
    assert event.digest == digest(issued["credential"])
    assert (event.status_list, str(event.status_index)) == (status["statusListCredential"], status["statusListIndex"])
    assert event.revision == 1
    assert "silva" not in event.model_dump_json().lower()


async def test_an_email_is_a_salted_hash_in_lower_case(world: World) -> None:
    achievement = await world.ready()
    first, second = [(await world.issue(achievement))["credential"]["credentialSubject"] for _ in range(2)]
    (identity,) = first["identifier"]
    assert identity["hashed"] is True
    assert identity["identityType"] == "emailAddress"
    assert identity_matches(identity, EMAIL, "emailAddress")
    assert identity["salt"] != second["identifier"][0]["salt"]
    assert "id" not in first
    assert EMAIL not in json.dumps(first).lower()


async def test_plain_text_is_used_when_asked_for(world: World) -> None:
    issued = await world.issue(await world.ready(), recipient={"email": LEARNER, "plaintext": True})
    (identity,) = issued["credential"]["credentialSubject"]["identifier"]
    assert (identity["hashed"], identity["identityHash"]) == (False, EMAIL)


async def test_a_did_becomes_the_subjects_id(world: World) -> None:
    issued = await world.issue(await world.ready(), recipient={"did": "did:example:ana", "name": "Ana Silva"})
    subject = issued["credential"]["credentialSubject"]
    assert subject["id"] == "did:example:ana"
    assert [(one["identityType"], one["identityHash"]) for one in subject["identifier"]] == [("name", "Ana Silva")]


async def test_an_institutions_own_identifier_is_hashed_as_it_is(world: World) -> None:
    recipient = {"identifier": "S-1001", "identifierType": "sisSourcedId"}
    issued = await world.issue(await world.ready(), recipient=recipient)
    (identity,) = issued["credential"]["credentialSubject"]["identifier"]
    assert identity_matches(identity, "S-1001", "sisSourcedId")


async def test_everything_that_is_said_stands_in_the_document(world: World) -> None:
    await world.issuer()
    grade = f"{BASE_URL}/achievements/x/results/grade"
    achievement = await world.achievement(
        resultDescription=[
            {"id": grade, "type": ["ResultDescription"], "name": "Grade", "resultType": "Percent", "valueMax": "100"}
        ]
    )
    issued = await world.issue(
        achievement,
        validFrom="2026-01-31T12:00:00+01:00",
        validUntil="2030-01-01T00:00:00Z",
        awardedDate="2026-01-30T00:00:00Z",
        activityStartDate="2025-09-01T00:00:00Z",
        activityEndDate="2025-12-20T00:00:00Z",
        creditsEarned=4,
        narrative="Led the response exercise. \u0007 \U0001f393",
        results=[{"resultDescription": grade, "value": "87.5", "status": "Completed"}],
        evidence=[{"id": "https://work.example/report", "name": "Report"}, {"narrative": "An oral defence."}],
    )
    credential = issued["credential"]
    subject = credential["credentialSubject"]
    assert credential["validFrom"] == "2026-01-31T11:00:00Z"
    assert (credential["validUntil"], credential["awardedDate"]) == ("2030-01-01T00:00:00Z", "2026-01-30T00:00:00Z")
    assert (subject["activityStartDate"], subject["creditsEarned"]) == ("2025-09-01T00:00:00Z", 4)
    assert subject["result"][0] == {
        "type": ["Result"],
        "resultDescription": grade,
        "value": "87.5",
        "status": "Completed",
    }
    assert [item["type"] for item in credential["evidence"]] == [["Evidence"], ["Evidence"]]
    assert credential["name"] == "Network Defence"
    assert validate_achievement_credential(credential) == ()


@pytest.mark.parametrize("form", ["{base}/achievements/{uid}", "{base}/achievements/{uid}/versions/2", "{uid}"])
async def test_an_achievement_is_named_in_three_ways(world: World, form: str) -> None:
    await world.issuer()
    uid = new_id()
    for version in (2, 1):
        await world.achievement(version=version, uid=uid)
    issued = await world.issue(form.format(base=BASE_URL, uid=uid))
    assert issued["credential"]["credentialSubject"]["achievement"]["id"].endswith("/versions/2")


async def test_an_achievement_on_its_way_is_waited_for(world: World) -> None:
    await world.issuer()
    payload = achievement_published()
    issuing = asyncio.create_task(world.issue(payload.achievement_id))
    await asyncio.sleep(0.1)
    await world.deliver(payload)
    assert (await issuing)["status"] == "issued"


async def test_a_retired_achievement_is_refused(world: World) -> None:
    await world.issuer()
    uid = new_id()
    await world.achievement(uid=uid)
    await world.issue(uid)
    await world.deliver(achievement_published(uid=uid, revision=2, retired=True))
    answer = await world.send("POST", "/credentials", {"achievement": uid, "recipient": {"email": LEARNER}})
    assert (answer.status_code, problem_code(answer)) == (409, "achievement-retired")


async def test_without_a_version_the_newest_open_one_is_meant(world: World) -> None:
    await world.issuer()
    uid = new_id()
    for version in (1, 2, 3):
        await world.achievement(uid=uid, version=version)
    await world.deliver(achievement_published(uid=uid, version=3, revision=2, retired=True))
    await world.issue(uid)
    assert [event.achievement_version for event in await world.events("credential.issued.v1")] == [2]


async def test_an_achievement_of_another_organization_needs_the_policys_leave(world: World) -> None:
    issuer = await world.issuer()
    foreign = await world.achievement(OTHER_ORG)
    body = {"achievement": foreign, "recipient": {"email": LEARNER}}
    refused = await world.send("POST", "/credentials", body)
    assert (refused.status_code, problem_code(refused)) == (403, "achievement-not-allowed")
    await world.send("PUT", f"/issuers/{issuer['slug']}/policy", {"achievements": "any"})
    assert (await world.send("POST", "/credentials", body)).status_code == 201


@pytest.mark.parametrize(
    ("policy", "members", "field"),
    [
        ({"plaintextRecipient": False}, {"recipient": {"email": LEARNER, "plaintext": True}}, "recipient.plaintext"),
        ({"requireEvidence": True}, {}, "evidence"),
        ({"maxValidityDays": 365}, {}, "validUntil"),
        ({"maxValidityDays": 365}, {"validUntil": "2999-01-01T00:00:00Z"}, "validUntil"),
    ],
)
async def test_the_issuing_policy_is_kept(world: World, policy: Any, members: Any, field: str) -> None:
    issuer = await world.issuer()
    achievement = await world.achievement()
    answer = await world.send("PUT", f"/issuers/{issuer['slug']}/policy", policy)
    assert answer.status_code == 200
    body = {"achievement": achievement, "recipient": {"email": LEARNER}} | members
    refused = await world.send("POST", "/credentials", body)
    assert (refused.status_code, problem_code(refused)) == (422, "policy-violation")
    assert fields(refused) == [field]
    assert await world.count("credentials") == 0


async def test_an_issuer_is_chosen_by_slug_or_did(world: World) -> None:
    first, second = await world.issuer(slug="one-u"), await world.issuer(slug="two-u", method="key")
    achievement = await world.achievement()
    for name in (second["slug"], second["id"]):
        assert (await world.issue(achievement, issuer=name))["credential"]["issuer"]["id"] == second["id"]
    body = {"achievement": achievement, "recipient": {"email": LEARNER}}
    await world.issuer(OTHER_ORG, slug="not-mine")
    foreign = await world.send("POST", "/credentials", body | {"issuer": "not-mine"})
    assert (foreign.status_code, fields(foreign)) == (422, ["issuer"])
    assert first["id"].startswith("did:web:laurel.test:issuers:")


async def test_without_a_name_the_first_issuer_is_meant_whatever_is_founded_later(world: World) -> None:
    first = await world.issuer(slug="middle-u")
    achievement = await world.achievement()
    for slug in ("a-younger-one", "z-the-youngest"):
        await world.issuer(slug=slug)
    assert (await world.issue(achievement))["credential"]["issuer"]["id"] == first["id"]


async def test_without_an_issuer_there_is_nothing_to_sign_with(world: World) -> None:
    achievement = await world.achievement()
    answer = await world.send("POST", "/credentials", {"achievement": achievement, "recipient": {"email": LEARNER}})
    assert (answer.status_code, problem_code(answer)) == (409, "no-issuer")


async def test_an_inactive_issuer_issues_nothing(world: World) -> None:
    issuer = await world.issuer()
    achievement = await world.achievement()
    await world.send("PATCH", f"/issuers/{issuer['slug']}", {"active": False})
    answer = await world.send("POST", "/credentials", {"achievement": achievement, "recipient": {"email": LEARNER}})
    assert (answer.status_code, problem_code(answer)) == (409, "issuer-inactive")


async def test_a_repeated_key_gives_the_same_bytes_and_one_credential(world: World) -> None:
    body = {"achievement": await world.ready(), "recipient": {"email": LEARNER}}
    first, second = [await world.send("POST", "/credentials", body, Idempotency_Key="once") for _ in range(2)]
    assert first.content == second.content
    assert first.headers["location"] == second.headers["location"]
    assert (first.status_code, second.status_code) == (201, 201)
    assert await world.count("credentials") == 1
    assert len(await world.events("credential.issued.v1")) == 1


async def test_a_repeated_key_answers_although_the_achievement_is_retired_and_the_credential_revoked(
    world: World,
) -> None:
    await world.issuer()
    uid = new_id()
    body = {"achievement": await world.achievement(uid=uid), "recipient": {"email": LEARNER}}
    first = await world.send("POST", "/credentials", body, Idempotency_Key="once")
    await world.send("POST", f"{first.json()['id']}/revoke", {"reason": "a mistake"})
    await world.deliver(achievement_published(uid=uid, revision=2, retired=True))
    second = await world.send("POST", "/credentials", body, Idempotency_Key="once")
    assert (second.status_code, second.content) == (201, first.content)


async def test_requests_at_once_are_each_what_it_would_be_alone(world: World) -> None:
    achievement, unknown = await world.ready(), f"{BASE_URL}/achievements/{new_id()}/versions/9"
    good = [{"achievement": achievement, "recipient": {"email": f"{number}@s.example"}} for number in range(12)]
    asked = [(body, {"Idempotency_Key": f"key {number}"}) for number, body in enumerate(good)]
    asked += [(good[0], {"Idempotency_Key": "key 0"}), (good[1], {"Idempotency_Key": "key 0"}), (good[2], {})]
    asked += [({"achievement": unknown, "recipient": {"email": LEARNER}}, {})]
    answers = await asyncio.gather(*(world.send("POST", "/credentials", body, **headers) for body, headers in asked))
    assert [answer.status_code for answer in answers] == [201] * 13 + [409, 201, 409]
    assert answers[0].content == answers[12].content
    assert len({answer.headers["location"] for answer in answers[:12]}) == 12
    assert await world.count("credentials") == 13
    assert len(await world.events("credential.issued.v1")) == 13


async def test_a_key_for_another_body_is_a_conflict(world: World) -> None:
    body = {"achievement": await world.ready(), "recipient": {"email": LEARNER}}
    await world.send("POST", "/credentials", body, Idempotency_Key="once")
    other = await world.send("POST", "/credentials", body | {"narrative": "other"}, Idempotency_Key="once")
    assert (other.status_code, problem_code(other)) == (409, "idempotency-key-reused")
    assert await world.count("credentials") == 1


async def test_another_organization_may_use_the_same_key(world: World) -> None:
    await world.issue(await world.ready())
    await world.issuer(OTHER_ORG)
    foreign = await world.achievement(OTHER_ORG)
    body = {"achievement": foreign, "recipient": {"email": LEARNER}}
    answer = await world.send("POST", "/credentials", body, org=OTHER_ORG, Idempotency_Key="once")
    assert answer.status_code == 201


async def test_valid_from_is_now_unless_given(world: World) -> None:
    issued = await world.issue(await world.ready())
    assert datetime.fromisoformat(issued["credential"]["validFrom"]) <= datetime.now(UTC)
    assert "validUntil" not in issued["credential"]

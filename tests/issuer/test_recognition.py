"""Recognition of what a partner awards: requests, decisions and the credentials that they become."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
from typing import Any

import httpx
import pytest

from credential_core.jcs import digest
from issuer.core.recognition.vetting import Vet
from service_kit.testing import TokenMint
from tests.issuer.asleep import overtaken
from tests.issuer.recognising import GRADE, MINE, OUR_GRADE, Partners, last
from tests.issuer.recognising import described as grades
from tests.issuer.world import ORG, OTHER_ORG, Json, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
THIRD_ORG = "6f0c1ad0-0000-4000-8000-000000000003"
LAB = "urn:uuid:6f0c1ad0-0000-4000-8000-0000000000ab"


def codes(found: Json) -> list[str]:
    return [reason["code"] for reason in found["reasons"]]


async def test_what_an_agreement_is_about_is_granted_at_once_as_a_credential(partners: Partners, world: World) -> None:
    agreement = await partners.agree()
    learner = partners.learner()
    issued, found = await partners.granted(learner)
    assert (found["agreement"], found["achievement"], found["credits"]) == (agreement["id"], partners.ours, 5)
    assert [step["by"] for step in found["history"]] == ["agreement"]

    award = (await world.send("GET", f"/credentials/{last(found['credential'])}")).json()["credential"]
    subject = award["credentialSubject"]
    assert (subject["creditsEarned"], subject["result"][0]["value"]) == (5, "1.0")
    assert award["issuer"]["id"] == partners.university
    source, decision = award["evidence"]
    assert (source["id"], source["genre"]) == (issued["id"], "RecognisedCredential")
    record = json.loads(base64.b64decode(decision["id"].partition(",")[2]))
    assert record["source"]["digest"] == digest(issued["credential"])
    assert (record["agreement"], record["agreementDigest"]) == (agreement["id"], agreement["digest"])
    own = await learner.call("GET", "/learners/me/credentials")
    assert {one["id"] for one in own.json()["items"]} == {issued["id"], found["credential"]}


async def test_a_learner_sees_and_the_institution_decides_and_nobody_else_knows(
    partners: Partners, world: World
) -> None:
    await partners.agree()
    learner = partners.learner()
    _, found = await partners.granted(learner)
    name = last(found["id"])
    assert (await learner.call("GET", f"{MINE}/{name}")).json() == found
    assert len((await learner.call("GET", MINE)).json()["items"]) == 1
    seen = (await world.send("GET", f"/recognitions/{name}")).json()
    assert (seen["id"], seen["document"]) == (found["id"], None)  # nothing is left to decide: it is not kept
    other = partners.learner()
    for org in (OTHER_ORG, THIRD_ORG):
        assert (await world.send("GET", f"/recognitions/{name}", org=org)).status_code == 404
        assert (await world.send("GET", "/recognitions", org=org)).json()["items"] == []
    assert (await other.call("GET", f"{MINE}/{name}")).status_code == 404
    assert (await other.call("GET", MINE)).json()["items"] == []


@pytest.mark.parametrize(
    ("grade", "members", "code"),
    [
        ("F", {}, "grade-below"),
        (None, {}, "result-missing"),
        ("A", {"validFrom": "2020-01-01T00:00:00Z", "validUntil": "2021-01-01T00:00:00Z"}, "agreement-not-in-force"),
        ("A", {"awardedUntil": "2021-01-01T00:00:00Z"}, "awarded-outside-dates"),
        ("A", {"limits": {"maxCredits": 4}}, "credit-limit-reached"),
    ],
)
async def test_what_an_agreement_does_not_take_is_refused_with_reasons(
    partners: Partners, world: World, grade: str | None, members: Json, code: str
) -> None:
    agreement = await partners.agree(**members)
    learner = partners.learner()
    issued = await partners.award(str(learner.email), grade)
    before = await world.count("credentials")
    found = await partners.decided(learner, issued["credential"])
    assert (found["status"], codes(found), found["agreement"]) == ("refused", [code], agreement["id"])
    assert (found["credential"], found["mayAppeal"]) == (None, True)
    assert await world.count("credentials") == before


async def test_results_of_several_kinds_are_put_to_people_where_the_agreement_names_none(
    partners: Partners, world: World
) -> None:
    described = [grades(urn, ["A", "B", "F"])["resultDescription"][0] for urn in (GRADE, LAB)]
    theirs = await world.achievement(OTHER_ORG, resultDescription=described)
    conversion = {"target": OUR_GRADE, "steps": [{"from": "A", "to": "1.0"}, {"from": "B", "to": "2.0"}]}
    agreement = await partners.agree(rules=[partners.rule(achievement=theirs, gradeConversion=conversion)])
    for lab, status, reasons in (("F", "open", ["result-ambiguous"]), ("A", "granted", [])):
        learner = partners.learner()
        results = [{"resultDescription": GRADE, "value": "A"}, {"resultDescription": LAB, "value": lab}]
        issued = await partners.award(str(learner.email), achievement=theirs, results=results)
        found = await partners.decided(learner, issued["credential"])
        assert (found["status"], codes(found), found["agreement"]) == (status, reasons, agreement["id"])
        if status == "open":
            graded = [{"resultDescription": OUR_GRADE, "value": "2.0"}]
            answer = await partners.step(found, "grant", achievement=partners.ours, credits=5, results=graded)
            assert answer.status_code == 200, answer.text


async def test_what_does_not_hold_is_refused_before_anything(partners: Partners, world: World) -> None:
    await partners.agree()
    learner = partners.learner()
    issued = await partners.award(str(learner.email))
    forged = copy.deepcopy(issued["credential"])
    forged["credentialSubject"]["result"][0]["value"] = "B"
    expired = await partners.award(
        str(learner.email), validFrom="2020-01-01T00:00:00Z", validUntil="2021-01-01T00:00:00Z"
    )
    suspended = await partners.award(str(learner.email))
    await world.send("POST", f"/credentials/{last(suspended['id'])}/suspend", {"reason": "x"}, org=OTHER_ORG)
    old = await partners.award(str(learner.email))
    await world.send(
        "POST", f"/credentials/{last(old['id'])}/correct", {"reason": "x", "narrative": "Another."}, org=OTHER_ORG
    )
    shown: list[Any] = [forged, expired["credential"], suspended["credential"], old["credential"], {}, "a.b.c"]
    for credential in shown:
        answer = await partners.ask(learner, credential)
        assert answer.status_code == 422, answer.text
    assert await world.count("recognitions") == 0


async def test_a_credential_that_names_somebody_else_is_refused(partners: Partners, world: World) -> None:
    await partners.agree()
    issued = await partners.award("ana@students.example")
    thief = partners.learner()
    answer = await partners.ask(thief, issued["credential"])
    assert (answer.status_code, problem_code(answer)) == (422, "recipient-mismatch")
    pretended = await partners.ask(thief, issued["credential"], email="ana@students.example")
    assert (pretended.status_code, problem_code(pretended)) == (403, "address-not-confirmed")
    registrar = {"programme": partners.programme, "credential": issued["credential"]}
    recipient = {"recipient": {"email": str(thief.email)}}
    refused = await world.send("POST", "/recognitions", registrar | recipient)
    assert problem_code(refused) == "recipient-mismatch"
    foreign = await world.send("POST", "/recognitions", registrar | recipient | {"vouched": "x"}, org=THIRD_ORG)
    assert foreign.status_code == 422
    assert await world.count("recognitions") == 0


async def test_an_own_credential_counts_without_recognition(partners: Partners, world: World) -> None:
    learner = partners.learner()
    issued = await world.issue(partners.ours, recipient={"email": learner.email})
    answer = await partners.ask(learner, issued["credential"])
    assert (answer.status_code, problem_code(answer)) == (422, "credential-not-recognisable")


async def test_an_ended_agreement_decides_nothing_more(partners: Partners) -> None:
    agreement = await partners.agree()
    learner = partners.learner()
    await partners.granted(learner)
    await partners.act(agreement, "end")
    other = partners.learner()
    issued = await partners.award(str(other.email))
    found = await partners.decided(other, issued["credential"])
    assert (found["status"], codes(found), found["agreement"]) == ("open", ["no-agreement"], None)
    assert (await learner.call("GET", MINE)).json()["items"][0]["status"] == "granted"


async def test_a_repeated_request_gives_the_first_answer(partners: Partners, world: World) -> None:
    await partners.agree()
    learner = partners.learner()
    issued = await partners.award(str(learner.email))
    answers = await asyncio.gather(*(partners.ask(learner, issued["credential"], key="once") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await world.count("recognitions") == 1


async def test_a_repetition_that_the_first_request_overtakes_gives_its_answer(
    partners: Partners, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked for an answer before there was one; then it finds that the credit is given already."""
    await partners.agree()
    learner = partners.learner()
    issued = await partners.award(str(learner.email))

    async def ask() -> httpx.Response:
        return await partners.ask(learner, issued["credential"], key="once")

    async def first() -> None:
        answers.append(await ask())

    answers: list[httpx.Response] = []
    answers.append(await overtaken(monkeypatch, (Vet, "__call__"), ask, first))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = await partners.ask(learner, issued["credential"], key="twice")
    assert (other.status_code, problem_code(other)) == (409, "already-recognised")


async def test_nothing_personal_reaches_an_event_or_stays_in_the_clear(partners: Partners, world: World) -> None:
    learner = partners.learner("grace.hopper@students.example")
    named = {"email": learner.email, "name": "Grace.Hopper", "plaintext": True}
    issued = await partners.award(str(learner.email), recipient=named)
    assert "grace.hopper" in str(issued["credential"])
    report = await partners.award("", None, achievement=await world.achievement(OTHER_ORG), recipient=named)
    found = await partners.decided(
        learner, issued["credential"], evidence=[{"narrative": "A report.", "credential": report["credential"]}]
    )
    seen = (await world.send("GET", f"/recognitions/{last(found['id'])}")).json()
    assert (seen["document"], seen["evidence"][0]["credential"]) == (issued["credential"], report["credential"])
    for table in ("recognitions", "recognition_changes", "outbox"):
        rows = await world.rows(f"SELECT * FROM {table}")  # noqa: S608 - fixed names
        assert "grace.hopper" not in repr([tuple(row) for row in rows]).lower()
    [[sealed]] = await world.rows("SELECT sealed FROM recognitions")
    assert sealed is not None
    ended = (await partners.own_step(learner, found, "withdraw")).json()
    [item] = ended["evidence"]
    assert ("credential" in item, len(item["credentialDigest"])) == (False, 64)
    seen = (await world.send("GET", f"/recognitions/{last(found['id'])}")).json()
    assert seen["document"] is None
    assert await world.rows("SELECT sealed FROM recognitions") == [(None,)]


async def test_a_program_needs_the_scope_and_a_person(partners: Partners, world: World, mint: TokenMint) -> None:
    answer = await world.client.get(MINE, headers=mint.headers(ORG, "backpack:manage"))
    assert (answer.status_code, problem_code(answer)) == (403, "not-a-person")
    unconfirmed = partners.learner()
    unconfirmed.email = None
    answer = await unconfirmed.call("GET", MINE)
    assert (answer.status_code, problem_code(answer)) == (403, "address-not-confirmed")

"""Agreements between two institutions, and learners' requests that are decided by them at once."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import ProgrammingError

from credential_core.jcs import digest
from issuer.core.recognition.vetting import Vet
from service_kit.testing import TokenMint
from tests.issuer.asleep import overtaken
from tests.issuer.keepers import Keeper
from tests.issuer.recognising import AGREEMENTS, MINE, OUR_GRADE, Partners, last
from tests.issuer.world import ORG, OTHER_ORG, Json, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
THIRD_ORG = "6f0c1ad0-0000-4000-8000-000000000003"


def codes(found: Json) -> list[str]:
    return [reason["code"] for reason in found["reasons"]]


async def test_an_agreement_is_proposed_by_one_and_signed_by_the_other(partners: Partners, world: World) -> None:
    agreement = await partners.propose()
    assert (agreement["status"], agreement["version"]) == ("proposed", 1)
    assert agreement["digest"] == digest(agreement["document"])
    public = f"/recognition-agreements/{last(agreement['id'])}"
    assert (await world.client.get(public)).status_code == 404

    own = await partners.act(agreement, "sign", org=ORG)
    assert (own.status_code, problem_code(own)) == (409, "not-this-party")
    other = await partners.act(agreement, "sign", digest="u-another")
    assert (other.status_code, problem_code(other)) == (409, "agreement-not-as-read")

    signed = (await partners.act(agreement, "sign")).json()
    assert (signed["status"], signed["document"]) == ("signed", agreement["document"])
    assert [step["status"] for step in signed["history"]] == ["proposed", "signed"]
    assert [step["actor"] is None for step in signed["history"]] == [True, False]  # the other's people are not told
    assert (await partners.act(agreement, "sign")).status_code == 200
    shown = await world.client.get(public)
    assert shown.json()["document"] == agreement["document"]
    assert "history" not in shown.json()
    listed = (await world.client.get("/recognition-agreements", params={"issuer": partners.partner})).json()["items"]
    assert [one["id"] for one in listed] == [agreement["id"]]


async def test_either_side_may_propose(partners: Partners) -> None:
    agreement = await partners.propose(org=OTHER_ORG)
    assert (await partners.act(agreement, "sign", org=OTHER_ORG)).status_code == 409
    assert (await partners.act(agreement, "sign", org=ORG)).json()["status"] == "signed"


async def test_what_was_signed_changes_only_by_ending(partners: Partners, world: World) -> None:
    agreement = await partners.agree()
    for act, org in (("withdraw", ORG), ("decline", OTHER_ORG)):
        answer = await partners.act(agreement, act, org=org)
        assert (answer.status_code, problem_code(answer)) == (409, "agreement-transition-not-allowed")
    assert (await partners.act(agreement, "end", org=ORG)).json()["status"] == "ended"
    assert (await partners.act(agreement, "end")).json()["status"] == "ended"
    assert (await partners.act(agreement, "sign")).status_code == 409
    assert (await world.client.get("/recognition-agreements")).json()["items"] == []
    ended = (await world.client.get("/recognition-agreements", params={"status": "ended"})).json()["items"]
    assert [one["id"] for one in ended] == [agreement["id"]]
    told = await world.events("recognition-agreement.signed.v1") + await world.events("recognition-agreement.ended.v1")
    assert [(one.state, one.revision, one.agreement_id) for one in told] == [
        ("signed", 2, agreement["id"]),
        ("ended", 3, agreement["id"]),
    ]
    for one in told:
        assert (one.org_id, one.source_org_id) == (ORG, OTHER_ORG)
        assert (one.recognising_issuer, one.source_issuer) == (partners.university, partners.partner)
        assert (one.document, one.digest, one.programme) == (
            agreement["document"],
            agreement["digest"],
            partners.programme,
        )
    hidden = await world.client.get("/recognition-agreements", params={"status": "proposed"})
    assert hidden.status_code == 422


@pytest.mark.parametrize(("act", "org", "state"), [("decline", OTHER_ORG, "declined"), ("withdraw", ORG, "withdrawn")])
async def test_a_proposal_that_is_not_wanted(partners: Partners, act: str, org: str, state: str) -> None:
    agreement = await partners.propose()
    stranger = ORG if org == OTHER_ORG else OTHER_ORG
    assert problem_code(await partners.act(agreement, act, org=stranger)) == "not-this-party"
    for _ in range(2):
        assert (await partners.act(agreement, act, org=org)).json()["status"] == state
    assert problem_code(await partners.act(agreement, "sign")) == "agreement-transition-not-allowed"
    assert await partners.world.events("recognition-agreement.signed.v1") == []  # what was not signed concerns the two


async def test_the_next_version_ends_the_one_before_when_it_is_signed(partners: Partners) -> None:
    first = await partners.agree()
    second = await partners.propose(replaces=first["id"], rules=[partners.rule(credits=6)])
    assert (second["version"], second["document"]["replaces"]) == (2, first["id"])
    read = await partners.world.send("GET", f"{AGREEMENTS}/{last(first['id'])}")
    assert read.json()["status"] == "signed"
    assert (await partners.act(second, "sign")).status_code == 200
    read = await partners.world.send("GET", f"{AGREEMENTS}/{last(first['id'])}")
    assert read.json()["status"] == "ended"
    learner = partners.learner()
    _, found = await partners.granted(learner)
    assert (found["agreement"], found["credits"]) == (second["id"], 6)
    [ended] = await partners.world.events("recognition-agreement.ended.v1")
    signed = await partners.world.events("recognition-agreement.signed.v1")
    assert (ended.agreement_id, signed[-1].replaces) == (first["id"], first["id"])


async def test_the_application_cannot_change_what_was_proposed(partners: Partners, world: World) -> None:
    await partners.propose()
    for column in ("document", "digest", "programme", "source_issuer", "recognising_org", "source_org", "proposed_by"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            await world.rows(f"UPDATE recognition_agreements SET {column} = {column} RETURNING 1")  # noqa: S608 - fixed names
    with pytest.raises(ProgrammingError, match="permission denied"):
        await world.rows("DELETE FROM recognition_changes RETURNING 1")


async def test_nobody_else_sees_an_agreement_before_it_is_signed(partners: Partners, world: World) -> None:
    agreement = await partners.propose()
    where = f"{AGREEMENTS}/{last(agreement['id'])}"
    for org, status in ((ORG, 200), (OTHER_ORG, 200), (THIRD_ORG, 404)):
        assert (await world.send("GET", where, org=org)).status_code == status
        listed = (await world.send("GET", AGREEMENTS, org=org)).json()["items"]
        assert len(listed) == (1 if status == 200 else 0)
    for act in ("sign", "decline", "withdraw", "end"):
        answer = await partners.act(agreement, act, org=THIRD_ORG)
        assert answer.status_code == 404
    assert (await world.send("GET", where)).json()["status"] == "proposed"


@pytest.mark.parametrize(
    ("field", "members"),
    [
        ("recognisingIssuer", {"recognisingIssuer": "did:web:nobody.example"}),
        ("sourceIssuer", {"sourceIssuer": "did:example:nobody"}),
        ("programme", {"programme": "https://laurel.test/pathways/1"}),
        ("validUntil", {"validFrom": "2026-01-02T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"}),
        ("awardedUntil", {"awardedFrom": "2026-01-02T00:00:00Z", "awardedUntil": "2026-01-02T00:00:00Z"}),
        ("replaces", {"replaces": "https://laurel.test/recognition-agreements/1"}),
    ],
)
async def test_a_proposal_that_says_something_wrong_is_refused(partners: Partners, field: str, members: Json) -> None:
    answer = await partners.world.send("POST", AGREEMENTS, partners.body(**members))
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await partners.world.count("recognition_agreements") == 0


async def test_each_side_lends_only_its_own_achievements(partners: Partners) -> None:
    for members in ({"target": partners.theirs}, {"achievement": partners.ours}, {"target": "urn:nothing"}):
        body = partners.body(rules=[partners.rule(**members)])
        assert (await partners.world.send("POST", AGREEMENTS, body)).status_code == 422, members
    twice = partners.body(rules=[partners.rule(), partners.rule(credits=1)])
    assert (await partners.world.send("POST", AGREEMENTS, twice)).status_code == 422
    conversion = {"target": OUR_GRADE, "steps": [{"from": "A", "to": "9.9"}]}
    unknown = partners.body(rules=[partners.rule(gradeConversion=conversion)])
    assert (await partners.world.send("POST", AGREEMENTS, unknown)).status_code == 422
    third = await partners.world.send("POST", AGREEMENTS, partners.body(), org=THIRD_ORG)
    assert [error["field"] for error in third.json()["errors"]] == ["recognisingIssuer"]


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


async def test_a_floor_stands_for_all_that_a_partner_awards(partners: Partners) -> None:
    rule = partners.rule(achievement=None, gradeConversion=None, minimumCredits=10, minimumLevel=6)
    await partners.agree(rules=[rule])
    level = {"alignment": [{"type": ["Alignment"], "targetName": "6", "targetUrl": "http://data.europa.eu/snb/eqf/6"}]}
    learner = partners.learner()
    for members, expected in (
        ({"creditsAvailable": 12}, ["level-below"]),
        ({"creditsAvailable": 2} | level, ["credits-below"]),
        ({"creditsAvailable": 12} | level, []),
    ):
        achievement = await partners.world.achievement(OTHER_ORG, **members)
        issued = await partners.award(str(learner.email), None, achievement=achievement)
        found = await partners.decided(learner, issued["credential"])
        assert codes(found) == expected
    assert found["status"] == "granted"


async def test_a_floor_does_not_stand_for_what_a_partner_awards_of_others(partners: Partners, world: World) -> None:
    await partners.agree(rules=[partners.rule(achievement=None, gradeConversion=None, minimumCredits=1)])
    slug = (await world.send("GET", "/issuers", org=OTHER_ORG)).json()["items"][0]["slug"]
    changed = await world.send("PUT", f"/issuers/{slug}/policy", {"achievements": "any"}, org=OTHER_ORG)
    assert changed.status_code == 200, changed.text
    learner = partners.learner()
    for owner, expected in ((THIRD_ORG, "open"), (OTHER_ORG, "granted")):
        achievement = await world.achievement(owner, creditsAvailable=5)
        issued = await partners.award(str(learner.email), None, achievement=achievement)
        assert (await partners.decided(learner, issued["credential"]))["status"] == expected


async def test_credit_is_counted_once_however_it_is_brought(partners: Partners, world: World) -> None:
    await partners.agree()
    learner = partners.learner()
    issued, _ = await partners.granted(learner)
    again = await partners.ask(learner, issued["credential"])
    assert (again.status_code, problem_code(again)) == (409, "already-recognised")
    # The same achievement, by another credential.
    twin = await partners.award(str(learner.email))
    assert problem_code(await partners.ask(learner, twin["credential"])) == "already-recognised"
    # The same credential, corrected since.
    corrected = await world.send(
        "POST", f"/credentials/{last(issued['id'])}/correct", {"reason": "x", "narrative": "Another."}, org=OTHER_ORG
    )
    assert problem_code(await partners.ask(learner, corrected.json()["credential"])) == "already-recognised"
    # The same credential, by a registrar who vouches for somebody else.
    vouched = {"recipient": {"email": "other@students.example"}, "vouched": "by passport"}
    body = {"programme": partners.programme, "credential": twin["credential"]} | vouched
    assert (await world.send("POST", "/recognitions", body)).status_code == 201
    assert problem_code(await world.send("POST", "/recognitions", body)) == "already-recognised"


async def test_simultaneous_requests_give_one_award(partners: Partners, world: World) -> None:
    await partners.agree()
    learner = partners.learner()
    twins = [await partners.award(str(learner.email)) for _ in range(2)]
    before = await world.count("credentials")
    answers = await asyncio.gather(*(partners.ask(learner, one["credential"]) for one in twins * 4))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {problem_code(answer) for answer in answers if answer.status_code == 409} == {"already-recognised"}
    assert await world.count("credentials") == before + 1
    assert await world.count("recognitions") == 1


async def test_simultaneous_requests_do_not_pass_a_limit(partners: Partners, world: World) -> None:
    """Six certificates of five credits each, where ten credits may be brought."""
    theirs = [await world.achievement(OTHER_ORG) for _ in range(6)]
    ours = [await world.achievement() for _ in theirs]
    rules = [{"achievement": a, "target": b, "credits": 5} for a, b in zip(theirs, ours, strict=True)]
    await partners.agree(rules=rules, limits={"maxCredits": 10})
    learner = partners.learner()
    issued = [await partners.award(str(learner.email), None, achievement=one) for one in theirs]
    answers = await asyncio.gather(*(partners.ask(learner, one["credential"]) for one in issued))
    found = [answer.json() for answer in answers]
    assert sorted(one["status"] for one in found) == ["granted"] * 2 + ["refused"] * 4
    assert {code for one in found for code in codes(one)} == {"credit-limit-reached"}


async def test_one_person_by_two_addresses_at_once_does_not_pass_a_limit(partners: Partners, world: World) -> None:
    theirs = [await world.achievement(OTHER_ORG) for _ in range(6)]
    rules = [{"achievement": one, "target": await world.achievement(), "credits": 5} for one in theirs]
    await partners.agree(rules=rules, limits={"maxCredits": 10})
    old = partners.learner()
    new = Keeper(world, person=old.person, email="new@students.example")
    asked = []
    for learner, one in zip([old, new] * 3, theirs, strict=True):
        issued = await partners.award(str(learner.email), None, achievement=one)
        asked.append(partners.ask(learner, issued["credential"]))
    found = [answer.json()["status"] for answer in await asyncio.gather(*asked)]
    assert sorted(found) == ["granted"] * 2 + ["refused"] * 4


async def test_what_an_institution_grants_counts_but_no_limit_holds_it(partners: Partners, world: World) -> None:
    """The limits say where agreements stop."""
    agreed, more = await world.achievement(OTHER_ORG), await world.achievement(OTHER_ORG)
    rules = [{"achievement": agreed, "target": await world.achievement(), "credits": 1}]
    await partners.agree(rules=rules, limits={"maxCredits": 4})
    learner = partners.learner()
    issued = await partners.award(str(learner.email), None, achievement=more)
    case = await partners.decided(learner, issued["credential"])
    granted = await partners.step(case, "grant", achievement=partners.ours, credits=6)
    assert granted.json()["status"] == "granted"
    other = await partners.award(str(learner.email), None, achievement=agreed)
    found = await partners.decided(learner, other["credential"])
    assert (found["status"], codes(found)) == ("refused", ["credit-limit-reached"])


async def test_what_the_learner_has_already_is_not_given_again(partners: Partners, world: World) -> None:
    await partners.agree()
    learner = partners.learner()
    await world.issue(partners.ours, recipient={"email": learner.email})
    issued = await partners.award(str(learner.email))
    found = await partners.decided(learner, issued["credential"])
    assert (found["status"], codes(found)) == ("refused", ["achievement-held"])


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

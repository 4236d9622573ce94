"""What no agreement is about: a case with evidence, a decision with its reason, and one appeal that another decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from credential_core.timestamps import parse_timestamp
from issuer.core.backpack.arrival import Examine
from issuer.core.backpack.model import Notation
from issuer.core.recognition import requests
from issuer.core.recognition.vetting import checked_evidence
from service_kit.errors import Invalid
from service_kit.ids import new_id
from tests.issuer.abroad import Academy, serving
from tests.issuer.recognising import GRADE, MINE, OUR_GRADE, Partners, last
from tests.issuer.world import OTHER_ORG, Json, World, problem_code
from tools.certificates import Certificate

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def academy(certificate: Certificate) -> AsyncIterator[Academy]:
    """An issuer outside the fleet, who names ada@example.org."""
    async with serving(certificate) as site:
        yield Academy(site)


def states(found: Json) -> list[tuple[str, str]]:
    return [(step["status"], step["by"]) for step in found["history"]]


async def test_a_case_is_granted_as_a_credential_with_its_reason(partners: Partners, world: World) -> None:
    learner = partners.learner()
    evidence = [{"name": "Syllabus", "url": "https://courses.example/syllabus"}, {"narrative": "A written exam."}]
    issued, found = await partners.case(learner, evidence=evidence)
    assert [item["by"] for item in found["evidence"]] == ["learner", "learner"]
    results = [{"resultDescription": OUR_GRADE, "value": "2.0"}]
    answer = await partners.step(
        found, "grant", reason="the syllabus fits", achievement=partners.ours, credits=4, results=results
    )
    assert answer.status_code == 200, answer.text
    granted = answer.json()
    assert (granted["status"], granted["achievement"], granted["credits"]) == ("granted", partners.ours, 4)
    assert states(granted) == [("open", "learner"), ("granted", "institution")]
    assert granted["history"][1]["reason"] == "the syllabus fits"
    award = (await world.send("GET", f"/credentials/{last(granted['credential'])}")).json()["credential"]
    assert award["evidence"][0]["id"] == issued["id"]
    assert award["credentialSubject"]["creditsEarned"] == 4
    own = await learner.call("GET", "/learners/me/credentials")
    assert granted["credential"] in {one["id"] for one in own.json()["items"]}
    seen = (await learner.call("GET", f"{MINE}/{last(found['id'])}")).json()
    assert [step["actor"] for step in seen["history"]] == [None, None]
    assert seen["history"][1]["reason"] == "the syllabus fits"
    [[sealed]] = await world.rows("SELECT sealed FROM recognitions")
    assert sealed is None
    again = await partners.step(found, "grant", achievement=partners.ours)
    assert (again.status_code, again.json()["credential"]) == (200, granted["credential"])
    assert problem_code(await partners.step(found, "refuse")) == "recognition-not-open"


async def test_the_programme_itself_is_awarded_where_nothing_else_is_said(partners: Partners) -> None:
    _, found = await partners.case(partners.learner())
    answer = await partners.step(found, "grant")
    assert answer.json()["achievement"] == partners.programme


async def test_a_refusal_is_a_record_with_a_reason_and_no_credential(partners: Partners, world: World) -> None:
    learner = partners.learner()
    issued, found = await partners.case(learner)
    before = await world.count("credentials")
    refused = (await partners.step(found, "refuse", reason="no examination")).json()
    assert (refused["status"], refused["credential"], refused["mayAppeal"]) == ("refused", None, True)
    assert refused["reasons"] == [{"code": "decided-by-institution", "detail": "no examination"}]
    assert await world.count("credentials") == before
    again = await partners.ask(learner, issued["credential"])
    assert problem_code(again) == "already-recognised"  # there is an appeal, not another request


async def test_an_appeal_is_decided_once_and_by_somebody_else(partners: Partners) -> None:
    learner = partners.learner()
    _, found = await partners.case(learner)
    assert problem_code(await partners.own_step(learner, found, "appeal")) == "appeal-not-possible"
    await partners.step(found, "refuse", by="first")
    for _ in range(2):
        appealed = (await partners.own_step(learner, found, "appeal")).json()
        assert (appealed["status"], appealed["mayAppeal"]) == ("appealed", False)
    for act in ("grant", "refuse"):
        answer = await partners.step(found, act, by="first")
        assert (answer.status_code, problem_code(answer)) == (409, "same-decider")
    more = await partners.own_step(learner, found, "evidence", evidence=[{"narrative": "The examination's report."}])
    assert len(more.json()["evidence"]) == 1
    granted = await partners.step(found, "grant", by="second", achievement=partners.ours)
    assert granted.json()["status"] == "granted"
    assert states(granted.json())[1:] == [
        ("refused", "institution"),
        ("appealed", "learner"),
        ("appealed", "learner"),
        ("granted", "institution"),
    ]


async def test_what_was_refused_twice_is_final(partners: Partners, world: World) -> None:
    learner = partners.learner()
    _, found = await partners.case(learner)
    await partners.step(found, "refuse", by="first")
    await partners.own_step(learner, found, "appeal")
    final = (await partners.step(found, "refuse", by="second")).json()
    assert (final["status"], final["mayAppeal"]) == ("refused", False)
    assert problem_code(await partners.own_step(learner, found, "appeal")) == "appeal-not-possible"
    [[sealed]] = await world.rows("SELECT sealed FROM recognitions")
    assert sealed is None


async def test_what_an_agreement_refused_may_be_appealed_against(partners: Partners, world: World) -> None:
    await partners.agree()
    learner = partners.learner()
    issued = await partners.award(str(learner.email), "F")
    found = await partners.decided(learner, issued["credential"])
    assert (await partners.own_step(learner, found, "appeal")).json()["status"] == "appealed"
    assert problem_code(await partners.ask(learner, issued["credential"])) == "already-recognised"
    assert (await partners.step(found, "grant", achievement=partners.ours)).json()["status"] == "granted"
    # Of what was refused by the agreement before, nothing may be appealed against now: it would count twice.
    other = await partners.award(str(learner.email), "F")
    assert problem_code(await partners.ask(learner, other["credential"])) == "already-recognised"


async def test_two_refusals_by_an_agreement_give_one_appeal(partners: Partners) -> None:
    await partners.agree()
    learner = partners.learner()
    found = [
        await partners.decided(learner, (await partners.award(str(learner.email), "F"))["credential"]) for _ in range(2)
    ]
    assert (await partners.own_step(learner, found[0], "appeal")).status_code == 200
    second = await partners.own_step(learner, found[1], "appeal")
    assert (second.status_code, problem_code(second)) == (409, "already-recognised")


async def test_a_case_is_withdrawn_and_may_be_brought_again(partners: Partners) -> None:
    learner = partners.learner()
    issued, found = await partners.case(learner)
    for _ in range(2):
        assert (await partners.own_step(learner, found, "withdraw")).json()["status"] == "withdrawn"
    assert problem_code(await partners.step(found, "grant", achievement=partners.ours)) == "recognition-not-open"
    again = await partners.decided(learner, issued["credential"])
    assert again["status"] == "open"


async def test_a_credential_that_fell_meanwhile_is_not_granted(partners: Partners, world: World) -> None:
    learner = partners.learner()
    issued, found = await partners.case(learner)
    await world.send("POST", f"/credentials/{last(issued['id'])}/revoke", {"reason": "x"}, org=OTHER_ORG)
    answer = await partners.step(found, "grant", achievement=partners.ours)
    assert answer.status_code == 422, answer.text
    assert (await partners.step(found, "refuse")).status_code == 200


async def test_evidence_may_be_a_credential_and_then_it_holds(partners: Partners, world: World) -> None:
    learner = partners.learner()
    _, found = await partners.case(learner)
    other = await partners.award(str(learner.email), None, achievement=await world.achievement(OTHER_ORG))
    item = {"name": "Another course", "credential": other["credential"]}
    for _ in range(2):  # the same again is not added
        added = (await partners.own_step(learner, found, "evidence", evidence=[item])).json()["evidence"]
        assert [(one["credentialId"], one["issuer"]) for one in added] == [(other["id"], partners.partner)]
    assert added[0]["credential"] == other["credential"]
    forged = {"credential": other["credential"] | {"name": "Another name"}}
    assert (await partners.own_step(learner, found, "evidence", evidence=[forged])).status_code == 422
    theirs = await partners.step(found, "evidence", evidence=[{"narrative": "Asked the partner."}], reason=None)
    assert theirs.status_code == 422  # evidence needs no reason, and takes none


async def test_evidence_is_looked_up_for_who_may_add_it_together_and_in_time(
    partners: Partners, academy: Academy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four at once, however many there are; for a case that there is."""
    learner = partners.learner()
    _, found = await partners.case(learner)
    asked, most, now = 0, 0, 0
    read = Examine.read

    async def counting(examine: Examine, text: str, notation: Notation) -> Any:
        nonlocal asked, most, now
        asked, now = asked + 1, now + 1
        most = max(most, now)
        try:
            await asyncio.sleep(0)
            return await read(examine, text, notation)
        finally:
            now -= 1

    monkeypatch.setattr(Examine, "read", counting)
    items = [{"credential": academy.credential(index=index)} for index in range(1, 13)]
    nobodys = found | {"id": f"{found['id'][:-36]}{new_id()}"}
    assert (await partners.own_step(learner, nobodys, "evidence", evidence=items)).status_code == 404
    assert asked == 0
    added = await partners.own_step(learner, found, "evidence", evidence=items)
    assert len(added.json()["evidence"]) == len(items)
    assert (asked, most) == (12, 4)
    await partners.step(found, "refuse")
    late = await partners.own_step(learner, found, "evidence", evidence=items)
    assert (problem_code(late), asked) == ("recognition-not-open", 12)
    forged = [{"credential": academy.credential() | {"name": "Another"}} for _ in range(2)]
    _, other = await partners.case(learner, programme=partners.ours)
    refused = await partners.own_step(learner, other, "evidence", evidence=forged)
    assert refused.status_code == 422, refused.text


async def test_evidence_has_one_time_limit() -> None:
    async def slow(*_: object) -> Any:
        await asyncio.Event().wait()

    with pytest.raises(Invalid) as caught:
        await checked_evidence(slow, [{"credential": "a.b.c"}] * 9, within_s=0)  # type: ignore[arg-type]  # never ends
    assert [error.field for error in caught.value.errors] == ["evidence"]


async def test_one_learner_has_so_many_cases_open_and_others_have_theirs(
    partners: Partners, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MOST_WAITING", 2)
    ada = partners.learner()
    made = [
        await partners.award(str(ada.email), None, achievement=await world.achievement(OTHER_ORG)) for _ in range(6)
    ]
    answers = await asyncio.gather(*(partners.ask(ada, one["credential"]) for one in made))
    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 4
    assert {problem_code(answer) for answer in answers if answer.status_code == 409} == {"cases-full"}
    elsewhere = await partners.ask(ada, made[0]["credential"], programme=partners.ours)
    assert problem_code(elsewhere) == "cases-full"
    await partners.case(partners.learner())
    open_one = next(answer.json() for answer in answers if answer.status_code == 201)
    await partners.own_step(ada, open_one, "withdraw")
    again = await partners.award(str(ada.email), None, achievement=await world.achievement(OTHER_ORG))
    assert (await partners.decided(ada, again["credential"]))["status"] == "open"


async def test_what_nobody_decides_is_asked_so_often_in_a_month(
    partners: Partners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MOST_CLOSED", 3)
    await partners.agree()
    ada, ben = partners.learner(), partners.learner()
    weak = (await partners.award(str(ada.email), "F"))["credential"]
    answers = await asyncio.gather(*(partners.ask(ada, weak, key=str(number)) for number in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 2
    assert {problem_code(answer) for answer in answers if answer.status_code == 409} == {"requests-full"}
    repeated = await partners.ask(ada, weak, key=str([answer.status_code for answer in answers].index(201)))
    assert repeated.status_code == 201
    assert (await partners.decided(ben, (await partners.award(str(ben.email), "F"))["credential"]))[
        "status"
    ] == "refused"
    monkeypatch.setattr(requests, "CLOSED_WITHIN", timedelta())
    assert (await partners.decided(ada, weak))["status"] == "refused"
    monkeypatch.undo()
    better = await partners.award(str(ada.email), "A", allowDuplicates=True)
    assert (await partners.decided(ada, better["credential"]))["status"] == "granted"


async def test_whoever_is_not_concerned_does_nothing(partners: Partners, world: World) -> None:
    learner = partners.learner()
    _, found = await partners.case(learner)
    stranger = partners.learner()
    for act in ("appeal", "withdraw"):
        assert (await partners.own_step(stranger, found, act)).status_code == 404
    assert (await partners.own_step(stranger, found, "evidence", evidence=[{"narrative": "x"}])).status_code == 404
    for act in ("grant", "refuse"):
        assert (await partners.step(found, act, org=OTHER_ORG)).status_code == 404
    assert [row[0] for row in await world.rows("SELECT state FROM recognitions")] == ["open"]


async def test_a_learner_may_appeal_against_what_a_registrar_asked(partners: Partners, world: World) -> None:
    learner = partners.learner()
    issued = await partners.award(str(learner.email))
    body = {"programme": partners.programme, "credential": issued["credential"], "recipient": {"email": learner.email}}
    found = (await world.send("POST", "/recognitions", body)).json()
    assert (found["status"], states(found)) == ("open", [("open", "institution")])
    await partners.step(found, "refuse")
    assert (await partners.own_step(learner, found, "appeal")).json()["status"] == "appealed"


async def test_two_who_decide_at_once_decide_once(partners: Partners, world: World) -> None:
    _, found = await partners.case(partners.learner())
    before = await world.count("credentials")
    acts: list[Any] = [partners.step(found, "grant", by=f"{n}", achievement=partners.ours) for n in range(4)]
    answers = await asyncio.gather(*acts, *(partners.step(found, "refuse", by=f"r{n}") for n in range(4)))
    done = {answer.json()["status"] for answer in answers if answer.status_code == 200}
    assert len(done) == 1
    assert {problem_code(one) for one in answers if one.status_code != 200} <= {"recognition-not-open"}
    assert await world.count("credentials") == before + (done == {"granted"})


async def test_an_award_that_cannot_be_made_is_for_people(partners: Partners, world: World) -> None:
    await partners.agree()
    await world.achievement(uid=last(partners.ours), revision=2, retired=True)
    learner = partners.learner()
    issued = await partners.award(str(learner.email), "A")
    found = await partners.decided(learner, issued["credential"])
    assert (found["status"], [one["code"] for one in found["reasons"]]) == ("open", ["award-not-possible"])
    assert GRADE in str(issued["credential"])


async def test_an_award_ends_as_late_as_the_policy_lets_it(partners: Partners, world: World) -> None:
    await partners.agree()
    policy = {"achievements": "own", "maxValidityDays": 365}
    slug = (await world.send("GET", "/issuers")).json()["items"][0]["slug"]
    changed = await world.send("PUT", f"/issuers/{slug}/policy", policy)
    assert changed.status_code == 200, changed.text
    _, granted = await partners.granted(partners.learner())
    issued = await partners.award("bob@students.example", None, achievement=await world.achievement(OTHER_ORG))
    case = await partners.decided(partners.learner("bob@students.example"), issued["credential"])
    decided = (await partners.step(case, "grant", achievement=partners.ours)).json()
    for found in (granted, decided):
        award = (await world.send("GET", f"/credentials/{last(found['credential'])}")).json()["credential"]
        lasts = parse_timestamp(award["validUntil"]) - parse_timestamp(award["validFrom"])
        assert lasts == timedelta(days=365)


@pytest.mark.parametrize("as_token", [False, True])
async def test_a_credential_from_outside_the_fleet_is_a_case_too(
    partners: Partners, academy: Academy, world: World, as_token: bool
) -> None:
    ada = partners.learner("ada@example.org")
    shown = academy.token(academy.unsigned()) if as_token else academy.credential()
    found = await partners.decided(ada, shown)
    assert (found["status"], found["presented"]["issuer"]) == ("open", academy.did)
    seen = await world.send("GET", f"/recognitions/{last(found['id'])}")
    assert seen.json()["document"] == shown  # as it was presented, so that it can be verified again
    again = await partners.ask(ada, shown)
    assert problem_code(again) == "already-recognised"
    assert (await partners.step(found, "grant", achievement=partners.ours)).json()["status"] == "granted"


async def test_a_credential_from_outside_that_was_revoked_meanwhile_is_not_granted(
    partners: Partners, academy: Academy
) -> None:
    ada = partners.learner("ada@example.org")
    found = await partners.decided(ada, academy.credential(index=7))
    academy.publish(7)
    answer = await partners.step(found, "grant", achievement=partners.ours)
    assert answer.status_code == 422, answer.text
    assert "status_revoked" in answer.json()["detail"]
    del academy.site.documents["/lists/1"]  # what cannot be looked up does not hold
    assert (await partners.step(found, "grant", achievement=partners.ours)).status_code == 422


async def test_a_learner_erases_what_was_shown_once_it_is_refused(partners: Partners, world: World) -> None:
    learner = partners.learner()
    _, found = await partners.case(learner)
    mine = f"{MINE}/{last(found['id'])}"
    early = await learner.call("DELETE", mine)
    assert (early.status_code, problem_code(early)) == (409, "recognition-undecided")
    # As a case from before papers were sealed has them.
    from_before = "UPDATE recognitions SET document = 'a.b.c', evidence = CAST(:evidence AS jsonb) RETURNING 1"
    assert len(await world.rows(from_before, evidence='[{"credential": "a.b.c"}]')) == 1
    await partners.step(found, "refuse")
    assert (await partners.learner().call("DELETE", mine)).status_code == 404
    for _ in range(2):
        assert (await learner.call("DELETE", mine)).status_code == 204
    [[sealed, document, evidence]] = await world.rows("SELECT sealed, document, evidence FROM recognitions")
    assert (sealed, document, [list(item) for item in evidence]) == (None, "", [["credentialDigest"]])
    seen = (await learner.call("GET", mine)).json()
    assert (seen["status"], seen["mayAppeal"], len(seen["history"])) == ("refused", False, 3)
    assert problem_code(await partners.own_step(learner, found, "appeal")) == "appeal-not-possible"

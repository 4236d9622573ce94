"""How much of a programme recognition gives: floors, and limits that requests at once do not pass."""

from __future__ import annotations

import asyncio

import pytest

from tests.issuer.keepers import Keeper
from tests.issuer.recognising import Partners, last
from tests.issuer.test_recognition import THIRD_ORG, codes
from tests.issuer.world import OTHER_ORG, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


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

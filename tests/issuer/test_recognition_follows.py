"""Awards follow what they recognise: revoked, suspended and reinstated with it, in whatever order things happen."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest
import pytest_asyncio

from contracts.events import credential_event_id
from issuer.main import Core
from service_kit.inbox import Outcome
from stacking.badges import held_from
from tests.issuer.pathways import Series
from tests.issuer.recognising import GRADE, MINE, Partners, last
from tests.issuer.world import ORG, OTHER_ORG, Json, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def partners(world: World) -> Partners:
    made = await Partners(world).open()
    await made.agree()
    return made


async def settle(core: Core) -> None:
    while await core.settle_recognitions():
        pass


async def change(world: World, credential: str, act: str, *, org: str = OTHER_ORG) -> None:
    answer = await world.send("POST", f"/credentials/{last(credential)}/{act}", {"reason": "a test"}, org=org)
    assert answer.status_code == 200, answer.text


async def standing(world: World, found: Json) -> tuple[str, str]:
    """Of the recognition, and of its award."""
    seen = (await world.send("GET", f"/recognitions/{last(found['id'])}")).json()
    award = (await world.send("GET", f"/credentials/{last(found['credential'])}")).json()
    return seen["status"], award["status"]


async def test_a_revoked_source_takes_the_award_along_and_says_what_caused_it(
    partners: Partners, world: World, core: Core
) -> None:
    learner = partners.learner()
    issued, found = await partners.granted(learner)
    await settle(core)
    assert await standing(world, found) == ("granted", "issued")
    await change(world, issued["id"], "revoke")
    await settle(core)
    assert await standing(world, found) == ("revoked", "revoked")
    source, award = (await world.events("credential.revoked.v1"))[-2:]
    assert (source.credential_id, award.credential_id) == (issued["id"], found["credential"])
    seen = (await learner.call("GET", f"{MINE}/{last(found['id'])}")).json()
    step = seen["history"][-1]
    assert (step["status"], step["by"], step["causedBy"]) == ("revoked", "source", award.caused_by)
    assert award.caused_by is not None
    await settle(core)
    assert await world.count("recognitions_due") == 0
    # The place is free: another credential for the same achievement counts, and gives the achievement anew.
    again = await partners.award(str(learner.email))
    assert (await partners.decided(learner, again["credential"]))["status"] == "granted"


async def test_a_suspension_is_followed_and_lifted(partners: Partners, world: World, core: Core) -> None:
    issued, found = await partners.granted(partners.learner())
    await change(world, issued["id"], "suspend")
    await settle(core)
    assert await standing(world, found) == ("suspended", "suspended")
    await change(world, issued["id"], "reinstate")
    await settle(core)
    assert await standing(world, found) == ("granted", "issued")


async def test_what_somebody_suspended_by_hand_stays_so(partners: Partners, world: World, core: Core) -> None:
    issued, found = await partners.granted(partners.learner())
    await change(world, found["credential"], "suspend", org=ORG)
    await settle(core)
    assert await standing(world, found) == ("suspended", "suspended")
    for act in ("suspend", "reinstate"):
        await change(world, issued["id"], act)
        await settle(core)
        assert await standing(world, found) == ("suspended", "suspended")
    await change(world, found["credential"], "reinstate", org=ORG)
    await settle(core)
    assert await standing(world, found) == ("granted", "issued")


async def test_no_agreement_decides_anew_what_the_institution_revoked(
    partners: Partners, world: World, core: Core
) -> None:
    learner = partners.learner()
    issued, found = await partners.granted(learner)
    await change(world, found["credential"], "revoke", org=ORG)
    await settle(core)
    assert await standing(world, found) == ("revoked", "revoked")
    twin = await partners.award(str(learner.email))
    for shown in (issued, twin):
        again = await partners.ask(learner, shown["credential"])
        assert (again.status_code, problem_code(again)) == (409, "already-recognised")
    await change(world, issued["id"], "revoke")  # the source falls later: the decision stays
    await settle(core)
    assert problem_code(await partners.ask(learner, twin["credential"])) == "already-recognised"


async def test_the_cause_is_what_acts_whichever_change_is_looked_at(
    partners: Partners, world: World, core: Core
) -> None:
    learner = partners.learner()
    issued, found = await partners.granted(learner)
    await settle(core)
    await change(world, issued["id"], "suspend")
    assert await core.settle_recognitions() == 1  # the award's own change is due now
    await change(world, issued["id"], "reinstate")
    await settle(core)
    assert await standing(world, found) == ("granted", "issued")
    history = (await learner.call("GET", f"{MINE}/{last(found['id'])}")).json()["history"]
    assert [step["by"] for step in history[1:]] == ["source", "source"]
    assert [step["causedBy"] for step in history[1:]] == [
        credential_event_id(issued["id"], revision) for revision in (2, 3)
    ]


async def correct(world: World, issued: Json, **members: object) -> Json:
    body = {"reason": "a mistake"} | members
    answer = await world.send("POST", f"/credentials/{last(issued['id'])}/correct", body, org=OTHER_ORG)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_correction_of_a_result_waits_for_the_institution(partners: Partners, world: World, core: Core) -> None:
    learner = partners.learner()
    issued, found = await partners.granted(learner)
    await correct(world, issued, narrative="Another.")
    await settle(core)
    assert await standing(world, found) == ("granted", "issued")  # it is worth the same
    await correct(world, issued, results=[{"resultDescription": GRADE, "value": "F"}])
    await settle(core)
    assert await standing(world, found) == ("suspended", "suspended")
    step = (await learner.call("GET", f"{MINE}/{last(found['id'])}")).json()["history"][-1]
    assert (step["by"], step["causedBy"]) == ("source", credential_event_id(issued["id"], 3))
    assert "corrected" in step["reason"]
    for act in ("suspend", "reinstate"):
        await change(world, issued["id"], act)
        await settle(core)
        assert await standing(world, found) == ("suspended", "suspended")
    await change(world, found["credential"], "reinstate", org=ORG)  # the institution has looked at it
    await change(world, issued["id"], "suspend")
    await change(world, issued["id"], "reinstate")
    await settle(core)
    assert await standing(world, found) == ("granted", "issued")


async def test_a_correction_that_names_another_takes_the_award_away(
    partners: Partners, world: World, core: Core
) -> None:
    issued, found = await partners.granted(partners.learner())
    other = partners.learner()
    corrected = await correct(world, issued, recipient={"email": other.email})
    await settle(core)
    assert await standing(world, found) == ("revoked", "revoked")
    assert (await partners.decided(other, corrected["credential"]))["status"] == "granted"


async def test_a_correction_while_it_is_recognised_is_seen(partners: Partners, world: World, core: Core) -> None:
    learner = partners.learner()
    issued = await partners.award(str(learner.email))
    worse = correct(world, issued, results=[{"resultDescription": GRADE, "value": "F"}])
    answer, _ = await asyncio.gather(partners.ask(learner, issued["credential"]), worse)
    await settle(core)
    if answer.status_code == 201:
        assert await standing(world, answer.json()) == ("suspended", "suspended")
    else:
        assert answer.status_code == 422


async def test_a_source_that_falls_while_it_is_recognised_is_seen(partners: Partners, world: World, core: Core) -> None:
    """Whichever comes first: no award is left standing on what was revoked."""
    for _ in range(5):
        learner = partners.learner()
        issued = await partners.award(str(learner.email))
        answer, _ = await asyncio.gather(
            partners.ask(learner, issued["credential"]), change(world, issued["id"], "revoke")
        )
        await settle(core)
        if answer.status_code == 201:
            assert await standing(world, answer.json()) == ("revoked", "revoked")
        else:
            assert answer.status_code == 422


async def test_many_that_are_revoked_at_once_take_their_awards_along(
    partners: Partners, world: World, core: Core
) -> None:
    made = [await partners.granted(partners.learner()) for _ in range(3)]
    rows = [{"credential": issued["id"], "reason": "a test"} for issued, _ in made]
    answer = await world.send("POST", "/batches/revoke", rows, org=OTHER_ORG)
    assert answer.status_code == 202, answer.text
    while await core.work_changes():
        pass
    workers = [settle(core) for _ in range(3)]
    await asyncio.gather(*workers)
    for _, found in made:
        assert await standing(world, found) == ("revoked", "revoked")
    told = [event.credential_id for event in await world.events("credential.revoked.v1")]
    assert sorted(told) == sorted(one for issued, found in made for one in (issued["id"], found["credential"]))


async def test_two_awards_for_one_credential_count_once_in_a_pathway(
    partners: Partners, world: World, core: Core
) -> None:
    series = Series(world, core)
    series.achievements = {"capstone": partners.ours}
    for name in ("python", "statistics", "certificate"):
        series.achievements[name] = await world.achievement(name=name.capitalize())
    assert await series.publish() == Outcome.APPLIED
    second = series.achievements["python"]
    await partners.agree(programme=second, rules=[partners.rule(target=second, gradeConversion=None)])
    learner = partners.learner()
    issued, first = await partners.granted(learner)
    again = await partners.decided(learner, issued["credential"], programme=second)
    assert again["status"] == "granted"
    await series.settle()
    assert await series.stacks() == []
    seen = (await learner.call("GET", f"/learners/me/pathways/{last(series.id)}")).json()
    assert [one["code"] for one in seen["notCounted"]] == ["same-source"]
    await series.earn("statistics", email=str(learner.email))
    await series.settle()
    stack = await series.stack()
    assert stack["status"] == "awarded"
    assert first["credential"] in {one["id"] for one in stack["evaluation"]["inputs"]}
    assert again["credential"] not in {one["id"] for one in stack["evaluation"]["inputs"]}


async def test_what_was_recognised_before_names_the_first_of_the_row(partners: Partners, world: World) -> None:
    learner = partners.learner()
    issued, found = await partners.granted(learner)
    award = (await world.send("GET", f"/credentials/{last(found['credential'])}")).json()["credential"]
    other = await world.achievement(OTHER_ORG, name="Credit transferred")
    back_again = {
        "recognisingIssuer": partners.partner,
        "sourceIssuer": partners.university,
        "programme": other,
        "rules": [{"achievement": partners.ours, "target": other, "credits": 5}],
    }
    agreement = await partners.propose(**back_again)
    assert (await partners.act(agreement, "sign")).status_code == 200
    answer = await partners.ask(learner, award, programme=other)
    assert answer.json()["status"] == "granted", answer.text
    back = (await world.send("GET", f"/credentials/{last(answer.json()['credential'])}", org=OTHER_ORG)).json()
    record = json.loads(base64.b64decode(back["credential"]["evidence"][1]["id"].partition(",")[2]))
    assert (record["source"]["id"], record["source"]["origin"]) == (found["credential"], issued["id"])
    assert held_from(back["credential"]).source == issued["id"]

"""Recognition agreements: proposed by one institution, signed by the other, changed only by another one."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import ProgrammingError

from credential_core.jcs import digest
from tests.issuer.recognising import AGREEMENTS, OUR_GRADE, Partners, last
from tests.issuer.world import ORG, OTHER_ORG, Json, World, problem_code

THIRD_ORG = "6f0c1ad0-0000-4000-8000-000000000003"

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


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

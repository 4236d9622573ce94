"""A refusal as a signed statement: anybody can verify it, nobody takes it for an award, and no learner is in it."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from credential_core.jcs import digest
from credential_core.report import Verdict
from credential_core.verify import Policy, trust_only, verify
from service_kit.clock import utc_now
from stacking.badges import NotEvidence, held_from
from tests.issuer.keepers import Keeper
from tests.issuer.recognising import MINE, Partners, last
from tests.issuer.world import ORG, OTHER_ORG, Json, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def stated(partners: Partners, found: Json, *, by: str = "a") -> httpx.Response:
    headers = {"Authorization": f"Bearer {partners.world.mint.token(ORG, 'credentials:issue', client_id=by)}"}
    return await partners.world.client.post(f"/recognitions/{last(found['id'])}/decision", headers=headers)


async def statement(partners: Partners, found: Json) -> Json:
    answer = await stated(partners, found)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["credential"])


async def refused(partners: Partners, learner: Keeper, reason: str = "no examination") -> tuple[Json, Json]:
    """By people. The credential that was shown, and the recognition."""
    issued, found = await partners.case(learner)
    assert (await partners.step(found, "refuse", reason=reason)).status_code == 200
    return issued["credential"], found


async def test_what_people_refused_is_stated_and_holds(partners: Partners, world: World) -> None:
    learner = partners.learner()
    shown, found = await refused(partners, learner)
    made = await statement(partners, found)
    subject = made["credentialSubject"]
    seen = (await learner.call("GET", f"{MINE}/{last(found['id'])}")).json()
    assert made["type"] == ["VerifiableCredential", "RecognitionDecision"]
    assert made["issuer"]["id"] == partners.university
    assert (subject["id"], subject["decision"], subject["programme"]) == (found["id"], "refused", partners.programme)
    assert (subject["presented"], subject["presentedDigest"]) == (shown["id"], digest(shown))
    assert (subject["presentedIssuer"], subject["presentedFor"]) == (partners.partner, partners.theirs)
    assert subject["reason"] == [{"code": "decided-by-institution", "detail": "no examination"}]
    assert subject["appealUntil"][:19] == seen["appealUntil"][:19]
    assert "agreement" not in subject
    assert_valid(made, {partners.university: await did_document(world, partners.university)})


def assert_valid(made: Json, controllers: dict[str, Json]) -> None:
    report = verify(
        made,
        controllers=controllers,
        status_lists={},
        now=utc_now(),
        trusted_issuers=trust_only(()),
        policy=Policy(accept_unknown_issuer=True),
    )
    assert report.verdict is Verdict.VALID, report.checks


async def did_document(world: World, did: str) -> Json:
    return next(one.did_document for one in await world.events("issuer.published.v1") if one.issuer_id == did)


async def issuers(world: World) -> list[Json]:
    return list((await world.send("GET", "/issuers")).json()["items"])


async def test_an_issuer_that_signs_by_rsa_states_it_in_an_envelope(world: World) -> None:
    """Not in the bare JWT of Open Badges: it is none."""
    issuer = await world.issuer(keys=["RS256", "Ed25519"])
    partners = await Partners(world).open()
    _, first = await refused(partners, partners.learner())
    assert (await statement(partners, first))["proof"]["cryptosuite"] == "eddsa-rdfc-2022"
    _, found = await refused(partners, partners.learner())
    await world.rows("UPDATE issuer_keys SET state = 'retired', sealed = '' WHERE public_key LIKE 'z6Mk%' RETURNING 1")
    made = await statement(partners, found)
    assert (made["type"], made["id"][:25]) == (["EnvelopedVerifiableCredential"], "data:application/vc+jwt,e")
    assert_valid(made, {issuer["id"]: await did_document(world, issuer["id"])})


async def test_it_is_no_award_for_anybody(partners: Partners, world: World) -> None:
    learner = partners.learner()
    _, found = await refused(partners, learner)
    made = await statement(partners, found)
    with pytest.raises(NotEvidence):
        held_from(made)
    assert (await learner.push(made)).status_code == 400
    again = await partners.ask(learner, made)
    assert again.status_code == 422
    assert await learner.items() == []
    issued = await world.events("credential.issued.v1")
    assert made["id"] not in {one.credential_id for one in issued}


async def test_it_has_no_status_even_of_an_issuer_that_adds_one(partners: Partners, world: World) -> None:
    [issuer] = await issuers(world)
    policy = await world.send("PUT", f"/issuers/{issuer['slug']}/policy", {"addsStatus": True})
    assert policy.status_code == 200, policy.text
    _, found = await refused(partners, partners.learner())
    assert "credentialStatus" not in await statement(partners, found)


async def test_it_names_no_learner(partners: Partners) -> None:
    learner = partners.learner()
    _, found = await refused(partners, learner)
    text = json.dumps(await statement(partners, found))
    assert str(learner.email) not in text
    assert "identityHash" not in text


async def test_what_an_agreement_refused_names_it(partners: Partners) -> None:
    learner = partners.learner()
    agreement = await partners.agree(appealDays=7)
    issued = await partners.award(str(learner.email), "F")
    found = await partners.decided(learner, issued["credential"])
    assert found["status"] == "refused"
    made = await statement(partners, found)
    subject = made["credentialSubject"]
    assert (subject["agreement"], subject["agreementDigest"]) == (agreement["id"], agreement["digest"])
    assert [one["code"] for one in subject["reason"]] == ["grade-below"]
    assert made["issuer"]["id"] == agreement["document"]["recognisingIssuer"]
    # Who erases what was shown still has it, as it was.
    assert (await learner.call("DELETE", f"{MINE}/{last(found['id'])}")).status_code == 204
    assert await statement(partners, found) == made


async def test_it_is_signed_once_for_each_refusal(partners: Partners, world: World) -> None:
    learner = partners.learner()
    _, found = await refused(partners, learner)
    where = f"{MINE}/{last(found['id'])}/decision"
    answers = await asyncio.gather(*(learner.call("POST", where) for _ in range(3)), stated(partners, found))
    assert {(one.status_code, one.content) for one in answers} == {(200, answers[0].content)}
    assert answers[0].headers["cache-control"] == "no-store"
    first = answers[0].json()["credential"]
    assert (await partners.own_step(learner, found, "appeal")).status_code == 200
    assert await statement(partners, found) == first  # what the appeal is against
    assert (await partners.step(found, "refuse", by="another", reason="still none")).status_code == 200
    second = await statement(partners, found)
    assert second["id"] != first["id"]
    assert second["credentialSubject"]["reason"][0]["detail"] == "still none"
    assert "appealUntil" not in second["credentialSubject"]
    assert await world.count("any_credentials") == 2


async def test_only_a_refusal_is_stated_and_only_to_the_two(partners: Partners, world: World) -> None:
    learner = partners.learner()
    _, found = await partners.case(learner)
    where = f"{MINE}/{last(found['id'])}/decision"
    early = await learner.call("POST", where)
    assert (early.status_code, problem_code(early)) == (409, "recognition-not-refused")
    await partners.step(found, "refuse")
    assert (await partners.learner().call("POST", where)).status_code == 404
    theirs = await world.send("POST", f"/recognitions/{last(found['id'])}/decision", org=OTHER_ORG)
    assert theirs.status_code == 404
    await partners.own_step(learner, found, "appeal")
    await partners.step(found, "grant", by="another", achievement=partners.ours)
    granted = await learner.call("POST", where)
    assert (granted.status_code, problem_code(granted)) == (409, "recognition-not-refused")


async def test_without_an_issuer_that_can_sign_nobody_does(partners: Partners, world: World) -> None:
    _, found = await refused(partners, partners.learner())
    [issuer] = await issuers(world)
    amended = await world.send("PATCH", f"/issuers/{issuer['slug']}", {"active": False})
    assert amended.status_code == 200, amended.text
    answer = await stated(partners, found)
    assert (answer.status_code, problem_code(answer)) == (409, "issuer-inactive")

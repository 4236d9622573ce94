"""A learner's own record of a stack: everything that it was decided by, also what they brought along."""

from __future__ import annotations

from typing import Any

import pytest

from credential_core.jcs import digest
from credential_core.keys import PublicKey
from credential_core.model import plain_identity, validate_credential
from credential_core.proof import verify_proof
from credential_core.verify import parse
from credential_core.verify.nested import documents_within
from stacking.recheck import Given, Holding, recheck
from stacking.record import find_record
from tests.issuer.abroad import Academy
from tests.issuer.bringing import ABROAD, ANA, Bringing
from tests.issuer.keepers import Keeper
from tests.issuer.world import Json, World, problem_code

OF_ANA: Json = {
    "achievement": {
        "id": ABROAD,
        "name": "Statistics",
        "description": "Reads and makes statistics.",
        "criteria": {"narrative": "Passed the examination."},
    },
    "identifiers": [plain_identity(ANA, "emailAddress")],
}
pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def completed(bringing: Bringing, academy: Academy, ana: Keeper, *, as_token: bool = False) -> Json:
    """What Ana brought, and a capstone, completed the series. Returns what she brought, as it is read."""
    unsigned = academy.unsigned(**OF_ANA)
    await bringing.takes(ABROAD, {"type": "IssuedBy", "issuers": [academy.did]})
    await bringing.series.earn("capstone")
    whole = academy.token(unsigned) if as_token else academy.signed(unsigned)
    await bringing.keep(ana, whole)
    await bringing.allow(ana)
    assert await bringing.statuses() == ["awarded"]
    return parse(whole)


def uuid_of(address: str) -> str:
    return address.rsplit("/", 1)[-1]


async def asked(bringing: Bringing, learner: Keeper) -> Any:
    stack = await bringing.series.stack()
    return await learner.call("POST", f"/learners/me/credentials/{uuid_of(stack['credential'])}/record")


@pytest.mark.parametrize("as_token", [False, True])
async def test_it_holds_everything_and_says_what_is_part_of_what(
    bringing: Bringing, academy: Academy, ana: Keeper, world: World, as_token: bool
) -> None:
    brought = await completed(bringing, academy, ana, as_token=as_token)
    answer = await asked(bringing, ana)
    assert (answer.status_code, answer.json()["leftOut"]) == (200, []), answer.text
    assert answer.headers["cache-control"] == "no-store"
    record = answer.json()["credential"]
    assert validate_credential(record) == ()
    assert (record["partial"], "credentialStatus" in record) == (False, False)
    [(key,)] = await world.rows("SELECT public_key FROM issuer_keys")
    verify_proof(record, record["proof"], PublicKey.from_multibase(key))
    stack = await bringing.series.stack()
    inputs = {one["id"]: one["digest"] for one in stack["evaluation"]["inputs"]}
    associations = {
        (one["sourceId"], one["associationType"], one["targetId"]) for one in record["credentialSubject"]["association"]
    }
    assert brought["id"] in inputs
    achievements = {one["id"]: one["credentialSubject"]["achievement"]["id"] for one in documents_within(record)}
    assert associations == {(achievements[name], "isPartOf", achievements[stack["credential"]]) for name in inputs}
    within = {one["id"]: digest(dict(one)) for one in documents_within(record)}
    assert within == inputs | {stack["credential"]: within[stack["credential"]]}


async def test_whoever_has_the_record_alone_makes_the_decision_again(
    bringing: Bringing, academy: Academy, ana: Keeper, world: World
) -> None:
    await completed(bringing, academy, ana, as_token=True)
    record = (await asked(bringing, ana)).json()["credential"]
    given = {str(one["id"]): Given(one, digest(dict(one))) for one in documents_within(record)}
    stack = next(one.document for one in given.values() if find_record(one.document))
    [(pathway,)] = await world.rows("SELECT document FROM pathways ORDER BY version DESC LIMIT 1")
    standing = dict.fromkeys(given, True)
    assert recheck(stack, pathway, standing=standing, given=given).holding is Holding.HOLDS


async def test_what_is_gone_is_told_and_the_record_is_partial(
    bringing: Bringing, academy: Academy, ana: Keeper
) -> None:
    brought = await completed(bringing, academy, ana)
    [item] = await ana.items()
    await ana.call("DELETE", f"/learners/me/backpack/{item['id']}")
    answer = (await asked(bringing, ana)).json()
    assert answer["leftOut"] == [brought["id"]]
    assert answer["credential"]["partial"] is True
    assert validate_credential(answer["credential"]) == ()
    assert brought["id"] not in {one["id"] for one in documents_within(answer["credential"])}


async def test_another_document_by_the_same_id_takes_nothings_place(
    bringing: Bringing, academy: Academy, ana: Keeper
) -> None:
    brought = await completed(bringing, academy, ana)
    newer = academy.unsigned(**OF_ANA, credential_id=brought["id"])
    await ana.push(academy.signed(newer | {"name": "Statistics, corrected"}))
    assert (await asked(bringing, ana)).json()["leftOut"] == [brought["id"]]


async def test_it_is_given_to_its_learner_alone_and_nothing_of_it_is_kept(
    bringing: Bringing, academy: Academy, ana: Keeper, world: World
) -> None:
    brought = await completed(bringing, academy, ana)
    assert (await asked(bringing, Keeper(world, email="bo@students.example"))).status_code == 404
    before = await world.rows("SELECT count(*) FROM any_credentials")
    assert (await asked(bringing, ana)).status_code == 200
    assert await world.rows("SELECT count(*) FROM any_credentials") == before
    stack = await bringing.series.stack()
    theirs = (await world.send("POST", f"{stack['id']}/record", {})).json()["credential"]
    assert validate_credential(theirs) == ()
    held = {one["id"] for one in documents_within(theirs)}
    assert (theirs["partial"], brought["id"] in held, len(held)) == (True, False, 2)


async def test_there_is_none_of_what_is_no_stack_or_does_not_stand(
    bringing: Bringing, academy: Academy, ana: Keeper
) -> None:
    await completed(bringing, academy, ana)
    capstone = next(
        one["id"] for one in (await bringing.series.stack())["evaluation"]["inputs"] if "credentials/" in one["id"]
    )
    plain = await ana.call("POST", f"/learners/me/credentials/{uuid_of(capstone)}/record")
    assert (plain.status_code, problem_code(plain)) == (409, "stack-not-awarded")
    assert (await ana.call("POST", "/learners/me/credentials/nothing/record")).status_code == 404
    await bringing.series.change(capstone, "suspend")
    assert await bringing.statuses() == ["suspended"]
    fallen = await asked(bringing, ana)
    assert (fallen.status_code, problem_code(fallen)) == (409, "stack-not-awarded")

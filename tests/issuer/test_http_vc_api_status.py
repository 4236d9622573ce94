"""The VC-API: the statuses that an issuer adds by its policy, and their change."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.events import StatusListPublished
from credential_core.bitstring import StatusBits
from issuer.main import Core
from tests.issuer.vc_api import ENTRY, V1, Json, credential, holds, issued, post
from tests.issuer.world import OTHER_ORG, World, fields

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def with_status(world: World) -> str:
    issuer = await world.issuer()
    answer = await world.send("PUT", f"/issuers/{issuer['slug']}/policy", {"addsStatus": True})
    assert answer.json()["policy"]["addsStatus"] is True
    return str(issuer["id"])


async def bits(world: World, core: Core) -> StatusBits:
    await world.rows("UPDATE status_lists SET published_at = published_at - interval '1 minute' RETURNING 1")
    await core.publish_lists()
    published: list[StatusListPublished] = await world.events("status-list.published.v1")
    subject: Any = published[-1].credential["credentialSubject"]
    return StatusBits.decode(subject["encodedList"])


class TestStatus:
    async def test_an_issuer_whose_policy_says_so_adds_one(self, world: World, core: Core) -> None:
        did = await with_status(world)
        signed = await issued(world, credential(did))
        await holds(world, signed)
        status = signed["credentialStatus"]
        assert (status["type"], status["statusPurpose"]) == ("BitstringStatusListEntry", "revocation")
        assert (await bits(world, core)).get(int(status["statusListIndex"])) is False

    async def test_one_that_is_brought_along_stays(self, world: World) -> None:
        did = await with_status(world)
        signed = await issued(world, credential(did, credentialStatus=ENTRY))
        assert signed["credentialStatus"] == ENTRY

    async def test_a_credential_of_the_first_data_model_has_no_such_status(self, world: World) -> None:
        did = await with_status(world)
        old = {"@context": [V1], "issuanceDate": "2026-01-01T00:00:00Z", "credentialSubject": {"id": "did:example:a"}}
        document = {name: value for name, value in credential(did, **old).items() if name != "validFrom"}
        answer = await post(world, "/credentials/issue", {"credential": document})
        assert (answer.status_code, fields(answer)) == (400, ["credential.@context"])

    @pytest.mark.parametrize("by_entry", [True, False])
    @pytest.mark.parametrize("own_name", [True, False])
    async def test_it_is_revoked_for_good(self, world: World, core: Core, by_entry: bool, own_name: bool) -> None:
        did = await with_status(world)
        options = {"credentialId": "enrolment-4711"} if own_name else {}
        signed = await issued(world, credential(did), **options)
        status = signed["credentialStatus"]
        command = {
            "credentialId": options.get("credentialId", signed["id"]),
            "credentialStatus": status if by_entry else {"type": status["type"], "statusPurpose": "revocation"},
            "status": True,
        }
        for _ in range(2):
            answer = await post(world, "/credentials/status", command)
            assert answer.status_code == 200, answer.text
        assert (await bits(world, core)).get(int(status["statusListIndex"])) is True
        back = await post(world, "/credentials/status", command | {"status": False})
        assert back.status_code == 400

    async def test_of_several_by_one_name_the_entry_tells_which(self, world: World, core: Core) -> None:
        did = await with_status(world)
        document = credential(did)
        first, second = [(await issued(world, document))["credentialStatus"] for _ in range(2)]
        body = {"credentialId": document["id"], "credentialStatus": first, "status": True}
        assert (await post(world, "/credentials/status", body)).status_code == 200
        found = await bits(world, core)
        assert [found.get(int(status["statusListIndex"])) for status in (first, second)] == [True, False]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"credentialId": "nobody's"}, 404),
            ({"credentialId": 7}, 400),
            ({"credentialId": ""}, 400),
            ({"status": "true"}, 400),
            ({"credentialStatus": None}, 400),
            ({"credentialStatus": {"type": "StatusList2021Entry"}}, 400),
            ({"credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "suspension"}}, 400),
            ({"credentialStatus": {"type": "BitstringStatusListEntry", "statusListIndex": "131071"}}, 404),
            ({"credentialStatus": {"type": "BitstringStatusListEntry", "statusListCredential": {}}}, 404),
        ],
    )
    async def test_what_is_no_change_of_a_status(self, world: World, change: Json, code: int) -> None:
        did = await with_status(world)
        signed = await issued(world, credential(did))
        command = {"credentialId": signed["id"], "credentialStatus": signed["credentialStatus"], "status": True}
        assert (await post(world, "/credentials/status", command | change)).status_code == code
        assert await world.rows("SELECT 1 FROM any_credentials WHERE state <> 'issued'") == []

    async def test_another_university_finds_nothing(self, world: World) -> None:
        did = await with_status(world)
        signed = await issued(world, credential(did))
        command = {"credentialId": signed["id"], "credentialStatus": signed["credentialStatus"], "status": True}
        assert (await post(world, "/credentials/status", command, org=OTHER_ORG)).status_code == 404
        assert await world.rows("SELECT 1 FROM any_credentials WHERE state <> 'issued'") == []

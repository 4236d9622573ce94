"""What was brought and waits for a person is verified before."""

from __future__ import annotations

import pytest

from tests.issuer.abroad import Academy
from tests.issuer.bringing import STALE, Bringing
from tests.issuer.keepers import Keeper
from tests.issuer.pathways import issued_by
from tests.issuer.world import Json, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


class TestApproval:
    async def test_it_is_verified_before_it_is_approved(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, world: World
    ) -> None:
        await bringing.takes(
            complete["credentialSubject"]["achievement"]["id"], issued_by(academy.did), awarding="approval"
        )
        await bringing.allow(ana)
        assert await bringing.statuses() == ["waiting"]
        await world.rows(STALE)
        [waiting] = await bringing.series.stacks()
        answer = await world.send("POST", f"{waiting['id']}/approve", {"reason": "fine"})
        assert (answer.status_code, problem_code(answer)) == (409, "changed-meanwhile")
        await bringing.settle()
        answer = await world.send("POST", f"{waiting['id']}/approve", {"reason": "fine"})
        assert (answer.status_code, answer.json()["status"]) == (200, "awarded")

    @pytest.mark.parametrize("way", ["withdraw", "delete", "erase"])
    async def test_a_case_falls_with_the_consent(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, way: str
    ) -> None:
        await bringing.takes(
            complete["credentialSubject"]["achievement"]["id"], issued_by(academy.did), awarding="approval"
        )
        consent = await bringing.allow(ana)
        assert await bringing.statuses() == ["waiting"]
        match way:
            case "withdraw":
                await bringing.withdraw(ana, consent)
            case "delete":
                answer = await ana.call("DELETE", f"/learners/me/consents/{consent['id']}")
                assert answer.status_code == 204
            case _:
                assert (await ana.call("DELETE", "/learners/me/backpack")).status_code == 204
        assert await bringing.statuses() == ["withdrawn"]

    async def test_a_case_whose_component_cannot_be_confirmed_waits_on(
        self, bringing: Bringing, academy: Academy, ana: Keeper, complete: Json, world: World
    ) -> None:
        await bringing.takes(
            complete["credentialSubject"]["achievement"]["id"], issued_by(academy.did), awarding="approval"
        )
        await bringing.allow(ana)
        assert await bringing.statuses() == ["waiting"]
        del academy.site.documents["/lists/1"]
        await world.rows("UPDATE backpack_credentials SET look_at = now() RETURNING 1")
        assert await bringing.statuses() == ["waiting"]
        [waiting] = await bringing.series.stacks()
        answer = await world.send("POST", f"{waiting['id']}/approve", {"reason": "fine"})
        assert (answer.status_code, problem_code(answer)) == (409, "changed-meanwhile")

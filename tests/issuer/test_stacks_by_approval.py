"""Stacks of a pathway whose completions somebody approves."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from contracts.events import CredentialIssued
from issuer.main import Core
from tests.issuer.pathways import Series
from tests.issuer.world import OTHER_ORG, World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


class TestApproval:
    """A pathway whose completions somebody approves."""

    @pytest_asyncio.fixture
    async def series(self, world: World, core: Core) -> Series:
        return await Series(world, core).open(awarding="approval")

    async def test_it_waits_and_is_awarded_when_approved(self, series: Series, world: World) -> None:
        await series.earn("capstone", "python")
        await series.settle()
        case = await series.stack()
        assert (case["status"], case["credential"]) == ("waiting", None)
        assert all(step["isMet"] for step in case["explanation"] if step["name"] != "statistics")

        for _ in range(2):
            answer = await world.send("POST", f"{case['id']}/approve", {"reason": "seen the portfolio"})
            assert (answer.status_code, answer.json()["status"]) == (200, "awarded"), answer.text
        issued = await world.events(CredentialIssued.event_type)
        assert sum(event.achievement_id == series.achievements["certificate"] for event in issued) == 1

    async def test_a_refusal_stands_for_the_same_evidence_only(self, series: Series, world: World) -> None:
        await series.earn("capstone", "python")
        await series.settle()
        case = await series.stack()
        for _ in range(2):
            answer = await world.send("POST", f"{case['id']}/refuse", {"reason": "the portfolio is missing"})
            assert (answer.status_code, answer.json()["status"]) == (200, "refused"), answer.text
        late = await world.send("POST", f"{case['id']}/approve", {"reason": "x"})
        assert (late.status_code, problem_code(late)) == (409, "stack-not-waiting")
        await world.rows(
            "INSERT INTO evaluations_due (org_id, pathway_id, recipient_key, due_at) "
            "SELECT org_id, pathway_id, recipient_key, now() FROM stacks RETURNING 1"
        )
        await series.settle()
        assert len(await series.stacks()) == 1
        await series.earn("statistics")
        await series.settle()
        assert [stack["status"] for stack in await series.stacks()] == ["waiting", "refused"]

    @pytest.mark.parametrize(("action", "status"), [("approve", "awarded"), ("refuse", "refused")])
    async def test_who_decides_may_say_which_evidence_they_saw(
        self, series: Series, world: World, action: str, status: str
    ) -> None:
        await series.earn("capstone", "python")
        await series.settle()
        path = (await series.stack())["id"]
        seen = (await world.send("GET", path)).headers["etag"]
        assert (await world.send("GET", path, If_None_Match=seen)).status_code == 304
        await series.earn("statistics")
        await series.settle()
        present = (await world.send("GET", path)).headers["etag"]
        if present == seen:  # the pathway counts no more than it needs
            await world.rows("UPDATE stacks SET revision = revision + 1 RETURNING 1")
            present = (await world.send("GET", path)).headers["etag"]
        stale = await world.send("POST", f"{path}/{action}", {"reason": "x"}, If_Match=seen)
        assert (stale.status_code, problem_code(stale), stale.headers["etag"]) == (412, "precondition-failed", present)
        racing = [world.send("POST", f"{path}/{action}", {"reason": "x"}, If_Match=present) for _ in range(3)]
        answers = await asyncio.gather(*racing)
        won = [answer for answer in answers if answer.status_code == 200]
        assert (len(won), won[0].json()["status"]) == (1, status), [answer.text for answer in answers]
        assert won[0].headers["etag"] == (await world.send("GET", path)).headers["etag"]

    async def test_it_is_not_awarded_before_the_lists_show_what_its_components_are(
        self, series: Series, world: World
    ) -> None:
        capstone, _ = await series.earn("capstone", "python")
        await series.settle()
        case = await series.stack()
        for action in ("suspend", "reinstate"):
            await series.change(capstone, action)
        early = await world.send("POST", f"{case['id']}/approve", {"reason": "x"})
        assert (early.status_code, problem_code(early)) == (409, "changed-meanwhile")
        async with asyncio.timeout(30):
            while (answer := await world.send("POST", f"{case['id']}/approve", {"reason": "x"})).status_code == 409:
                await series.core.publish_lists()
        assert (answer.status_code, answer.json()["status"]) == (200, "awarded"), answer.text

    async def test_it_is_withdrawn_when_it_is_no_longer_complete(self, series: Series, world: World) -> None:
        capstone, _ = await series.earn("capstone", "python")
        await series.settle()
        case = await series.stack()
        await series.change(capstone, "suspend")
        answer = await world.send("POST", f"{case['id']}/approve", {"reason": "x"})
        assert (answer.status_code, problem_code(answer)) == (409, "stack-not-complete")
        assert (await series.stack())["status"] == "withdrawn"
        await series.change(capstone, "reinstate")
        await series.settle()
        assert [stack["status"] for stack in await series.stacks()] == ["waiting", "withdrawn"]

    @pytest.mark.parametrize("action", ["approve", "refuse"])
    async def test_it_is_nobody_elses(self, series: Series, world: World, action: str) -> None:
        await series.earn("capstone", "python")
        await series.settle()
        case = await series.stack()
        await world.issuer(org=OTHER_ORG)
        answer = await world.send("POST", f"{case['id']}/{action}", {"reason": "x"}, org=OTHER_ORG)
        assert answer.status_code == 404
        assert (await world.send("GET", case["id"], org=OTHER_ORG)).status_code == 404
        assert await series.stacks(org=OTHER_ORG) == []
        assert (await series.stack())["status"] == "waiting"

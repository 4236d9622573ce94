"""What is logged: every signature and every change, before and after; never a learner."""

import json

import pytest
from structlog.testing import capture_logs

from credential_core.jcs import digest
from tests.issuer.world import LEARNER, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

NAME, REASON = "Ana Silva", "plagiarism in chapter two"


async def test_a_signature_leaves_a_line_before_and_after(world: World) -> None:
    achievement = await world.ready()
    with capture_logs() as lines:
        issued = await world.issue(achievement)
    before, after = [line for line in lines if line.get("audit") and line.get("document") == issued["id"]]
    unsigned = {name: value for name, value in issued["credential"].items() if name != "proof"}
    assert (before["event"], after["event"], after["outcome"]) == ("signing", "signed", "ok")
    assert before["unsigned_digest"] == after["unsigned_digest"] == digest(unsigned)
    assert after["digest"] == digest(issued["credential"])
    assert before["key_id"] == after["key_id"]


async def test_a_change_leaves_a_line_before_and_after(world: World) -> None:
    issued = await world.issue(await world.ready())
    with capture_logs() as lines:
        await world.send("POST", f"{issued['id']}/revoke", {"reason": REASON})
    trail = [(line["event"], line["action"], line["actor"]) for line in lines if line.get("audit")]
    assert [event for event, _, _ in trail] == ["changing_status", "status_changed"]
    assert {(action, actor.partition(":")[0]) for _, action, actor in trail} == {("revoke", "client")}


async def test_no_learner_and_no_reason_is_in_logs_events_or_problems(world: World) -> None:
    achievement = await world.ready()
    recipient = {"email": LEARNER, "name": NAME, "plaintext": True}
    with capture_logs() as lines:
        issued = await world.issue(achievement, recipient=recipient, narrative=f"Well done, {NAME}")
        await world.send("POST", f"{issued['id']}/suspend", {"reason": REASON})
        wrong = await world.send(
            "POST", "/credentials", {"achievement": achievement, "recipient": recipient | {"did": NAME}, NAME: NAME}
        )
    events = [event.model_dump_json() for event in await world.events()]
    problem = json.loads(wrong.text)
    problem["errors"] = [error for error in problem["errors"] if error["field"] != NAME]  # a member's name is its path
    del problem["detail"]
    assert wrong.status_code == 422
    everything = json.dumps([lines, events, problem], default=str).lower()
    for secret in (NAME, LEARNER, REASON, "plagiarism", "silva"):
        assert secret.lower() not in everything

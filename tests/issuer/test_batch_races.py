"""Batches whose keys, credentials or state change between their signatures and their storing."""

from __future__ import annotations

import pytest

from issuer.adapters.batches import turns as batch_turns
from issuer.adapters.batches.record_part import RecordPart
from issuer.adapters.credentials.record_issued import RecordIssued
from issuer.core.batches.work import PART
from issuer.core.issuers.held_keys import KeyChanged
from issuer.main import Core, wire
from issuer.settings import IssuerSettings
from service_kit.database import Database
from tests.issuer.rotation import after_signing, of, rotation, signer, without_a_wait
from tests.issuer.test_batches import agrees, batch, counted, learner, open_batch, rows, work
from tests.issuer.test_batches_of_changes import because, change
from tests.issuer.test_batches_of_changes import work as work_changes
from tests.issuer.world import World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
IN_TRANSACTION = """
SELECT 1 FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'
"""
NOBODY_ELSE = str(batch_turns.TRY_PART).replace("pg_try_advisory_lock", "0 <> ")


@pytest.fixture(scope="session")
def settings(settings: IssuerSettings) -> IssuerSettings:
    return without_a_wait(settings)


async def test_rows_signed_as_their_key_was_revoked_are_signed_anew(
    world: World, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await rotation(world)
    sent = [learner(number) for number in range(PART + 20)]
    answer = await open_batch(world, sent, await world.achievement())
    with after_signing(monkeypatch, keys):
        await work(core)
    assert await of(world, keys.new) == len(sent) == await world.count("credentials")
    assert counted(await batch(world, answer)) == {"issued": len(sent)}
    await agrees(world, answer)


async def test_corrections_of_what_changed_meanwhile_are_made_anew(
    world: World, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One credential was revoked and one corrected by others while all were signed; then their key is revoked."""
    keys = await rotation(world)
    achievement = await world.achievement()
    ids = [(await world.issue(achievement, recipient=learner(n)["recipient"]))["id"] for n in range(4)]
    answer = await change(world, "correct", because(ids, narrative="by the batch"))

    async def others() -> None:
        assert (await world.send("POST", f"{ids[0]}/revoke", {"reason": "x"})).status_code == 200
        assert (await world.send("POST", f"{ids[1]}/correct", {"reason": "x", "creditsEarned": 3})).status_code == 200

    with after_signing(monkeypatch, others):
        assert await core.work_changes() == 2
    with after_signing(monkeypatch, keys):
        await work_changes(core)
    assert counted(await batch(world, answer)) == {"changed": 3, "failed": 1}
    [failed] = await rows(world, answer, "failed")
    assert failed["credential"] == ids[0]
    both = (await world.send("GET", ids[1])).json()
    subject = both["credential"]["credentialSubject"]
    assert (subject["narrative"], subject["creditsEarned"]) == ("by the batch", 3)
    assert (signer(both["credential"]), len(both["history"])) == (keys.new["id"], 3)
    await agrees(world, answer)


@pytest.mark.parametrize("action", ["pause", "cancel"])
async def test_a_batch_stopped_while_its_rows_are_signed_issues_none_of_them(
    world: World, core: Core, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    achievement = await world.ready()
    answer = await open_batch(world, [learner(number) for number in range(5)], achievement)

    async def stop() -> None:
        assert (await world.send("POST", f"{answer.headers['location']}/{action}")).status_code == 200

    with after_signing(monkeypatch, stop):
        assert await core.work_batches() == 0
    assert await world.count("credentials") == 0
    if action == "pause":
        await world.send("POST", f"{answer.headers['location']}/resume")
        assert await work(core) == 5
    await agrees(world, answer)


async def test_rows_are_done_once_by_two_workers_that_both_think_it_is_their_turn(
    world: World, core: Core, settings: IssuerSettings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the connection that held the turn was lost: another worker takes the same rows, and is faster."""
    achievement = await world.ready()
    answer = await open_batch(world, [learner(number) for number in range(5)], achievement, allowDuplicates="true")
    monkeypatch.setattr(batch_turns, "TRY_PART", NOBODY_ELSE)

    async def another() -> None:
        assert await wire(settings, database).work_batches() == 5

    with after_signing(monkeypatch, another):
        assert await core.work_batches() == 0
    assert await world.count("credentials") == 5
    await agrees(world, answer)


async def test_a_batch_of_an_issuer_without_a_key_fails_and_the_worker_goes_on(world: World, core: Core) -> None:
    keys = await rotation(world)
    answer = await open_batch(world, [learner(1)], await world.achievement())
    await keys.act(keys.old, "revoke")
    assert await work(core) == 1
    [row] = await rows(world, answer)
    assert (row["status"], row["problem"]["code"]) == ("failed", "no-active-key")
    await keys.act(keys.new, "activate")
    await world.send("POST", f"{answer.headers['location']}/retry")
    assert await work(core) == 1
    await agrees(world, answer)


async def test_a_batch_whose_issuer_can_open_no_list_fails_and_the_worker_goes_on(world: World, core: Core) -> None:
    """Its list is full, and the one active key is for credentials alone."""
    keys = await rotation(world)
    alone = (await world.send("POST", keys.path, {"algorithm": "P-256", "purpose": "credentials"})).json()
    await keys.act(alone, "activate")
    await keys.act(keys.old, "revoke")
    await world.rows("UPDATE status_lists SET next_counter = length RETURNING 1")
    answer = await open_batch(world, [learner(1)], await world.achievement())
    assert await work(core) == 1
    [row] = await rows(world, answer)
    assert (row["status"], row["problem"]["code"]) == ("failed", "no-active-key")


async def test_a_key_that_changes_all_the_time_leaves_the_rows_waiting(
    world: World, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    achievement = await world.ready()
    answer = await open_batch(world, [learner(1)], achievement)

    async def changed(*_: object) -> None:
        raise KeyChanged

    with monkeypatch.context() as patched:
        for record in (RecordIssued, RecordPart):
            patched.setattr(record, "__call__", changed)
        assert await core.work_batches() == 0
        refused = await world.send("POST", "/credentials", {"achievement": achievement, **learner(2)})
    assert (refused.status_code, problem_code(refused)) == (409, "changed-meanwhile")
    assert counted(await batch(world, answer)) == {"waiting": 1}
    assert await work(core) == 1


async def test_no_transaction_is_open_while_a_batch_is_signed(
    world: World, core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    achievement = await world.ready()
    issued = await world.issue(achievement, recipient={"did": "did:example:ana"})
    await open_batch(world, [learner(1)], achievement)
    await change(world, "correct", because([issued["id"]], narrative="x"))
    seen: list[int] = []

    async def look() -> None:
        seen.append(len(await world.rows(IN_TRANSACTION)))

    for step in (core.work_batches, core.work_changes):
        with after_signing(monkeypatch, look):
            assert await step() == 1
    assert seen == [0, 0]

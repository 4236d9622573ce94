"""Batches of changes while they are worked on: pieces that are lost, several workers, pauses, and who may look on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from issuer.adapters.batches.batches import BatchTable
from issuer.adapters.unit_of_work import IssuerUnitOfWork
from issuer.core.batches.work_corrections import PIECE as SIGNED_PIECE
from issuer.main import Core, wire
from issuer.settings import IssuerSettings
from service_kit.database import Database
from service_kit.testing import TokenMint
from tests.issuer.test_batches import agrees, batch, counted, learner, open_batch
from tests.issuer.test_batches_of_changes import ACTIONS, because, change, issued, work
from tests.issuer.world import ORG, OTHER_ORG, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@contextlib.contextmanager
def lost(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process ends when everything of a piece is written, and before it is committed."""

    async def ends(self: IssuerUnitOfWork) -> None:
        raise OSError("the process ends before the commit")

    async def save(self: BatchTable, batch: Any) -> None:
        patched.setattr(IssuerUnitOfWork, "commit", ends)

    with monkeypatch.context() as patched:
        patched.setattr(BatchTable, "save", save)
        yield


@pytest.mark.parametrize("action", ["revoke", "correct"])
async def test_a_piece_that_is_lost_is_done_again_once(
    world: World, core: Core, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    ids = await issued(world, core, 10)
    more = {"narrative": "x"} if action == "correct" else {}
    answer = await change(world, action, because(ids, **more))
    with lost(monkeypatch), pytest.raises(OSError, match="before the commit"):
        await core.work_changes()
    assert await world.count("status_changes") == 0
    assert await work(core) == 10
    assert await world.count("status_changes") == 10
    await agrees(world, answer)


async def test_several_workers_and_single_changes_at_once(
    world: World, core: Core, settings: IssuerSettings, database: Database
) -> None:
    ids = await issued(world, core, 40)
    answers = [await change(world, "revoke", because(order)) for order in (ids, ids[::-1])]
    others = [wire(settings, database) for _ in range(2)]
    single = [world.send("POST", f"{one}/correct", {"reason": "x", "narrative": "y"}) for one in ids[:8]]
    await asyncio.gather(*(work(one) for one in (core, *others)), *single)
    await work(core)
    counts = [counted(await batch(world, answer)) for answer in answers]
    assert sum(one.get("changed", 0) for one in counts) == 40
    assert sum(one.get("unchanged", 0) for one in counts) == 40
    assert len(await world.events("credential.revoked.v1")) == 40
    for answer in answers:
        await agrees(world, answer)
    for one in ids:
        steps = (await world.send("GET", one)).json()["history"]
        assert [step["revision"] for step in steps] == list(range(1, len(steps) + 1))
        assert steps[-1]["status"] == "revoked"


async def test_paused_resumed_cancelled(world: World, core: Core) -> None:
    ids = await issued(world, core, SIGNED_PIECE + 1)
    answer = await change(world, "correct", because(ids, narrative="x"))
    where = answer.headers["location"]
    assert await core.work_changes() == SIGNED_PIECE
    assert (await world.send("POST", f"{where}/pause")).json()["status"] == "paused"
    assert await core.work_changes() == 0
    assert (await world.send("POST", f"{where}/resume")).json()["status"] == "running"
    cancelled = (await world.send("POST", f"{where}/cancel")).json()
    assert counted(cancelled) == {"changed": SIGNED_PIECE, "cancelled": 1}
    await agrees(world, answer)


async def test_a_batch_is_worked_on_by_whoever_may_do_what_it_does(world: World, core: Core, mint: TokenMint) -> None:
    ids = await issued(world, core, 1)
    opened = {
        "revoke": await change(world, "revoke", because(ids)),
        "correct": await change(world, "correct", because(ids, narrative="x")),
        "issue": await open_batch(world, [learner(5)], await world.achievement()),
    }
    for action, answer in opened.items():
        may = "credentials:revoke" if action == "revoke" else "credentials:issue"
        for scope in ("credentials:revoke", "credentials:issue"):
            path = answer.headers["location"].removeprefix("http://laurel.test")
            found = await world.client.post(f"{path}/pause", headers=mint.headers(ORG, scope))
            assert found.status_code == (200 if scope == may else 403)


async def test_another_university_changes_nothing(world: World, core: Core) -> None:
    ids = await issued(world, core, 2)
    for action in ACTIONS:
        answer = await change(
            world, action, because(ids, **({"narrative": "x"} if action == "correct" else {})), org=OTHER_ORG
        )
        assert (answer.json()["status"], counted(answer.json())) == ("done", {"refused": 2})
        found = await world.send("GET", f"{answer.headers['location']}/rows", org=OTHER_ORG)
        assert {row["problem"]["code"] for row in found.json()["items"]} == {"not-found"}
    assert await work(core) == 0
    assert await world.count("status_changes") == 0

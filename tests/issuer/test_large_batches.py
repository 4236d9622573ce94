"""Large files of batches are read, and stored, by a process of their own, with the answers that small ones get."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, NoReturn

import httpx
import pytest
import pytest_asyncio

from issuer import main_batches
from issuer.http.app import issuer_app
from issuer.main import Core, wire
from issuer.main_batches import LargeBatches
from issuer.settings import IssuerSettings
from service_kit.database import Database
from service_kit.ids import new_id
from service_kit.testing import BASE_URL, TokenMint, asgi_client
from tests.issuer.test_batches import agrees, batch, counted, learner, open_batch, rows, work
from tests.issuer.test_batches_of_changes import because, change
from tests.issuer.world import World, problem_code

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


def not_here(*_: object, **__: object) -> NoReturn:
    raise AssertionError("read in the process that serves")


@pytest_asyncio.fixture
async def client(
    settings: IssuerSettings, database: Database, mint: TokenMint, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """An application to which everything is large."""
    monkeypatch.setattr(main_batches, "LARGE", 0)
    monkeypatch.setattr(main_batches, "offload", not_here)
    services = wire(settings, database, large=LargeBatches(settings.database)).services
    async with asgi_client(issuer_app(services, settings, tokens=mint.verifier())) as opened:
        yield opened


async def test_a_batch_is_kept_once_and_worked_on(world: World, core: Core) -> None:
    achievement = await world.ready()
    sent: list[Any] = [learner(1), 7, learner(2)]
    headers = {"Idempotency-Key": "one"}
    first = await open_batch(world, sent, achievement, headers=headers)
    again = await open_batch(world, sent, achievement, headers=headers)
    assert (first.status_code, first.json()["id"]) == (202, again.json()["id"])
    other = await open_batch(world, sent[:1], achievement, headers=headers)
    assert (other.status_code, problem_code(other)) == (409, "idempotency-key-reused")
    assert await work(core) == 2
    assert counted(await batch(world, first)) == {"issued": 2, "refused": 1}
    [wrong] = await rows(world, first, "refused")
    assert (wrong["row"], wrong["problem"]["code"]) == (2, "invalid-row")
    await agrees(world, first)
    ids = [row["credential"] for row in await rows(world, first, "issued")]
    answer = await change(world, "revoke", [*because(ids), *because([new_id()])])
    assert (answer.status_code, counted(answer.json())) == (202, {"waiting": 2, "refused": 1})


async def test_a_dry_run_keeps_nothing(world: World) -> None:
    sent: list[Any] = [learner(1), 7]
    answer = await open_batch(world, sent, await world.ready(), dryRun="true")
    assert (answer.status_code, answer.json()["ready"], answer.json()["refused"]) == (200, 1, 1)
    changes = await change(world, "revoke", because([new_id()]), dry_run=True)
    assert (changes.status_code, changes.json()["refused"]) == (200, 1)
    assert await world.count("batches") == 0


async def test_what_cannot_be_taken_is_refused_as_ever(world: World) -> None:
    achievement = await world.ready()
    for sent, status, said in (
        ("{", 400, "malformed-request"),
        ("[]x", 400, "malformed-request"),
        (" ", 422, "the file is empty"),
    ):
        answer = await open_batch(world, sent, achievement)
        assert (answer.status_code, said in answer.text) == (status, True), answer.text
    unknown = await open_batch(world, json.dumps([learner(1)]), f"{BASE_URL}/achievements/{new_id()}")
    assert (unknown.status_code, problem_code(unknown)) == (409, "achievement-not-known")
    assert unknown.headers["retry-after"]

"""Who follows a batch: is told what changed and no more, for as long as the token is good and the process stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Literal

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from contracts.events import AccessRevoked
from issuer.core.addresses import Addresses
from issuer.core.batches.batch import Batch, BatchId, BatchState, Counts, RowAction
from issuer.http.app import issuer_app
from issuer.http.batches import streams
from issuer.http.batches.streams import MOST_OF_ORG, Follower, Progress
from issuer.main import Core
from issuer.settings import IssuerSettings
from service_kit.clock import utc_now
from service_kit.database import Database
from service_kit.ids import new_id
from service_kit.revoked_access import RevokedAccess
from service_kit.settings import AuthSettings
from service_kit.testing import BASE_URL, TokenMint, asgi_client
from tests.issuer.conftest import More
from tests.issuer.test_batches import learner, open_batch, work
from tests.issuer.world import ALL_SCOPES, ORG, World

Kind = Literal["token", "grant", "client"]
pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest.fixture
def revoked(database: Database) -> RevokedAccess:
    return RevokedAccess(database)


@pytest.fixture
def app(settings: IssuerSettings, core: Core, mint: TokenMint, more: More, revoked: RevokedAccess) -> FastAPI:
    tokens = mint.verifier(is_revoked=revoked.includes)
    return issuer_app(core.services, settings, tokens=tokens, more=more[0])


@pytest_asyncio.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with asgi_client(app) as opened:
        yield opened


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "EVERY_S", 0.05)


async def batch_at_rest(world: World) -> str:
    """The address of one that nobody works on."""
    answer = await open_batch(world, [learner(1)], await world.ready())
    return str(answer.headers["location"])


async def follow(world: World, location: str, **headers: str) -> asyncio.Task[httpx.Response]:
    task = asyncio.create_task(world.send("GET", f"{location}/events", **headers))
    await asyncio.sleep(0.2)
    assert not task.done()
    return task


async def test_what_was_seen_is_not_told_again(world: World, core: Core) -> None:
    location = await batch_at_rest(world)
    await work(core)
    first = (await world.send("GET", f"{location}/events")).text
    seen = first.split("id: ")[1].split("\n")[0]
    again = (await world.send("GET", f"{location}/events", Last_Event_ID=seen)).text
    assert "event: progress" in first
    assert "event: progress" not in again
    assert again.endswith("event: end\ndata: {}\n\n")
    other = (await world.send("GET", f"{location}/events", Last_Event_ID="of-another-stream")).text
    assert "event: progress" in other


async def test_they_are_told_to_come_back_at_different_times(world: World, core: Core) -> None:
    location = await batch_at_rest(world)
    await work(core)
    told = [(await world.send("GET", f"{location}/events")).text.split("\n")[0] for _ in range(20)]
    times = [int(line.removeprefix("retry: ")) for line in told]
    assert all(1000 <= one <= 5100 for one in times)
    assert len(set(times)) > 10


async def test_a_process_that_stops_lets_them_go(world: World, app: FastAPI) -> None:
    following = await follow(world, await batch_at_rest(world))
    app.state.stopping.set()
    text = (await asyncio.wait_for(following, 30)).text
    assert "event: progress" in text
    assert "event: end" not in text, "the batch has not ended: they come back"


@pytest.mark.parametrize("kind", ["token", "grant", "client"])
async def test_whose_access_ends_hears_no_more(
    world: World, mint: TokenMint, revoked: RevokedAccess, kind: Kind
) -> None:
    location = await batch_at_rest(world)
    token = mint.token(ORG, *ALL_SCOPES, jti="a-token", grant_id="a-grant", client_id="a-client")
    following = await follow(world, location, Authorization=f"Bearer {token}")
    ended = AccessRevoked(kind=kind, id=f"a-{kind}", revoked_at=utc_now(), until=utc_now() + timedelta(hours=1))
    await world.deliver(ended)
    await revoked.refresh()
    assert "event: end" not in (await asyncio.wait_for(following, 30)).text
    again = await world.send("GET", f"{location}/events", Authorization=f"Bearer {token}")
    assert again.status_code == 401


async def test_whose_token_expires_hears_no_more(world: World, mint: TokenMint) -> None:
    location = await batch_at_rest(world)
    almost = int(utc_now().timestamp()) - AuthSettings.model_fields["leeway_s"].default + 3
    token = mint.token(ORG, *ALL_SCOPES, exp=almost)
    following = await follow(world, location, Authorization=f"Bearer {token}")
    assert "event: end" not in (await asyncio.wait_for(following, 30)).text


async def test_for_whom_there_is_no_place_nothing_is_read(world: World) -> None:
    location = await batch_at_rest(world)
    followers = [await follow(world, location) for _ in range(MOST_OF_ORG)]
    for path in (f"/batches/{new_id()}/events", f"/batches/{new_id()}/results.csv"):
        refused = await world.send("GET", path)
        assert refused.status_code == 429, "whether there is such a batch was not looked up"
        assert "retry-after" in refused.headers
    await cancelled(*followers)


async def test_who_follows_the_same_batch_is_told_by_the_same_reading() -> None:
    now = utc_now()
    batch = Batch(
        id=BatchId(new_id()),
        org_id=ORG,
        actor="tests",
        action=RowAction.REVOKE,
        state=BatchState.RUNNING,
        rows=1,
        created_at=now,
        changed_at=now,
    )
    readings, stopping = 0, asyncio.Event()

    class Reading:
        async def batch(self, org_id: str, batch_id: str) -> tuple[Batch, Counts]:
            nonlocal readings
            readings += 1
            await asyncio.sleep(0)
            return batch, Counts({})

    services: Any = SimpleNamespace(batches=Reading(), addresses=Addresses(BASE_URL, BASE_URL))
    progress = Progress(services)

    async def follow() -> None:
        async for _ in progress(batch, Follower("", yes, stopping)):
            pass

    followers = [asyncio.create_task(follow()) for _ in range(50)]
    await asyncio.sleep(0.5)
    stopping.set()
    await asyncio.gather(*followers)
    assert readings <= 2 * 11, "two for each moment: who asks while one is under way shares the next"


async def yes() -> bool:
    return True


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

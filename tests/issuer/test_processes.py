"""The service as it is run: built whole, healthy, and its background task publishing lists on its own."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from issuer.adapters.status_lists.publisher import ListPublisher
from issuer.main import Core, build
from issuer.settings import IssuerSettings
from service_kit.database import Database
from service_kit.runtime import Task
from service_kit.testing import asgi_client
from tests.issuer.world import World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


async def eventually(condition: Callable[[], Coroutine[Any, Any, bool]], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)


async def test_a_built_service_is_alive_and_ready(settings: IssuerSettings) -> None:
    async with build(settings) as components, asgi_client(components.app) as client:
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz")).json() == {"status": "unavailable", "failed": ["revoked_access"]}
        async with running(components.answering):
            await eventually(lambda: ready(client))
        assert (await client.get("/credentials")).status_code == 401
        # events, status lists, batches, changes, stacks, recognitions, agreements that expire
        assert len(components.relay) == 7
        # endorsements, what learners keep, hosts of theirs, what was recognised from elsewhere
        assert len(components.serve) == 4
        assert len(components.consume) == 1


async def ready(client: httpx.AsyncClient) -> bool:
    answer = await client.get("/readyz")
    return bool(answer.json() == {"status": "ok", "failed": []})


@asynccontextmanager
async def running(tasks: Sequence[Task]) -> AsyncIterator[None]:
    """The tasks of a process, until the end of the block."""
    stop = asyncio.Event()
    started = asyncio.gather(*(task(stop) for task in tasks))
    try:
        yield
    finally:
        stop.set()
        await started


async def test_lists_are_published_by_one_of_several_processes(world: World, core: Core, database: Database) -> None:
    issued = await world.issue(await world.ready())
    stop = asyncio.Event()
    publishers = [ListPublisher(database, core.publish_lists) for _ in range(3)]
    running = [asyncio.create_task(publisher.run(stop)) for publisher in publishers]
    await world.send("POST", f"{issued['id']}/revoke", {"reason": "x"})

    async def told() -> bool:
        return len(await world.events("status-list.published.v1")) == 2

    await eventually(told)
    stop.set()
    await asyncio.wait_for(asyncio.gather(*running), 10)


async def test_a_publisher_survives_a_database_that_is_away(database: Database) -> None:
    stop, calls = asyncio.Event(), 0

    async def publish() -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise OSError("the connection is gone")
        stop.set()
        return 0

    await asyncio.wait_for(ListPublisher(database, publish).run(stop), 20)
    assert calls == 2

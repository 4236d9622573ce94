"""Answers that take long have places of their own: who follows batches leaves the room to those who issue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from issuer.http.batches.streams import MOST, MOST_OF_ORG, Places
from service_kit.errors import Limited

pytestmark = pytest.mark.asyncio


async def endless() -> AsyncGenerator[str]:
    yield "begun"
    await asyncio.Event().wait()


async def follow(places: Places, org: str) -> asyncio.Task[None]:
    """One who has heard the first piece and waits for the next."""
    pieces, begun = places.take(org, endless()), asyncio.Event()

    async def listen() -> None:
        async for _ in pieces:
            begun.set()

    task = asyncio.create_task(listen())
    await begun.wait()
    return task


async def end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_organization_has_so_many_and_gets_them_back() -> None:
    places = Places()
    tasks = [await follow(places, "one") for _ in range(MOST_OF_ORG)]
    with pytest.raises(Limited):
        await follow(places, "one")
    tasks.append(await follow(places, "another"))

    await end(tasks.pop(0))
    tasks.append(await follow(places, "one"))
    await end(*tasks)
    await end(*[await follow(places, "one") for _ in range(MOST_OF_ORG)])


async def test_those_that_come_at_once_are_counted_before_any_is_read_and_given_back_unread() -> None:
    places = Places()
    unread = [places.take("one", endless()) for _ in range(MOST_OF_ORG)]
    with pytest.raises(Limited):
        places.take("one", endless())
    unread.clear()
    await end(*[await follow(places, "one") for _ in range(MOST_OF_ORG)])


async def test_all_together_have_so_many() -> None:
    places = Places()
    tasks = [await follow(places, f"org {number}") for number in range(MOST)]
    with pytest.raises(Limited):
        await follow(places, "one more")
    await end(*tasks)

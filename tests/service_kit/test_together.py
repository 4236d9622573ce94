"""What comes at once is done at once: shared reads are no caches, and one bad item spoils no other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from service_kit.together import Shared, Together

pytestmark = pytest.mark.asyncio


class World:
    """A value that changes, and reads of it that take until `answer` is called."""

    def __init__(self) -> None:
        self.value = 1
        self.asked = 0
        self._gates: list[asyncio.Event] = []

    async def read(self, key: str) -> int:
        self.asked += 1
        found, gate = self.value, asyncio.Event()
        self._gates.append(gate)
        await gate.wait()
        return found

    async def answer(self) -> None:
        while not self._gates:
            await asyncio.sleep(0)
        self._gates.pop(0).set()


async def test_those_who_ask_at_once_share_one_read() -> None:
    world = World()
    shared = Shared(world.read)
    asking = asyncio.gather(*(shared("a") for _ in range(5)))
    await world.answer()
    assert (await asking, world.asked) == ([1] * 5, 1)


async def test_a_read_that_began_earlier_is_not_shared() -> None:
    world = World()
    shared = Shared(world.read)
    first = asyncio.create_task(shared("a"))
    while not world.asked:
        await asyncio.sleep(0)
    world.value = 2
    later = asyncio.gather(shared("a"), shared("a"))
    await world.answer()
    await world.answer()
    assert (await first, list(await later), world.asked) == (1, [2, 2], 2)


async def test_other_keys_do_not_wait() -> None:
    world = World()
    shared = Shared(world.read)
    both = asyncio.gather(shared("a"), shared("b"))
    while world.asked < 2:
        await asyncio.sleep(0)
    await world.answer()
    await world.answer()
    assert list(await both) == [1, 1]


async def test_one_who_gives_up_does_not_end_the_read_of_the_others() -> None:
    world = World()
    shared = Shared(world.read)
    impatient, patient = asyncio.create_task(shared("a")), asyncio.create_task(shared("a"))
    while not world.asked:
        await asyncio.sleep(0)
    impatient.cancel()
    await world.answer()
    assert await patient == 1


async def test_a_failed_read_is_told_to_all_and_forgotten() -> None:
    fails = True

    async def read(key: str) -> int:
        if fails:
            raise OSError("gone")
        return 7

    shared = Shared(read)
    told = await asyncio.gather(shared("a"), shared("a"), return_exceptions=True)
    assert [type(one) for one in told] == [OSError, OSError]
    fails = False
    assert await shared("a") == 7


async def test_what_comes_meanwhile_is_the_next_lot() -> None:
    lots: list[list[int]] = []

    async def work(items: Sequence[int]) -> list[int]:
        lots.append(list(items))
        await asyncio.sleep(0.01)
        return [item * 2 for item in items]

    together = Together(work, most=3)
    first = asyncio.create_task(together(0))
    while not lots:
        await asyncio.sleep(0)
    rest = await asyncio.gather(*(together(number) for number in range(1, 6)))
    assert (await first, rest) == (0, [2, 4, 6, 8, 10])
    assert lots == [[0], [1, 2, 3], [4, 5]]


async def test_one_item_that_cannot_be_done_spoils_no_other() -> None:
    async def work(items: Sequence[int]) -> list[int | Exception]:
        if 3 in items:
            raise ValueError("three")
        return [LookupError("odd") if item % 2 else item for item in items]

    together: Together[int, int] = Together(work)
    told = await asyncio.gather(*(together(number) for number in range(5)), return_exceptions=True)
    assert [str(one) for one in told] == ["0", "odd", "2", "three", "4"]


async def test_nobody_waits_for_one_who_left() -> None:
    async def work(items: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0.01)
        return items

    together = Together(work)
    leaving, staying = asyncio.create_task(together(1)), asyncio.create_task(together(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 2

"""What runs while its owner works ends before the block, and its failure is told."""

from __future__ import annotations

import asyncio

import pytest

from issuer.core.behind import Ahead, Behind

pytestmark = pytest.mark.asyncio


async def test_jobs_run_one_after_the_other_and_behind() -> None:
    done: list[str] = []

    async def job(name: str) -> None:
        done.append(f"{name} began")
        await asyncio.sleep(0)
        done.append(f"{name} ended")

    async with Behind() as behind:
        await behind(job("a"))
        done.append("meanwhile")
        await behind(job("b"))
    assert done == ["meanwhile", "a began", "a ended", "b began", "b ended"]


@pytest.mark.parametrize("calls", [1, 2])
async def test_a_failure_is_told_next_or_at_the_end(calls: int) -> None:
    async def fails() -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        async with Behind() as behind:
            for _ in range(calls):
                await behind(fails())


async def test_when_the_block_fails_the_job_is_cancelled_and_over() -> None:
    ended = asyncio.Event()

    async def waits() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    with pytest.raises(ValueError, match="the block"):
        async with Behind() as behind:
            await behind(waits())
            await asyncio.sleep(0)
            raise ValueError("the block")
    assert ended.is_set()


async def test_what_is_looked_for_ahead_is_there_when_it_is_taken() -> None:
    async def look(what: str) -> str:
        if not what:
            raise OSError("gone")
        return what

    async with Ahead[str]() as ahead:
        assert await ahead.take() is None
        ahead.begin(look("a"))
        assert [await ahead.take(), await ahead.take()] == ["a", None]
        ahead.begin(look(""))
        with pytest.raises(OSError, match="gone"):
            await ahead.take()


async def test_when_the_block_fails_the_look_ends_first_and_its_failure_is_let_go() -> None:
    ended: list[str] = []

    async def look() -> None:
        await asyncio.sleep(0)
        ended.append("the look")
        raise OSError("gone")

    with pytest.raises(ValueError, match="the block"):
        async with Ahead[None]() as ahead:
            ahead.begin(look())
            raise ValueError("the block")
    assert ended == ["the look"]

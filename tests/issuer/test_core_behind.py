"""A job behind its owner's back ends before the block, and its failure is told."""

from __future__ import annotations

import asyncio

import pytest

from issuer.core.behind import Behind

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

"""A process that sleeps past its lease: another does its work meanwhile, and then it wakes and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest


async def overtaken(
    monkeypatch: pytest.MonkeyPatch,
    place: tuple[type, str],
    work: Callable[[], Coroutine[Any, Any, Any]],
    meanwhile: Callable[[], Awaitable[Any]],
) -> Any:
    """What `work` gives: it sleeps at the place, a method of a class, until `meanwhile` is over."""
    original, is_there, awake = getattr(*place), asyncio.Event(), asyncio.Event()

    async def asleep(*arguments: Any, **named: Any) -> Any:
        if not is_there.is_set():
            is_there.set()
            await awake.wait()
        return await original(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(*place, asleep)
        task = asyncio.create_task(work())
        waiting = asyncio.create_task(is_there.wait())
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        assert is_there.is_set(), "it never came there"
        await meanwhile()
        awake.set()
        return await task

"""Work above one millisecond leaves the event loop."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def offload(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking or slow function in the default thread pool."""
    return await asyncio.to_thread(function, *args, **kwargs)

"""The pause of a background task between two rounds."""

import asyncio


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until `stop`, whichever comes first."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return

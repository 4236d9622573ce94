"""What a learner is in: a pathway or an achievement, by its address in the catalog. It says who decides."""

import asyncio

from issuer.core.credentials.achievements import POLL_S, WAIT_S
from issuer.core.recognition.ports import RecognitionReading


async def owner_of(reading: RecognitionReading, programme: str, wait_s: float = WAIT_S) -> str | None:
    """The organization whose programme it is. One that was published a moment ago is waited for."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + wait_s
    while True:
        found = await reading.programme_owner(programme)
        if found is not None or clock() >= deadline:
            return found
        await asyncio.sleep(POLL_S)

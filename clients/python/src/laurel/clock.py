"""The client's one clock."""

import time
from datetime import UTC, datetime


def monotonic() -> float:
    """Seconds that only ever grow."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)

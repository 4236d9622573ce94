"""The client's one clock."""

import time


def monotonic() -> float:
    """Seconds that only ever grow."""
    return time.monotonic()


def pause(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)

"""How long until something elsewhere is asked again. Pure."""

from datetime import timedelta

LONGEST = timedelta(days=1)


def pause(every: timedelta, failures: int, *, spread: float) -> timedelta:
    """A tenth less or more, by a random number from 0 to 1; twice as long after each failure, up to a day."""
    delay = min(every * (1 << min(failures, 10)), max(every, LONGEST))
    return delay * (0.9 + 0.2 * spread)

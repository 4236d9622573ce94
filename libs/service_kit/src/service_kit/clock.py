"""The clock, injected everywhere so that tests can hold it still."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def machine_time() -> datetime:
    """What this machine's clock is set to."""
    return datetime.now(UTC)


class OwnClock:
    """The current instant, aware, in UTC: this machine's, or what it was set to and what has passed since."""

    def __init__(self) -> None:
        self._began: float | None = None

    def __call__(self) -> datetime:
        """Now."""
        return machine_time() if self._began is None else datetime.fromtimestamp(self._began + time.monotonic(), UTC)

    def set(self, moment: datetime) -> None:
        """From now on it goes by this, and no longer by what the machine's clock is set to."""
        self._began = moment.timestamp() - time.monotonic()


utc_now = OwnClock()

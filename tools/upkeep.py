"""Starts again what has died, for as long as the fleet is wanted: at once, and ever later where that does not help."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tools.process import StartFailed, Supervised

HELD_S = 10.0
"""Who was well for so long did not die of being started."""
LONGEST_PAUSE_S = 30.0


@dataclass(slots=True)
class Care:
    """What is remembered of a server. `died`: it was well, and somebody noticed that it no longer is."""

    starting: threading.Thread | None = None
    died: bool = False
    well_since: float = float("-inf")
    failures: int = 0
    not_before: float = float("-inf")


class Upkeep:
    """Call `look` now and then. Each server is started in a thread of its own: none waits for another."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._cares: dict[int, Care] = {}

    def look(self, servers: Iterable[Supervised]) -> list[threading.Thread]:
        """Start those that have died, loudly. Returns the threads that do so."""
        begun = []
        for server in servers:
            care = self._cares.setdefault(id(server), Care())
            if server.alive or care.starting is not None:
                continue
            if not care.died:
                self._note_death(server, care)
            if self._clock() >= care.not_before:
                thread = threading.Thread(target=self._start, args=(server, care), daemon=True)
                care.starting = thread
                thread.start()
                begun.append(thread)
        return begun

    def _note_death(self, server: Supervised, care: Care) -> None:
        process = server.process
        self._say(f"!! {process.name} ended with code {process.returncode}; its last lines:\n{process.tail(10)}")
        care.died = True
        if self._clock() - care.well_since >= HELD_S:
            care.failures = 0
        else:
            self._wait(care)

    def _start(self, server: Supervised, care: Care) -> None:
        try:
            server.start()
        except (StartFailed, OSError) as failure:
            self._say(f"!! {failure}")
            self._wait(care)
        else:
            care.well_since, care.died = self._clock(), False
            self._say(f"!! {server.process.name} was started again")
        finally:
            care.starting = None

    def _wait(self, care: Care) -> None:
        care.failures += 1
        care.not_before = self._clock() + min(LONGEST_PAUSE_S, 2.0**care.failures)

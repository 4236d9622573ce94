"""What is killed is started again, however often; what cannot start is tried again, ever later."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tools.process import Process, StartFailed, Supervised
from tools.upkeep import LONGEST_PAUSE_S, Upkeep


class Sleeper(Supervised):
    """Ends when it is killed, or at once if it is `broken`."""

    def __init__(self, home: Path, *, broken: bool = False) -> None:
        self._home = home
        self.broken = broken
        self.starts = 0

    def start(self) -> None:
        self.starts += 1
        command = ["false"] if self.broken else ["sleep", "600"]
        self._process = Process("sleeper", command, self._home / "sleeper.log", {"PATH": os.defpath}, self._home)
        self._process.start()
        if self.broken:
            self._process.wait_until(lambda: False, 30)


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Sleeper]:
    made = Sleeper(tmp_path)
    made.start()
    yield made
    made.stop()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.01)


def look(upkeep: Upkeep, server: Supervised) -> None:
    """And wait for what follows."""
    for thread in upkeep.look([server]):
        thread.join(30)


def test_who_is_killed_is_started_again_however_often(sleeper: Sleeper) -> None:
    said: list[str] = []
    now = [0.0]
    upkeep = Upkeep(said.append, lambda: now[0])
    for _ in range(6):
        os.kill(sleeper.process.pid, signal.SIGKILL)
        until(lambda: not sleeper.alive)
        look(upkeep, sleeper)
        assert sleeper.alive
        now[0] += 60
    assert sleeper.starts == 7
    assert sum("ended with code -9" in line for line in said) == 6


def test_what_cannot_start_is_tried_ever_later_and_never_given_up(tmp_path: Path) -> None:
    said: list[str] = []
    now = [0.0]
    upkeep = Upkeep(said.append, lambda: now[0])
    sleeper = Sleeper(tmp_path, broken=True)
    with pytest.raises(StartFailed):
        sleeper.start()
    tried = []
    while now[0] < 100:
        starts = sleeper.starts
        look(upkeep, sleeper)
        if sleeper.starts > starts:
            tried.append(now[0])
        now[0] += 1
    assert [after - before for before, after in pairwise(tried)] == [2, 4, 8, 16, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    sleeper.broken = False
    now[0] += LONGEST_PAUSE_S
    look(upkeep, sleeper)
    assert sleeper.alive
    sleeper.stop()

"""No orphans: a small process that outlives its owner and ends what the owner had started.

The owner writes one line per fact to the guard's standard input. When that pipe closes, because the owner
ended in whatever way, `kill -9` included, the guard stops every process that is still listed, the youngest
first, and removes the scratch directories. PR_SET_PDEATHSIG would not do: it follows the thread that forked,
is cleared by a change of user, and does not reach PostgreSQL's own children.
"""

from __future__ import annotations

import atexit
import contextlib
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import psutil

GRACE_S = 5.0


class Guard:
    """The owner's end of the pipe. One guard per owning process, started at the first use."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: IO[bytes] | None = None
        self._lock = threading.Lock()

    def watch(self, pid: int) -> None:
        self._tell(f"+{pid}")

    def forget(self, pid: int) -> None:
        self._tell(f"-{pid}")

    def scratch(self, directory: Path) -> None:
        """Remove this directory when the owner has ended."""
        self._tell(f"x{directory}")

    def close(self) -> None:
        with self._lock:
            if self._process and self._pipe:
                self._pipe.close()
                self._process.wait()
            self._process = self._pipe = None

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._pipe is None:
                self._pipe = self._start()
            self._pipe.write(f"{line}\n".encode())
            self._pipe.flush()

    def _start(self) -> IO[bytes]:
        # A session of its own: a Ctrl-C in the terminal must not reach it.
        command = [sys.executable, str(Path(__file__).resolve())]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        atexit.register(self.close)
        if self._process.stdin is None:
            raise RuntimeError("the guard has no pipe")
        return self._process.stdin


guard = Guard()


def end(processes: Iterable[psutil.Process], grace_s: float = GRACE_S) -> None:
    """Ask each process to end and give it time, then kill what is left of it and of its descendants."""
    asked: list[psutil.Process] = []
    family: list[psutil.Process] = []
    for process in processes:
        try:
            family += [*process.children(recursive=True), process]
            if grace_s:
                process.terminate()
                asked.append(process)
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(asked, timeout=grace_s)
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(family, timeout=1)


def _serve() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: dict[int, psutil.Process] = {}
    scratch: list[str] = []
    for line in sys.stdin:
        kind, value = line[0], line[1:].rstrip("\n")
        if kind == "x":
            scratch.append(value)
        elif kind == "-":
            watched.pop(int(value), None)
        else:
            with contextlib.suppress(psutil.NoSuchProcess):
                watched[int(value)] = psutil.Process(int(value))
    for process in reversed(watched.values()):
        end([process])
    for directory in scratch:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    _serve()

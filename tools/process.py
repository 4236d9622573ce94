"""One process of the local fleet: started with its log file, ended with everything it started itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tools.guard import end, guard
from tools.ports import is_free, owner


class StartFailed(RuntimeError):
    """Something of the fleet did not come up; the message tells the reader what and why."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user a process runs as, where it must not be root."""

    uid: int
    gid: int


@dataclass(slots=True)
class Process:
    """A command that can be started, stopped, killed and started again."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str]
    cwd: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_budget_s: float = 10.0
    ports: Sequence[int] = ()
    _popen: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        if self.alive:
            return
        end_leftover(self.pidfile)
        for port in self.ports:
            if not is_free(port):
                raise StartFailed(f"{self.name} cannot have port {port}: {owner(port)} listens there")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        user = self.account.uid if self.account else None
        group = self.account.gid if self.account else None
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.env),
                cwd=self.cwd,
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=[] if self.account else None,
            )
        guard.watch(self._popen.pid)
        self.pidfile.write_text(f"{self._popen.pid} {psutil.Process(self._popen.pid).create_time()}")

    @property
    def pidfile(self) -> Path:
        """Beside the log; there while it runs, and after its owner was killed."""
        return self.log.with_suffix(".pid")

    @property
    def alive(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def pid(self) -> int:
        if self._popen is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        return self._popen.poll() if self._popen else None

    def stop(self) -> None:
        """Ask, wait within the budget, then kill. Nothing happens to a process that is not there."""
        if self._popen is None:
            return
        family = self._family()
        if self.alive:
            self._popen.send_signal(self.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(self.stop_budget_s)
        self._reap(self._popen, family, grace_s=1.0)

    def kill9(self) -> None:
        """SIGKILL, its descendants too, and only then return."""
        if self._popen is not None:
            self._reap(self._popen, self._family(), grace_s=0.0)

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def tail(self, lines: int = 20) -> str:
        """The end of the log, indented, for an error message."""
        if not self.log.exists():
            return "    (no log)"
        text = self.log.read_bytes()[-20_000:].decode(errors="replace").splitlines()[-lines:]
        return "\n".join(f"    {line[:300]}" for line in text) or "    (the log is empty)"

    def wait_until(self, ready: Callable[[], bool], timeout_s: float) -> None:
        """Poll until ready. A process that dies meanwhile, or is too slow, raises with its last log lines."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.alive:
                reason = f"ended with code {self.returncode}"
            elif time.monotonic() > deadline:
                reason = f"was not ready after {timeout_s:.0f} s"
            else:
                time.sleep(0.05)
                continue
            raise StartFailed(f"{self.name} {reason}; the end of {self.log}:\n{self.tail()}")

    def _family(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def _reap(self, popen: subprocess.Popen[bytes], family: list[psutil.Process], grace_s: float) -> None:
        # PostgreSQL's and a JVM's children may have process groups of their own: take them by descent.
        if popen.poll() is None:
            popen.kill()
        popen.wait()
        end(family, grace_s)
        guard.forget(popen.pid)
        self.pidfile.unlink(missing_ok=True)


def end_leftover(pidfile: Path) -> None:
    """End what a killed earlier run left of a process, told from a stranger with its number by its age."""
    if not pidfile.exists():
        return
    with contextlib.suppress(psutil.NoSuchProcess, ValueError):
        pid, created = pidfile.read_text().split()
        process = psutil.Process(int(pid))
        if process.create_time() == float(created):
            end([process])
    pidfile.unlink(missing_ok=True)


class Supervised(ABC):
    """A server that is one process while it runs. Its `start` makes the process and waits until it answers."""

    _process: Process | None = None

    @abstractmethod
    def start(self) -> None: ...

    @property
    def process(self) -> Process:
        if self._process is None:
            raise RuntimeError(f"{type(self).__name__} was never started")
        return self._process

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.alive

    def stop(self) -> None:
        """In order, within the process's budget; nothing happens if it does not run."""
        if self._process:
            self._process.stop()

    def kill9(self) -> None:
        self.process.kill9()

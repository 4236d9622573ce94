"""What several processes share: one server for all tests (the first starts it, the last one out lets it stop), or
one directory that only one fleet may have.

The kernel drops a lock when its holder ends in whatever way, so nobody has to count users.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def locked(path: Path, *, timeout_s: float = 600.0) -> Iterator[None]:
    """Hold the lock of this file; its directory is made if missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        _acquire(file, fcntl.LOCK_EX, timeout_s)
        yield


class Claimed(Exception):
    """Another process holds it; its number is the message."""


def claim(path: Path) -> IO[str]:
    """Hold the lock of this file until the returned file is closed. Raises Claimed instead of waiting."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+")
    if not _try(file, fcntl.LOCK_EX):
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise Claimed(holder)
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


@contextlib.contextmanager
def one_for_all(directory: Path, start: Callable[[], str], stop: Callable[[], None]) -> Iterator[str]:
    """What `start` returned in whichever process came first. That process stops it when no other uses it."""
    gate, address, users_path = directory / "gate", directory / "address", directory / "users"
    with contextlib.ExitStack() as stack:
        with locked(gate):
            mine = not address.exists()
            if mine:
                address.write_text(start())
            users = stack.enter_context(users_path.open("a"))
            _acquire(users, fcntl.LOCK_SH, timeout_s=1)
        try:
            yield address.read_text()
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            if mine:
                _stop_when_unused(gate, users, address, stop)


def _stop_when_unused(gate: Path, users: IO[str], address: Path, stop: Callable[[], None]) -> None:
    while True:
        with locked(gate):
            if _try(users, fcntl.LOCK_EX):
                address.unlink()
                return stop()
        time.sleep(0.1)


def _acquire(file: IO[str], mode: int, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not _try(file, mode):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{file.name} is still locked after {timeout_s:.0f} s")
        time.sleep(0.05)


def _try(file: IO[str], mode: int) -> bool:
    try:
        fcntl.flock(file, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

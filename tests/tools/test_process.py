"""Processes of the local fleet: they start, they end with all their descendants, and none outlives its owner."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tools import ports
from tools.ports import LOOPBACK, free_ports
from tools.process import Process, StartFailed

ROOT = Path(__file__).resolve().parents[2]
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
FAMILY = """
import subprocess, time
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(600)
"""
# An owner that starts a process of each kind, says so, and is then killed.
OWNER = """
import sys, time
from pathlib import Path
from tools.guard import guard
from tools.process import Process
home = Path(sys.argv[1])
scratch = home / "scratch"
scratch.mkdir()
guard.scratch(scratch)
process = Process(name="family", command=[sys.executable, "-c", sys.argv[2]], log=home / "log", env={}, cwd=home)
process.start()
process.wait_until(lambda: (home / "log").read_text() != "", 30)
print(process.pid, flush=True)
time.sleep(600)
"""


def until(condition: Callable[[], bool], timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.05)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def make(home: Path, script: str, **options: object) -> Process:
    command = [sys.executable, "-c", script]
    return Process(name="it", command=command, log=home / "it.log", env={}, cwd=home, **options)  # type: ignore[arg-type]  # each test knows its field


def started(process: Process) -> Process:
    process.start()
    process.wait_until(lambda: process.log.exists() and process.log.read_text() != "", 30)
    return process


def test_a_stubborn_process_is_killed_after_its_budget(tmp_path: Path) -> None:
    process = started(make(tmp_path, STUBBORN, stop_budget_s=0.2))
    process.stop()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("end", [Process.stop, Process.kill9])
def test_descendants_end_with_it_whatever_their_process_group(tmp_path: Path, end: Callable[[Process], None]) -> None:
    process = started(make(tmp_path, FAMILY))
    child = int(process.log.read_text())
    end(process)
    assert gone(child)
    assert not process.alive


def test_a_stopped_process_starts_again(tmp_path: Path) -> None:
    process = started(make(tmp_path, STUBBORN, stop_budget_s=0.1))
    first = process.pid
    process.kill9()
    process.start()
    assert process.alive
    assert process.pid != first
    process.kill9()


def test_a_death_while_starting_shows_the_last_lines(tmp_path: Path) -> None:
    process = make(tmp_path, "print('no database', flush=True); raise SystemExit(3)")
    process.start()
    with pytest.raises(StartFailed, match=r"it ended with code 3; (.|\n)*no database"):
        process.wait_until(lambda: False, 30)


def test_slowness_is_told_from_death(tmp_path: Path) -> None:
    process = started(make(tmp_path, STUBBORN))
    with pytest.raises(StartFailed, match="was not ready after"):
        process.wait_until(lambda: False, 0.1)
    process.kill9()


def test_a_port_in_use_names_its_holder(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(StartFailed, match=rf"it cannot have port {port}: process {os.getpid()} "):
            make(tmp_path, STUBBORN, ports=[port]).start()


def test_what_a_killed_run_left_is_ended_before_the_next_start(tmp_path: Path) -> None:
    left = started(make(tmp_path, STUBBORN))
    again = make(tmp_path, STUBBORN)
    again.start()
    until(lambda: not left.alive)
    assert again.alive
    again.kill9()
    assert not again.pidfile.exists()


def test_a_stranger_with_the_same_number_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "600"])
    process = make(tmp_path, STUBBORN)
    process.pidfile.write_text(f"{stranger.pid} 1.0")
    process.start()
    assert stranger.poll() is None
    process.kill9()
    stranger.kill()
    stranger.wait()


def test_nothing_outlives_an_owner_that_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path), FAMILY]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        child = int((tmp_path / "log").read_text())
        owner.kill()

    until(lambda: gone(pid) and gone(child))
    until(lambda: not (tmp_path / "scratch").exists())


@pytest.mark.parametrize("given_to_clients", ["20000\t60999\n", "1024\t65535\n"])
def test_free_ports_are_different(given_to_clients: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "EPHEMERAL", tmp_path / "range")
    (tmp_path / "range").write_text(given_to_clients)
    assert len(set(free_ports(20))) == 20


def test_a_server_has_no_port_that_a_client_may_be_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "EPHEMERAL", tmp_path / "range")
    (tmp_path / "range").write_text("20000\t60999\n")
    assert all(10_000 <= port < 20_000 for port in free_ports(20))

"""`python -m tools.dev up | clean`: the local fleet in the foreground, with its data in var/."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import FrameType

from tools import account
from tools.fleet import Fleet
from tools.process import StartFailed
from tools.rooms import Ports

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
RESTARTS = 3
"""So often a service that dies is started again; then the fleet gives up."""


class Interrupted(BaseException):
    """A signal asked us to stop. Not an Exception: nothing on the way may swallow it."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.dev", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start everything and stay until Ctrl-C")
    up.add_argument("--story", action="store_true", help="play the main story once everything is up")
    commands.add_parser("clean", help="remove var/ and everything in it")
    arguments = parser.parse_args(argv)
    if arguments.command == "clean":
        return clean()
    return run(story=arguments.story)


def run(*, story: bool) -> int:
    """Start, stay, stop. Returns the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    fleet = Fleet(VAR, ports=Ports(), say=say)
    try:
        say(f"Laurel: starting the fleet, logs in {_shown(VAR / 'log')}")
        with fleet:
            _play(story=story)
            _welcome(fleet)
            return _stay(fleet)
    except StartFailed as failure:
        say(f"\nLaurel did not start: {failure}")
        return 1
    except Interrupted:
        say("Laurel: stopped. The data stays in var/ for the next start.")
        return 0


def say(line: str) -> None:
    print(line, flush=True)


def clean() -> int:
    """Remove the fleet's data. Not while a fleet runs on it."""
    if not VAR.exists():
        return 0
    lock = VAR / "lock"
    if lock.exists() and _held(lock):
        say("A fleet runs on var/: stop it first (Ctrl-C where it runs).")
        return 1
    account.remove(VAR / "postgres")
    shutil.rmtree(VAR)
    return 0


def _held(lock: Path) -> bool:
    import fcntl  # noqa: PLC0415 - one use

    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _play(*, story: bool) -> None:
    if not story:
        return
    say("")
    done = subprocess.run([sys.executable, "-m", "tools.story"], cwd=ROOT, check=False)
    if done.returncode:
        raise StartFailed(f"the story ended with code {done.returncode}; it told why above")


def _welcome(fleet: Fleet) -> None:
    say("")
    say(f"Laurel is up:  {fleet.base_url}")
    say(f"               {fleet.tls_base_url}   (authority: {_shown(fleet.authority)})")
    if fleet.demo_file.exists():
        say(f"Demo clients, also in {_shown(fleet.demo_file)}:")
        for organization in json.loads(fleet.demo_file.read_text())["organizations"]:
            secret = f"{organization['client_id']}  {organization['client_secret']}"
            say(f"  {organization['kind']:<11}{organization['name']:<34}{secret}")
    say("Ctrl-C stops it.")


def _stay(fleet: Fleet) -> int:
    """Until a signal. A service that dies is started again, loudly, a few times."""
    deaths: Counter[str] = Counter()
    while True:
        time.sleep(1)
        for server in fleet.running():
            if server.alive:
                continue
            process = server.process
            deaths[process.name] += 1
            say(f"!! {process.name} ended with code {process.returncode}; its last lines:\n{process.tail(10)}")
            if deaths[process.name] > RESTARTS:
                say(f"!! {process.name} died {deaths[process.name]} times: stopping the fleet.")
                return 1
            server.start()


def _interrupt(number: int, frame: FrameType | None) -> None:
    # Once is enough: a second Ctrl-C must not break off the orderly stop.
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, signal.SIG_IGN)
    say("\nLaurel: stopping ...")
    raise Interrupted


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    sys.exit(main())

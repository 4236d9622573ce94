"""`python -m tools.dev up | clean`: the local fleet in the foreground, with its data in var/.

LAUREL_PORT_OFFSET=1000 moves every port by that much, for a machine where the usual ones are taken.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from tools import account
from tools.fleet import Fleet
from tools.process import StartFailed
from tools.rooms import Ports
from tools.shared import Claimed, claim
from tools.upkeep import Upkeep

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
LOOK_EVERY_S = 0.5


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
    offset = int(os.environ.get("LAUREL_PORT_OFFSET", "0"))
    # Documents carry the origin in their ids, so another origin is another fleet with data of its own.
    home = VAR / f"offset-{offset}" if offset else VAR
    fleet = Fleet(home, ports=Ports.shifted(offset), say=say)
    try:
        say(f"Laurel: starting the fleet, logs in {_shown(home / 'log')}")
        with fleet:
            if story:
                _play(fleet)
            _welcome(fleet)
            _stay(fleet)
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
    for lock in [*VAR.glob("lock"), *VAR.glob("*/lock")]:
        try:
            claim(lock).close()
        except Claimed as holder:
            say(f"A fleet runs in {_shown(lock.parent)} (process {holder}): stop it first, with Ctrl-C where it runs.")
            return 1
        account.remove(lock.parent / "postgres")
    shutil.rmtree(VAR, ignore_errors=True)
    return 0


def _play(fleet: Fleet) -> None:
    say("")
    command = [sys.executable, "-m", "tools.story", "--demo", str(fleet.demo_file)]
    done = subprocess.run(command, cwd=ROOT, check=False)
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


def _stay(fleet: Fleet) -> None:
    """Until a signal. What dies is started again, loudly, however often."""
    upkeep = Upkeep(say)
    while True:
        time.sleep(LOOK_EVERY_S)
        upkeep.look(fleet.running())


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

"""`make bench`: the core, batches, single credentials, tokens and stacks, each beside the machine's own rates.

Then, when a fleet runs, how soon the world knows what happened.
"""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks import core

DEMO = Path(__file__).resolve().parent.parent / "var" / "demo.json"


def fleet_answers() -> bool:
    """Whether the fleet that left var/demo.json is still there."""
    try:
        origin = json.loads(DEMO.read_text())["base_url"]
        with urllib.request.urlopen(f"{origin}/healthz", timeout=5) as answer:  # noqa: S310  # our own origin
            return bool(answer.status == 200)
    except (OSError, ValueError, KeyError, urllib.error.URLError):
        return False


if __name__ == "__main__":
    code = core.main(sys.argv[1:])
    for name in ("batches", "issue", "tokens", "stacks"):
        code = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode or code
    if fleet_answers():
        code = subprocess.run([sys.executable, "-m", "benchmarks.propagation"], check=False).returncode or code
    else:
        print("No fleet runs (`make run`), so propagation was not measured.")
    sys.exit(code)

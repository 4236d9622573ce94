"""Which commands make a run of `make test`, and beside which they may run."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tools import kafka
from tools.process import StartFailed
from tools.suite.parts import FALLBACK, FILES, PARTS, ROOT, expression, to_read
from tools.suite.steps import Step, run, run_beside, summary

BIN = Path(sys.executable).parent
RESULTS = ROOT / ".cache" / "test-results"
FILES_OF_PARTS = ROOT / ".cache" / "files-of-parts.json"
TYPED = ("libs", "services", "gateway", "clients", "tools", "tests", "benchmarks")
HIDDEN = ("java", "mvn")

# Those that mostly wait for servers run beside those that compute, each with the longest first.
WAITING = ("fleet", "node", "kafka", "browser")
COMPUTING = ("database", "long", "pure")
# Two processes where tests share nothing but servers.
PROCESSES = {part: 2 if part in COMPUTING else 1 for part in PARTS}
# Whoever computes all the time leaves the processor to whoever waits for something to happen soon.
NICENESS = 10


def checks() -> list[Step]:
    typed = [name for name in TYPED if (ROOT / name).is_dir()]
    return [
        Step("ruff check", [str(BIN / "ruff"), "check", "."]),
        Step("ruff format", [str(BIN / "ruff"), "format", "--check", "."]),
        Step("mypy", [str(BIN / "mypy"), *typed]),
        Step("imports", [str(BIN / "lint-imports"), "--no-logo"]),
        Step("our rules", [sys.executable, "-m", "tools.rules"]),
    ]


def look() -> Step:
    """Find every test once, and note where they are."""
    step = Step("all tests", [sys.executable, "-m", "pytest", "--collect-only", "-qq", f"--ignore-glob={FALLBACK}"])
    step.env[FILES], step.quiet = str(FILES_OF_PARTS), True
    return step


def part(name: str, *, niceness: int = 0) -> Step:
    """One part, of the files that are noted."""
    step = _pytest(name, ["-m", expression(name)], PROCESSES[name])
    step.noted, step.niceness = FILES_OF_PARTS, niceness
    return step


def part_alone(name: str) -> Step:
    """One part, of the files that may have tests of it as far as an earlier run tells."""
    step = _pytest(name, ["-m", expression(name), *to_read(FILES_OF_PARTS, name)], PROCESSES[name])
    step.env[FILES] = str(FILES_OF_PARTS)
    return step


def without_java(hidden: Path) -> Step:
    """One short life of a credential on a PATH that has neither Java nor Maven."""
    files = [str(path.relative_to(ROOT)) for path in ROOT.glob(FALLBACK)] or [FALLBACK]
    step = _pytest("without Java", files, processes=1, ignore=False)
    step.env = {
        name: value for name, value in os.environ.items() if name not in ("JAVA_HOME", "KAFKA_BOOTSTRAP_SERVERS")
    }
    step.env |= {"PATH": path_without(HIDDEN, os.environ["PATH"], hidden), "LAUREL_KAFKA_FALLBACK": "expected"}
    return step


def path_without(programs: tuple[str, ...], path: str, scratch: Path) -> str:
    """A PATH with everything but these programs: directories that have them are replaced by links to the rest."""
    kept = []
    for number, directory in enumerate(map(Path, path.split(os.pathsep))):
        if not any((directory / program).exists() for program in programs):
            kept.append(str(directory))
            continue
        shadow = scratch / str(number)
        shadow.mkdir()
        for entry in directory.iterdir():
            if entry.name not in programs:
                (shadow / entry.name).symlink_to(entry)
        kept.append(str(shadow))
    return os.pathsep.join(kept)


def _pytest(name: str, arguments: list[str], processes: int, *, ignore: bool = True) -> Step:
    results = RESULTS / f"{name.replace(' ', '-')}.xml"
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={results}", *arguments]
    command += [f"--ignore-glob={FALLBACK}"] if ignore else []
    if processes > 1:  # each has its half in order, so that a file's fixtures are made once, and helps the other then
        command += ["-n", str(processes), "--dist", "worksteal"]
    return Step(name, command, results=results)


def _kafka_line() -> str:
    try:
        kind, reason = kafka.choose()
    except StartFailed as failure:
        return f"!! {failure}"
    loud = "!! " if kind is kafka.Kind.TANSU else ""
    return f"{loud}Kafka: {kind.value} ({reason})"


def _one(only: str, hidden: Path) -> list[Step]:
    """One piece of the whole, step after step."""
    if only == "check":
        steps = checks()
    elif only == "without-java":
        steps = [without_java(hidden)]
    else:
        steps = [part_alone(only)]
    for step in steps:
        run(step)
    return steps


def _everything(hidden: Path, *, check: bool) -> list[Step]:
    FILES_OF_PARTS.unlink(missing_ok=True)
    first: list[Sequence[Step]] = [checks() if check else [], [look()]]
    run_beside(first, RESULTS)
    computing = [part(name, niceness=NICENESS) for name in COMPUTING]
    waiting = [*(part(name) for name in WAITING), without_java(hidden)]
    run_beside([waiting, computing], RESULTS)
    return [step for lane in (*first, computing, waiting) for step in lane]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.suite", description=__doc__)
    parser.add_argument("--only", choices=["check", "tests", *PARTS, "without-java"], help="one part of it")
    only = parser.parse_args(argv).only
    RESULTS.mkdir(parents=True, exist_ok=True)
    for old in RESULTS.glob("*.xml"):
        old.unlink(missing_ok=True)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        hidden = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="laurel-path-")))
        whole = only in (None, "tests")
        steps = _everything(hidden, check=not only) if whole else _one(only, hidden)
    print(summary(steps, time.monotonic() - began, _kafka_line()), flush=True)
    return 1 if any(step.code for step in steps) else 0


if __name__ == "__main__":
    sys.exit(main())

"""`make test`: every check and every test in order, then one summary that says loudly what was left out and why."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from tools import kafka
from tools.process import StartFailed

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
RESULTS = ROOT / ".cache" / "test-results"
TYPED = ("libs", "services", "gateway", "clients", "tools", "tests", "benchmarks")
FALLBACK = "tests/e2e/test_fallback*.py"
HIDDEN = ("java", "mvn")

# The strongest mark of a test says which part takes it, so that together they take every test once.
PART_OF_MARK = {
    "fleet": "fleet",
    "node": "node",
    "kafka": "kafka",
    "browser": "browser",
    "db": "database",
    "long": "long",
}
# In this order, the longest first. Two processes where tests share nothing but servers.
PROCESSES = {"database": 2, "pure": 2, "long": 2, "browser": 1, "kafka": 1, "node": 1, "fleet": 1}
# The first part looks through every file and notes here which part has how many tests of each; the others read
# only the files that are theirs.
FILES = "LAUREL_FILES_OF_PARTS"
FILES_OF_PARTS = RESULTS / "files-of-parts.json"


def part_of(marks: Collection[str]) -> str:
    """The part that takes a test with these marks."""
    return next((part for mark, part in PART_OF_MARK.items() if mark in marks), "pure")


def expression(part: str) -> str:
    """What selects the tests of this part."""
    marks = list(PART_OF_MARK)
    own = [mark for mark in marks if PART_OF_MARK[mark] == part]
    stronger = marks[: marks.index(own[0])] if own else marks
    return " and ".join([*own, *([f"not ({' or '.join(stronger)})"] if stronger else [])])


@dataclass(slots=True)
class Step:
    """One command, and afterwards how it went."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    results: Path | None = None
    noted: Path | None = None
    code: int = 0
    seconds: float = 0.0

    def run(self) -> None:
        print(f"\n=== {self.name}", flush=True)
        began = time.monotonic()
        files = [*self._files()]
        self.code = subprocess.run([*self.command, *files], cwd=ROOT, env=self.env, check=False).returncode
        self.seconds = time.monotonic() - began
        if not self.code and len([*self._cases()]) < sum(self._files().values()):
            self.code = TOO_FEW_TESTS

    @property
    def verdict(self) -> str:
        if self.results and self.code in SAID:
            return f"FAILED: {SAID[self.code]}"
        return f"FAILED ({self.code})" if self.code else "ok"

    def counts(self) -> str:
        tests = list(self._cases())
        skipped = sum(case.find("skipped") is not None for case in tests)
        return f"{len(tests)} tests, {skipped} left out" if self.results else ""

    def left_out(self) -> Counter[str]:
        """Reasons of skipped tests, and how many tests each left out."""
        reasons: Counter[str] = Counter()
        for case in self._cases():
            for skipped in case.findall("skipped"):
                reasons[skipped.get("message", "no reason")] += 1
        return reasons

    def _files(self) -> dict[str, int]:
        """Where its tests are, and how many; empty before anybody looked."""
        known = json.loads(self.noted.read_text()) if self.noted and self.noted.exists() else {}
        files: dict[str, int] = known.get(self.name, {})
        return files

    def _cases(self) -> Iterator[ElementTree.Element]:
        if self.results and self.results.exists():
            # Our own pytest wrote it a moment ago.
            yield from ElementTree.parse(self.results).iter("testcase")  # noqa: S314


TOO_FEW_TESTS = -1
SAID = {5: "it found no tests", TOO_FEW_TESTS: "it left tests out that are its own"}


def checks() -> list[Step]:
    typed = [name for name in TYPED if (ROOT / name).is_dir()]
    return [
        Step("ruff check", [str(BIN / "ruff"), "check", "."]),
        Step("ruff format", [str(BIN / "ruff"), "format", "--check", "."]),
        Step("mypy", [str(BIN / "mypy"), *typed]),
        Step("imports", [str(BIN / "lint-imports"), "--no-logo"]),
        Step("our rules", [sys.executable, "-m", "tools.rules"]),
    ]


def tests() -> list[Step]:
    return [_part(name, processes) for name, processes in PROCESSES.items()]


def _part(name: str, processes: int) -> Step:
    step = _pytest(name, ["-m", expression(name)], processes)
    step.noted = FILES_OF_PARTS
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


def summary(steps: list[Step], seconds: float) -> str:
    lines = ["", "=" * 78, _kafka_line()]
    lines += [f"  {step.name:<14}{step.seconds:6.0f} s  {step.verdict:<12} {step.counts()}" for step in steps]
    reasons = sum((step.left_out() for step in steps), Counter[str]())
    lines += [f"!! LEFT OUT, {count} tests: {reason}" for reason, count in reasons.most_common()]
    failed = [step.name for step in steps if step.code]
    verdict = (
        f"FAILED: {', '.join(failed)}"
        if failed
        else "Everything passed" + ("." if not reasons else ", but see what was left out.")
    )
    return "\n".join([*lines, f"{verdict}  ({seconds:.0f} s)"])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.suite", description=__doc__)
    parser.add_argument("--only", choices=["check", "tests", *PROCESSES, "without-java"], help="one part of it")
    only = parser.parse_args(argv).only
    RESULTS.mkdir(parents=True, exist_ok=True)
    for old in (*RESULTS.glob("*.xml"), FILES_OF_PARTS):
        old.unlink(missing_ok=True)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        hidden = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="laurel-path-")))
        steps = _chosen(only, hidden)
        for step in steps:
            step.run()
    print(summary(steps, time.monotonic() - began), flush=True)
    return 1 if any(step.code for step in steps) else 0


def _chosen(only: str | None, hidden: Path) -> list[Step]:
    if only == "check":
        return checks()
    if only == "without-java":
        return [without_java(hidden)]
    if only in PROCESSES:
        return [step for step in tests() if step.name == only]
    return [*([] if only else checks()), *tests(), without_java(hidden)]


if __name__ == "__main__":
    sys.exit(main())

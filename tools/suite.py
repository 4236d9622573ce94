"""`make test`: every check and every test in order, then one summary that says loudly what was left out and why."""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
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

# Together these take every test once. Two processes where tests share nothing but servers.
GROUPS = {
    "pure": ("not (long or db or kafka or node or fleet or browser)", 2),
    "long": ("long and not (db or kafka or node or fleet or browser)", 2),
    "database": ("db and not (kafka or node or fleet or browser)", 2),
    "browser": ("browser and not (kafka or node or fleet)", 1),
    "kafka": ("kafka and not (node or fleet)", 1),
    "node": ("node and not fleet", 1),
    "fleet": ("fleet", 1),
}


@dataclass(slots=True)
class Step:
    """One command, and afterwards how it went."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    results: Path | None = None
    code: int = 0
    seconds: float = 0.0

    def run(self) -> None:
        print(f"\n=== {self.name}", flush=True)
        began = time.monotonic()
        self.code = subprocess.run(self.command, cwd=ROOT, env=self.env, check=False).returncode
        self.seconds = time.monotonic() - began

    @property
    def verdict(self) -> str:
        if self.results and self.code == NO_TESTS:
            return "FAILED: it found no tests"
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

    def _cases(self) -> Iterator[ElementTree.Element]:
        if self.results and self.results.exists():
            # Our own pytest wrote it a moment ago.
            yield from ElementTree.parse(self.results).iter("testcase")  # noqa: S314


NO_TESTS = 5


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
    return [_pytest(name, ["-m", marks], processes) for name, (marks, processes) in GROUPS.items()]


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
    command += ["-n", str(processes)] if processes > 1 else []
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
    parser.add_argument("--only", choices=["check", "tests", *GROUPS, "without-java"], help="one part of it")
    only = parser.parse_args(argv).only
    RESULTS.mkdir(parents=True, exist_ok=True)
    for old in RESULTS.glob("*.xml"):
        old.unlink()
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
    if only in GROUPS:
        return [step for step in tests() if step.name == only]
    return [*([] if only else checks()), *tests(), without_java(hidden)]


if __name__ == "__main__":
    sys.exit(main())

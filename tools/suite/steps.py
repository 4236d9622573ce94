"""One command of `make test`, how it went, and how several run side by side without mixing what they say."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from tools.suite.parts import ROOT, Files, noted

TOO_FEW_TESTS = -1
SAID = {5: "it found no tests", TOO_FEW_TESTS: "it left tests out that are its own"}
TELL_EVERY_S = 30.0
POLL_S = 0.1
PROGRESS = re.compile(rb"^([.FEsxX]*) *\[ *(\d+)%\]", re.MULTILINE)  # as pytest tells it


@dataclass(slots=True)
class Step:
    """One command, and afterwards how it went."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    results: Path | None = None
    noted: Path | None = None
    """Where its files and the number of their tests are noted; without it the command says all."""
    niceness: int = 0
    quiet: bool = False
    """Beside others, what it says is shown only if it failed."""
    code: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    """Of its process and of all those below that were waited for."""
    _began: float = field(default=0.0, init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self, output: IO[bytes] | None = None) -> None:
        """Without `output` it speaks for itself."""
        command = [*(["nice", "-n", str(self.niceness)] if self.niceness else []), *self.command, *self._files()]
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=self.env, stdout=output, stderr=subprocess.STDOUT if output else None
        )

    def ended(self) -> bool:
        """Whether it has; then `code` and the times are known."""
        assert self._process is not None  # noqa: S101 - nobody asks before the start
        pid, status, usage = os.wait4(self._process.pid, os.WNOHANG)
        if not pid:
            return False
        self.code = self._process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - self._began
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        if not self.code and len([*self._cases()]) < sum(self._files().values()):
            self.code = TOO_FEW_TESTS
        return True

    def terminate(self) -> None:
        """End it, if it still runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            self._process.wait()

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

    def _files(self) -> Files:
        """Where its tests are, and how many; empty before anybody looked."""
        return noted(self.noted, self.name) if self.noted else {}

    def _cases(self) -> Iterator[ElementTree.Element]:
        if self.results and self.results.exists():
            # Our own pytest wrote it a moment ago.
            yield from ElementTree.parse(self.results).iter("testcase")  # noqa: S314


def run(step: Step) -> None:
    """One alone, that speaks as it goes."""
    print(f"\n=== {step.name}", flush=True)
    step.start()
    try:
        while not step.ended():
            time.sleep(POLL_S)
    finally:
        step.terminate()


def run_beside(
    lanes: Sequence[Iterable[Step]], logs: Path, say: Callable[[str], None] = lambda text: print(text, flush=True)
) -> None:
    """Run the steps of each lane one after another, and the lanes side by side.

    What a step says is shown whole when it has ended; until then a line now and then tells how far all are.
    """
    waiting = [iter(lane) for lane in lanes]
    running: list[_Running | None] = [None for _ in lanes]
    began = told = time.monotonic()
    try:
        _advance(running, waiting, logs)
        while active := [one for one in running if one]:
            for place, one in enumerate(running):
                if one and one.step.ended():
                    say(one.whole())
                    running[place] = None
            _advance(running, waiting, logs)
            if time.monotonic() - told > TELL_EVERY_S:
                told = time.monotonic()
                say(f"    {told - began:4.0f} s: " + ", ".join(one.progress() for one in active))
            time.sleep(POLL_S)
    finally:
        for one in running:
            if one:
                one.step.terminate()


@dataclass(frozen=True, slots=True)
class _Running:
    """A step whose output goes to a file."""

    step: Step
    log: Path

    def progress(self) -> str:
        lines: list[tuple[bytes, bytes]] = PROGRESS.findall(self.log.read_bytes())
        failed = sum(results.count(b"F") + results.count(b"E") for results, _ in lines)
        share = f" {lines[-1][1].decode()} %" if lines else ""
        return f"{self.step.name}{share}" + (f" ({failed} FAILED)" if failed else "")

    def whole(self) -> str:
        step = self.step
        text = "" if step.quiet and not step.code else self.log.read_text(errors="replace")
        return f"\n=== {step.name}: {step.verdict} ({step.seconds:.0f} s)\n{text}".rstrip()


def _advance(running: list[_Running | None], waiting: list[Iterator[Step]], logs: Path) -> None:
    """Start the next step of every lane that has nothing to do."""
    for place, lane in enumerate(waiting):
        step = None if running[place] else next(lane, None)
        if step:
            log = logs / f"{step.name.replace(' ', '-')}.log"
            with log.open("wb") as output:
                step.start(output)
            running[place] = _Running(step, log)


def summary(steps: Sequence[Step], seconds: float, first_line: str) -> str:
    """What every step took and came to, and then whatever was left out, loudly."""
    lines = ["", "=" * 78, first_line]
    lines += [
        f"  {step.name:<14}{step.seconds:6.0f} s {step.cpu_seconds:6.0f} s CPU  {step.verdict:<12} {step.counts()}"
        for step in steps
    ]
    reasons = sum((step.left_out() for step in steps), Counter[str]())
    lines += [f"!! LEFT OUT, {count} tests: {reason}" for reason, count in reasons.most_common()]
    failed = [step.name for step in steps if step.code]
    verdict = (
        f"FAILED: {', '.join(failed)}"
        if failed
        else "Everything passed" + ("." if not reasons else ", but see what was left out.")
    )
    return "\n".join([*lines, f"{verdict}  ({seconds:.0f} s)"])

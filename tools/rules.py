"""The lint rules that no tool has: `python -m tools.rules`. Each finding is one line, path:line: rule: what is wrong.

A line may be excused with `# allow: <rule> - <reason>`; without a reason the excuse does not count.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
FILE_BUDGET = 400
FUNCTION_BUDGET = 60
BUSINESS = re.compile(r"achievement|credential|learner|badge", re.IGNORECASE)
SELECT_STAR = re.compile(r"\bselect\s+\*", re.IGNORECASE)
TODO = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\):)")
EXCUSE = re.compile(r"# allow: ([a-z-]+) - \S")
# HTTP's and OAuth's own words, which FastAPI, Starlette and the RFCs spell.
NOT_BUSINESS = re.compile(r"client_credentials|allow_credentials|HTTPAuthorizationCredentials", re.IGNORECASE)
CLOCK_CALLS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
ID_CALLS = {"uuid4", "uuid1", "uuid.uuid4", "uuid.uuid1"}


@dataclass(frozen=True, slots=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class Source:
    """One Python file, read once for all rules. `path` is relative to the repository."""

    def __init__(self, path: str, text: str) -> None:
        self.path = PurePosixPath(path)
        self.text = text
        self.lines = text.splitlines()
        self.tree = ast.parse(text, filename=path)

    @property
    def is_product(self) -> bool:
        return "src" in self.path.parts

    @property
    def is_kit(self) -> bool:
        return "service_kit" in self.path.parts and self.is_product

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.path.parts

    @property
    def is_test(self) -> bool:
        return self.path.parts[0] == "tests"

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call with its dotted name, such as `session.commit`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node

    def excused(self, line: int, rule: str) -> bool:
        found = EXCUSE.search(self.lines[line - 1]) if 0 < line <= len(self.lines) else None
        return found is not None and found.group(1) == rule


Check = Callable[[Source], Iterator[tuple[int, str]]]


def commit(source: Source) -> Iterator[tuple[int, str]]:
    """A transaction ends where it began: in a use case, through the unit of work."""
    allowed = source.is_kit or "core" in source.path.parts or source.path.stem == "unit_of_work"
    if not source.is_product or allowed or source.is_migration:
        return
    for name, call in source.calls():
        if name == "commit" or name.endswith(".commit"):
            yield call.lineno, "commit() belongs in a use case or the unit of work"


def clock(source: Source) -> Iterator[tuple[int, str]]:
    """Time comes from the injected clock."""
    if not source.is_product or source.path.stem == "clock":
        return
    for name, call in source.calls():
        if ".".join(name.split(".")[-2:]) in CLOCK_CALLS:
            yield call.lineno, f"{name}() outside a clock module: take the time from the injected clock"


def randomness(source: Source) -> Iterator[tuple[int, str]]:
    """Ids and randomness come from the injected ids."""
    if not source.is_product or source.path.stem == "ids":
        return
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
        if "random" in modules:
            yield node.lineno, "the random module outside an ids module"
    for name, call in source.calls():
        if name in ID_CALLS:
            yield call.lineno, f"{name}() outside an ids module: take ids from the injected source"


def settings(source: Source) -> Iterator[tuple[int, str]]:
    """Settings are read once, at the entrance, and passed down."""
    if not source.is_product or source.path.stem in {"__main__", "settings"}:
        return
    for name, call in source.calls():
        # With arguments it is somebody's explicit choice; without, it reads the process's environment.
        if name.rpartition(".")[2] == "Settings" and not call.args and not call.keywords:
            yield call.lineno, "Settings() is built in __main__ and passed down"


def select_star(source: Source) -> Iterator[tuple[int, str]]:
    """A query names its columns, so that a new column changes nothing."""
    if source.is_test:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SELECT_STAR.search(node.value):
            yield node.lineno, "a query names its columns, not all of them"


def business_word(source: Source) -> Iterator[tuple[int, str]]:
    """The kit knows no business word."""
    if not source.is_kit:
        return
    for number, line in enumerate(source.lines, start=1):
        found = BUSINESS.search(NOT_BUSINESS.sub("", line))
        if found:
            yield number, f"the kit says {found.group(0)!r}"


def file_budget(source: Source) -> Iterator[tuple[int, str]]:
    """One idea per file."""
    if not source.is_test and not source.is_migration and len(source.lines) > FILE_BUDGET:
        yield 1, f"{len(source.lines)} lines, the budget is {FILE_BUDGET}: split it by idea"


def function_budget(source: Source) -> Iterator[tuple[int, str]]:
    """A function fits on a screen."""
    if source.is_test or source.is_migration:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_BUDGET:
                yield node.lineno, f"{node.name} has {length} lines, the budget is {FUNCTION_BUDGET}"


def naked_todo(source: Source) -> Iterator[tuple[int, str]]:
    """A promise names the issue that will keep it."""
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        found = TODO.search(token.string) if token.type == tokenize.COMMENT else None
        if found:
            yield token.start[0], f"{found.group(1)} without an issue: write `TODO(#123): ...`"


CHECKS: dict[str, Check] = {
    "commit": commit,
    "clock": clock,
    "randomness": randomness,
    "settings": settings,
    "select-star": select_star,
    "business-word": business_word,
    "file-budget": file_budget,
    "function-budget": function_budget,
    "naked-todo": naked_todo,
}


def findings(path: str, text: str) -> list[Finding]:
    """What all rules say about one file."""
    source = Source(path, text)
    return [
        Finding(path, line, rule, message)
        for rule, check in CHECKS.items()
        for line, message in check(source)
        if not source.excused(line, rule)
    ]


def python_files(root: Path) -> Iterable[Path]:
    """The repository's Python files, those not yet added included, without what git ignores."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.py"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [root / name for name in listed.stdout.split("\0") if name and (root / name).is_file()]
    hidden = {".venv", ".cache", "var", "node_modules"}  # a copy without its history
    return [path for path in root.rglob("*.py") if hidden.isdisjoint(path.relative_to(root).parts)]


def main(root: Path = ROOT) -> int:
    found = [
        finding
        for path in python_files(root)
        for finding in findings(path.relative_to(root).as_posix(), path.read_text())
    ]
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

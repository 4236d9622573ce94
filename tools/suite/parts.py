"""Which part of `make test` takes which test, and what is remembered of where they are.

A look through all files notes which part has how many tests of each file. In a whole run that happens once, and each
part reads only its own files and must run as many tests as were seen. A part that is run alone leaves out the
files that had none of its tests and have not changed since.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent

# The strongest mark of a test says which part takes it, so that together they take every test once.
PART_OF_MARK = {
    "fleet": "fleet",
    "node": "node",
    "kafka": "kafka",
    "browser": "browser",
    "db": "database",
    "long": "long",
}
PARTS = (*dict.fromkeys(PART_OF_MARK.values()), "pure")
FILES = "LAUREL_FILES_OF_PARTS"
"""Names the file that whoever looks through all tests writes, if it is not there."""

FALLBACK = "tests/e2e/test_fallback*.py"
"""Tests of no part: they want a machine without Java."""

Files = dict[str, int]
"""Files, and how many tests each has."""


def part_of(marks: Collection[str]) -> str:
    """The part that takes a test with these marks."""
    return next((part for mark, part in PART_OF_MARK.items() if mark in marks), "pure")


def expression(part: str) -> str:
    """What selects the tests of this part."""
    marks = list(PART_OF_MARK)
    own = [mark for mark in marks if PART_OF_MARK[mark] == part]
    stronger = marks[: marks.index(own[0])] if own else marks
    return " and ".join([*own, *([f"not ({' or '.join(stronger)})"] if stronger else [])])


def note(place: Path, tests: Iterable[tuple[Path, Collection[str]]]) -> None:
    """Write which part has how many tests of each file; each test comes with its marks. Other files stay as noted."""
    seen: dict[str, Counter[str]] = {}
    for file, marks in tests:
        seen.setdefault(file.relative_to(ROOT).as_posix(), Counter())[part_of(marks)] += 1
    files = {name: {"digest": _digest(ROOT / name), "parts": parts} for name, parts in seen.items()}
    known, shared = _known(place), _shared_digest()
    still = known["files"] if known.get("shared") == shared else {}
    draft = place.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps({"shared": shared, "files": still | files}))
    draft.replace(place)  # another worker may be as far


def noted(place: Path, part: str) -> Files:
    """Where a part's tests were seen, and how many; empty if nobody looked."""
    files = _known(place).get("files", {})
    return {name: entry["parts"][part] for name, entry in files.items() if part in entry["parts"]}


def to_read(place: Path, part: str) -> list[str]:
    """The files that may have tests of a part: not those that had none and are as they were. Empty means all."""
    known = _known(place)
    if known.get("shared") != _shared_digest():
        return []
    had_none = {
        name
        for name, entry in known["files"].items()
        if part not in entry["parts"] and entry["digest"] == _digest(ROOT / name)
    }
    return [name for name in _test_files() if name not in had_none]


def _shared_digest() -> str:
    """Of what decides a test's marks beside its own file: fixtures, and modules that tests import them from."""
    shared = [path for path in sorted((ROOT / "tests").rglob("*.py")) if not path.name.startswith("test_")]
    shared += [ROOT / "libs/service_kit/src/service_kit/testing.py", ROOT / "pyproject.toml", Path(__file__)]
    return hashlib.sha256("".join(map(_digest, shared)).encode()).hexdigest()


def _test_files() -> list[str]:
    found = {*(ROOT / "tests").rglob("test_*.py")} - {*ROOT.glob(FALLBACK)}
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.exists() else ""


def _known(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(place.read_text()) if place.exists() else {}
    return found

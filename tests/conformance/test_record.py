"""docs/w3c-conformance.md says which of our tests asks what a suite asks: those, and all of those."""

from __future__ import annotations

import ast
import re
from pathlib import Path

MIRROR = Path(__file__).parent / "w3c"
RECORD = Path(__file__).parents[2] / "docs" / "w3c-conformance.md"
NAMED = re.compile(r"`((?:Test\w+\.)?test_\w+)`")


def test_every_test_of_the_mirror_is_on_record_and_no_other() -> None:
    there = {name for path in MIRROR.glob("test_*.py") for name in _tests(path)}
    assert there == set(NAMED.findall(RECORD.read_text()))


def _tests(path: Path) -> list[str]:
    found = []
    for node in ast.parse(path.read_text()).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        functions = (each for each in inside if isinstance(each, ast.AsyncFunctionDef | ast.FunctionDef))
        found += [prefix + each.name for each in functions if each.name.startswith("test_")]
    return found

"""`python -m contracts WHAT [--check] [--root DIRECTORY]`: write what is generated, or compare.

Schemas are written into this package; the AsyncAPI document and the references into the repository's `docs/`.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contracts.asyncapi import document
from contracts.problem_pages import problem_reference
from contracts.reference import fill
from contracts.schema import schema
from contracts.topics import EVENTS

PACKAGE = Path(__file__).parent

Files = dict[Path, str]


def schemas(_root: Path) -> Files:
    """One JSON Schema for each event type."""
    return {PACKAGE / "schemas" / f"{name}.json": _json(schema(payload)) for name, payload in EVENTS.items()}


def asyncapi(root: Path) -> Files:
    """The AsyncAPI document."""
    return {root / "docs" / "asyncapi.json": _json(document())}


def docs(root: Path) -> Files:
    """The event reference, with its hand-written parts kept."""
    path = root / "docs" / "events.md"
    return {path: fill(path.read_text())}


def problems(root: Path) -> Files:
    """The reference of problem types."""
    return {root / "docs" / "problems.md": problem_reference()}


GENERATORS = {"schemas": schemas, "asyncapi": asyncapi, "docs": docs, "problems": problems}


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 1 when `--check` finds a file that is not fresh."""
    parser = argparse.ArgumentParser(prog="python -m contracts", description="generate what follows from the contracts")
    parser.add_argument("what", choices=GENERATORS)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not fresh")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository (default: here)")
    chosen = parser.parse_args(argv)
    generated = GENERATORS[chosen.what](chosen.root)
    stale = {path: text for path, text in generated.items() if not _is_fresh(path, text)}
    if chosen.check:
        sys.stderr.writelines(f"not fresh: {path} (run `python -m contracts {chosen.what}`)\n" for path in stale)
        return int(bool(stale))
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
    return 0


def _is_fresh(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())

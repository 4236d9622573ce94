"""`python -m tools.api [--check]`: write what integrators read from what the services describe, or compare.

The document goes into the gateway's package, which serves it; `docs/openapi.json` is the same file. The
collection of requests for Postman and its kin lies beside it.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.edge.routes import Room
from tools.api.collection import collection
from tools.api.edge import answered
from tools.api.examples import with_examples
from tools.api.frame import frame, schemes
from tools.api.merge import merge
from tools.api.rates import counted

ROOT = Path(__file__).resolve().parent.parent.parent
OPENAPI = ROOT / "gateway" / "src" / "gateway" / "http" / "openapi.json"
COLLECTION = ROOT / "docs" / "laurel.postman_collection.json"

Json = dict[str, Any]


def described(room: Room) -> Json:
    """A service's own description, without anything behind it."""
    found: Json = importlib.import_module(f"{room}.main").create_openapi_app().openapi()
    return found


def openapi() -> Json:
    """The whole API in one document."""
    descriptions = {str(room): described(room) for room in Room}
    tags = {
        tag
        for found in descriptions.values()
        for operations in found["paths"].values()
        for operation in operations.values()
        for tag in operation.get("tags", ())
    }
    return with_examples(counted(answered(merge(descriptions, frame(tags), schemes()))))


def generated() -> dict[Path, str]:
    """Every generated file, and what it should say."""
    document = openapi()
    return {OPENAPI: _json(document), COLLECTION: _json(collection(document))}


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 1 when `--check` finds a file that is not fresh."""
    parser = argparse.ArgumentParser(prog="python -m tools.api", description="write what integrators read")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not fresh")
    chosen = parser.parse_args(argv)
    stale = {path: text for path, text in generated().items() if not path.is_file() or path.read_text() != text}
    if chosen.check:
        sys.stderr.writelines(f"not fresh: {path.relative_to(ROOT)} (run `make api`)\n" for path in stale)
        return int(bool(stale))
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
    return 0


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())

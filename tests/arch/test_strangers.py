"""No route is forgotten: each is asked by strangers at the running fleet (tests/e2e/test_strangers.py)."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.strangers.tries import TABLE

DESCRIPTION = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_tables_have_every_operation_of_the_description() -> None:
    paths = json.loads(DESCRIPTION.read_text())["paths"]
    assert set(TABLE) == {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def test_each_operation_is_tried() -> None:
    assert [operation for operation, tries in TABLE.items() if not tries] == []

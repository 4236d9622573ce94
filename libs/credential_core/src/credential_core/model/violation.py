"""What validation finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken: where (a dotted path), a stable code, and a sentence."""

    path: str
    code: str
    detail: str


def listed(value: Any) -> list[Any]:
    """A JSON-LD set as a list: nothing, one value or many."""
    return value if isinstance(value, list) else [] if value is None else [value]

"""Plain values that use cases are given, whatever the request came in by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

Expectation = Callable[[T], None]
"""Is called with what a use case holds locked; raises Stale when the caller has seen another state of it."""


def whatever(found: object) -> None:
    """No expectation: the last write wins."""
    del found


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's key for one operation, and the fingerprint of the request it stands for."""

    operation: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class PageRequest:
    """How many items, and after which position. `after` is None on the first page."""

    limit: int
    after: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items in order; `next` is the position of the last one when more follow."""

    items: Sequence[T]
    next: tuple[str, ...] | None

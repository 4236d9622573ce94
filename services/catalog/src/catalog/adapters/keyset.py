"""Keyset pagination: a page begins after the last item's sort value and id, so rows added meanwhile shift nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from service_kit.errors import invalid_field
from service_kit.inputs import Page, PageRequest

T = TypeVar("T")
LARGEST_INTEGER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Order:
    """One way to sort: by an expression that never changes while somebody pages, then by id."""

    name: str
    value: ColumnElement[Any]
    id: ColumnElement[Any]
    parse: Callable[[str], Any] = str
    descending: bool = False

    def apply(self, statement: Select[Any], page: PageRequest) -> Select[Any]:
        """The page's rows and one more, each with its sort value as `_position`. Raises Invalid for foreign cursors."""
        if page.after is not None:
            here, after = tuple_(self.value, self.id), self._after(page.after)
            statement = statement.where(here < after if self.descending else here > after)
        order = (self.value.desc(), self.id.desc()) if self.descending else (self.value, self.id)
        return statement.add_columns(self.value.label("_position")).order_by(*order).limit(page.limit + 1)

    def _after(self, position: tuple[str, ...]) -> ColumnElement[Any]:
        try:
            name, value, key = position
            bound = literal(self.parse(value), self.value.type)
            "".join(position).encode()  # half a surrogate pair is text to Python, not to PostgreSQL
        except (ValueError, OverflowError) as error:
            raise invalid_field("cursor", "is not a cursor of this list") from error
        if name != self.name:
            raise invalid_field("cursor", "is of a list in another order")
        return tuple_(bound, literal(key, self.id.type))

    def position(self, value: Any, key: str) -> tuple[str, ...]:
        """Where an item stands, as text."""
        return (self.name, value.isoformat() if isinstance(value, datetime) else str(value), key)


def moment(text: str) -> datetime:
    """An instant. Raises ValueError or OverflowError for anything else."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("no offset")
    return found.astimezone(UTC)


def integer(text: str) -> int:
    """A column's integer. Raises ValueError for anything else."""
    number = int(text)
    if abs(number) > LARGEST_INTEGER:
        raise ValueError("too large")
    return number


def ranked_at(rank: str, key: str) -> tuple[float, str]:
    """Where a cursor stands in a list by rank. Raises Invalid for anything else."""
    try:
        key.encode()  # half a surrogate pair is text to Python, not to PostgreSQL
        return float(rank), key
    except ValueError as error:
        raise invalid_field("cursor", "is not a cursor of this list") from error


async def fetch(
    session: AsyncSession, statement: Select[Any], order: Order, page: PageRequest, item: Callable[[Any], T]
) -> Page[T]:
    """Run one page."""
    found = (await session.execute(order.apply(statement, page))).mappings().all()
    kept = found[: page.limit]
    more = len(found) > page.limit
    key = order.id.key or "id"
    return Page([item(row) for row in kept], order.position(kept[-1]["_position"], kept[-1][key]) if more else None)

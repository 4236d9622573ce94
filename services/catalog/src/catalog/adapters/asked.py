"""Statements of searches as text for the driver: composed by SQLAlchemy, one costs as much as its answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ARRAY, BindParameter, Text, TextClause, bindparam, text


@dataclass(slots=True)
class Given:
    """The parameters of one statement, numbered as they are mentioned."""

    values: list[object] = field(default_factory=list)

    def __call__(self, value: object, kind: str = "text") -> str:
        """How the statement mentions a value of a type of PostgreSQL's."""
        self.values.append(value)
        return f"CAST(${len(self.values)} AS {kind})"


@dataclass(frozen=True, slots=True)
class Condition:
    """A part of a WHERE: `{}` stands for each of its values, which are texts, numbers or lists of texts."""

    sql: str
    values: Sequence[str | float | list[str]] = ()

    def of(self, given: Given) -> str:
        """As it stands in a statement of text."""
        return self.sql.format(*(given(one, _kind(one)) for one in self.values))

    def clause(self) -> TextClause:
        """As it stands in one of SQLAlchemy's."""
        named = {f"asked_{number}": value for number, value in enumerate(self.values)}
        found = text(self.sql.format(*(f":{name}" for name in named)))
        return found.bindparams(*(_bound(name, value) for name, value in named.items()))


def equal(column: str, value: str) -> Condition:
    """Rows with this text in a column."""
    return Condition(f"{column} = {{}}", [value])


def all_of(conditions: Sequence[Condition], given: Given) -> str:
    """All of them, as they stand in a statement of text."""
    return " AND ".join(one.of(given) for one in conditions) or "true"


def query_of(words: str, given: Given) -> str:
    """A query for words, as a statement mentions it."""
    return f"CAST({given(words)} AS tsquery)"


def _kind(value: str | float | list[str]) -> str:
    return "text" if isinstance(value, str) else "text[]" if isinstance(value, list) else "float8"


def _bound(name: str, value: str | float | list[str]) -> BindParameter[Any]:
    if isinstance(value, list):
        return bindparam(name, value, unique=True, type_=ARRAY(Text))
    return bindparam(name, value, unique=True)

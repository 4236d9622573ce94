"""Statements of searches as text for the driver: composed by SQLAlchemy, one costs as much as its answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import TextClause, bindparam, text


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
    """A part of a WHERE: `{}` stands for each of its values."""

    sql: str
    values: Sequence[str | float] = ()

    def of(self, given: Given) -> str:
        """As it stands in a statement of text."""
        return self.sql.format(*(given(one, "text" if isinstance(one, str) else "float8") for one in self.values))

    def clause(self) -> TextClause:
        """As it stands in one of SQLAlchemy's."""
        named = {f"asked_{number}": value for number, value in enumerate(self.values)}
        found = text(self.sql.format(*(f":{name}" for name in named)))
        return found.bindparams(*(bindparam(name, value, unique=True) for name, value in named.items()))


def equal(column: str, value: str) -> Condition:
    """Rows with this text in a column."""
    return Condition(f"{column} = {{}}", [value])

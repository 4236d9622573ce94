"""Many rows by one statement: an array for each column. A row costs a tenth of what it does one by one."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def insert_all(table: Table, *names: str, alike: Sequence[str] = (), first: int = 1) -> str:
    """An INSERT whose parameters are `columns_of` the same: for `direct.fetch`. Without names all columns.

    Its rows are `given`; `first` is the number of its first parameter, in a longer statement. What is `alike` in all
    rows is one parameter and no array.
    """
    own, common = _kinds(table, names or table.c.keys()), _kinds(table, alike)
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(own.values(), first))
    values = [f", ${place}::{kind}" for place, kind in enumerate(common.values(), first + len(own))]
    into, given = ", ".join([*own, *common]), ", ".join(own)
    selected = f"SELECT {given}{''.join(values)} FROM unnest({arrays}) AS given ({given})"  # noqa: S608 - our own tables
    return f'INSERT INTO "{table.name}" ({into}) {selected}'


def columns_of(
    table: Table, rows: Sequence[Mapping[str, Any]], *names: str, alike: Sequence[str] = ()
) -> tuple[Any, ...]:
    """The values of the rows, by column. JSON is given as its text."""
    own = tuple([row[name] for row in rows] for name in names or table.c.keys())
    return (*own, *((rows[0][name] if rows else None) for name in alike))


def rounds(rows: Iterable[Mapping[str, Any]], key: str) -> list[list[Mapping[str, Any]]]:
    """Rows for one upsert after another, each of which may see a key only once; what has one key stays in its order.

    In a round they are sorted by key: transactions that lock the same rows lock them in one order.
    """
    found: list[list[Mapping[str, Any]]] = []
    seen: Counter[str] = Counter()
    for row in sorted(rows, key=lambda one: str(one[key])):
        number = seen[row[key]]
        seen[row[key]] += 1
        if number == len(found):
            found.append([])
        found[number].append(row)
    return found


def _kinds(table: Table, names: Iterable[str]) -> dict[str, str]:
    """The types of some columns, by their quoted names."""
    return {f'"{name}"': table.c[name].type.compile(dialect=_DIALECT) for name in names}

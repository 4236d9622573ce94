"""CSV with a header: separator, names of columns, cells, as spreadsheets write them."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from service_kit.errors import invalid_field

DELIMITERS = ",;\t|"
SHOWN = 40  # columns, and characters of each
SIGNS = re.compile(r"[\W_]+")
EXCEL_HINT = re.compile(r"sep=.", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RawRow:
    """One record before its members are looked at: an object, or the reason why there is none.

    `number` counts records from 1; `line` is where it begins, in a file of lines.
    """

    number: int
    line: int | None
    members: Mapping[str, Any] | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table: how a header's cell names one, and which must be there.

    With `known`, there may be no others but those that begin as one of `families`: else what stands in a misspelt
    column would be lost, or every row refused for one mistake. `otherwise` holds what others call a required column,
    in small letters without blanks and signs, in the order of preference: looked for only where it is missing.
    """

    named: Callable[[str], str]
    required: tuple[str, ...] = ()
    known: frozenset[str] | None = None
    families: tuple[str, ...] = ()
    otherwise: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def csv_rows(text: str, columns: Columns) -> Iterator[RawRow]:
    """The rows under the header. Empty lines are skipped; `line` is the line a row begins at.

    Raises Invalid when the header lacks a required column, names one twice, or one that there is not.
    """
    text, skipped = _without_excel_hint(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header = _header(_first(reader), columns)
    number = 0
    while True:
        line = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield RawRow(number, line, None, f"is not readable CSV: {error}")
            continue
        if any(cell.strip() for cell in cells):
            number += 1
            yield _row(number, line, header, cells, columns)


def _without_excel_hint(text: str) -> tuple[str, int]:
    """Drop a first line `sep=;`, and say how many lines went."""
    first, _, rest = text.partition("\n")
    return (rest, 1) if EXCEL_HINT.fullmatch(first.strip()) else (text, 0)


def _first(reader: Iterator[list[str]]) -> list[str]:
    """The header's cells: those of the first line that has any."""
    try:
        return next((cells for cells in reader if any(cell.strip() for cell in cells)), [])
    except csv.Error as error:
        raise invalid_field("header", f"is not readable CSV: {error}") from error


def _delimiter(text: str) -> str:
    """The separator that the first line uses most. Excel writes `;` where the comma is a decimal mark."""
    first = text.lstrip("\r\n").partition("\n")[0]
    return max(DELIMITERS, key=first.count)


def _header(cells: list[str], columns: Columns) -> list[str]:
    names = [columns.named(cell) for cell in cells]
    plain = [SIGNS.sub("", name.lower()) for name in names]
    for wanted, others in columns.otherwise.items():
        found = next((plain.index(name) for name in others if name in plain), None)
        if wanted not in names and found is not None:
            names[found] = wanted
    missing = [name for name in columns.required if name not in names]
    if missing:
        has = ", ".join(cell.strip()[:SHOWN] for cell in cells[:SHOWN])
        raise invalid_field("header", f"lacks the column {' and the column '.join(missing)}; it has {has}")
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise invalid_field("header", f"names the column {twice[0][:100]} twice")
    if columns.known is not None:
        _refuse_strangers(names, columns.known, columns.families)
    return names


def _refuse_strangers(names: list[str], known: frozenset[str], families: tuple[str, ...]) -> None:
    strangers = [name for name in names if name and name not in known and not name.startswith(families)]
    if strangers:
        meant = get_close_matches(strangers[0], sorted(known), n=1)
        detail = f"names the column {strangers[0][:100]}, which there is not"
        raise invalid_field("header", f"{detail}; {meant[0]}?" if meant else f"{detail}: {', '.join(sorted(known))}")


def _row(number: int, line: int, header: list[str], cells: list[str], columns: Columns) -> RawRow:
    if columns.known is not None and any(cell.strip() for name, cell in zip(header, cells, strict=False) if not name):
        return RawRow(number, line, None, "has a cell under a column without a name")
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        return RawRow(number, line, None, f"has {len(cells)} cells under {len(header)} columns")
    members: Mapping[str, Any] = {
        name: cell for name, cell in zip(header, cells, strict=False) if name and cell.strip()
    }
    if any("\x00" in cell for cell in members.values()):
        return RawRow(number, line, None, "holds the character NUL")
    return RawRow(number, line, members)

"""The CSV side of a course list: separator, header, cells; and the template to start from."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.http.course_rows import KNOWN, RawRow
from service_kit.errors import invalid_field

DELIMITERS = ",;\t|"
EXCEL_HINT = re.compile(r"sep=.", re.IGNORECASE)
REQUIRED = ("code", "title")
TEMPLATE = (
    "code,title,department,level,credits,type,prerequisites,description,general_education\r\n"
    'CSCI 121,Principles of Computer Science,CSCI,100,1.0,Lecture,,"What computing is, and how to do it.",CTD|AQR\r\n'
)


def csv_rows(text: str) -> Iterator[RawRow]:
    """The rows under the header. Empty lines are skipped; `line` is the line a row begins at.

    Raises Invalid when the header lacks a required column or names one twice.
    """
    text, skipped = _without_excel_hint(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header = _header(_first(reader))
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
            yield _row(number, line, header, cells)


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


def _header(cells: list[str]) -> list[str]:
    names = [_name(cell) for cell in cells]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise invalid_field("header", f"lacks the column {' and the column '.join(missing)}")
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise invalid_field("header", f"names the column {twice[0][:100]} twice")
    return names


def _name(cell: str) -> str:
    """ "General Education" and "general-education" are general_education; a foreign name stays as it is."""
    name = re.sub(r"[\s_-]+", "_", cell.strip().lower())
    return name if name in KNOWN else cell.strip()


def _row(number: int, line: int, header: list[str], cells: list[str]) -> RawRow:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        return RawRow(number, line, None, f"has {len(cells)} cells under {len(header)} columns")
    members: Mapping[str, Any] = {
        name: cell for name, cell in zip(header, cells, strict=False) if name and cell.strip()
    }
    if any("\x00" in cell for cell in members.values()):
        return RawRow(number, line, None, "holds the character NUL")
    return RawRow(number, line, members)

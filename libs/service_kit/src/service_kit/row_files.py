"""Files of rows: a JSON array, NDJSON or CSV. A wrong row is that row's affair; a file that cannot be read at all is
refused as a whole."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

from service_kit import strict_json
from service_kit.errors import Malformed, invalid_field
from service_kit.row_tables import Columns, RawRow, csv_rows

MEDIA_TYPES = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "text/csv": "csv",
    "application/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/vnd.ms-excel": "csv",  # what browsers on Windows call .csv
}
UNTOLD = frozenset({"", "application/octet-stream", "text/plain"})
SUFFIXES = {".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".tsv": "csv"}
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "iso-8859-1", "latin-1", "windows-1252", "cp1252", "utf-16"})
SCANNER = json.JSONDecoder(parse_int=lambda _: 0, parse_float=lambda _: 0.0)  # finds ends; strict_json reads
SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods, or any ZIP; .xls
BLANK = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class RowFile:
    """What was sent: bytes, and what the sender says they are."""

    content: bytes
    media_type: str = ""
    charset: str | None = None
    name: str = ""


def read_rows(file: RowFile, columns: Columns, *, most: int) -> Iterator[RawRow]:
    """Every row of a file, one after the other. Takes seconds for a large one: use it off the event loop.

    Raises Malformed or Invalid for a file that cannot be read, or has more rows.
    """
    text = _decoded(file)
    if not text.strip():
        raise invalid_field("body", "the file is empty")
    readers: Mapping[str, Callable[[str], Iterator[RawRow]]] = {
        "json": json_rows,
        "ndjson": ndjson_rows,
        "csv": partial(csv_rows, columns=columns),
    }
    for row in readers[_form(file, text)](text):
        if row.number > most:
            raise invalid_field("body", f"the file has more than {most} rows")
        yield row


def is_supported(media_type: str) -> bool:
    """Whether rows may come as this media type."""
    return media_type in MEDIA_TYPES or media_type in UNTOLD


def _form(file: RowFile, text: str) -> str:
    """json, ndjson or csv: by media type, else by the file's name, else by how it begins."""
    named = next((form for ending, form in SUFFIXES.items() if file.name.lower().endswith(ending)), None)
    begins = {"[": "json", "{": "ndjson"}.get(text.lstrip()[:1], "csv")
    return MEDIA_TYPES.get(file.media_type) or named or begins


def _decoded(file: RowFile) -> str:
    """Text from bytes: UTF-16 by its mark, else as declared, else UTF-8. Nothing is guessed."""
    content = file.content
    if content.startswith(SPREADSHEETS):
        raise invalid_field("body", "is a spreadsheet or an archive; save the table as CSV (UTF-8)")
    declared = (file.charset or "utf-8").lower()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        declared = "utf-16"
    if declared not in CHARSETS:
        raise invalid_field("body", "the charset must be utf-8, utf-16, iso-8859-1 or windows-1252")
    try:
        return content.decode(declared).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        detail = f"is not {declared.upper()} at line {line}; save the file as UTF-8, or name its charset"
        raise invalid_field("body", detail) from error


def json_rows(text: str) -> Iterator[RawRow]:
    """The elements of an array, each read on its own, so that one with a doubled name spoils only itself."""
    mark, position = _next(text, 0)
    if mark != "[":
        raise Malformed("a JSON file of rows must be an array of objects")
    mark, position = _next(text, position + 1)
    number = 0
    while mark != "]":
        number += 1
        end = _end_of_value(text, position)
        yield _row(number, None, text[position:end])
        mark, position = _next(text, end)
        if mark == ",":
            _, position = _next(text, position + 1)
        elif mark != "]":
            _not_json(text, position)
    mark, position = _next(text, position + 1)
    if mark:
        _not_json(text, position)


def ndjson_rows(text: str) -> Iterator[RawRow]:
    """One object a line; empty lines are skipped."""
    lines = ((line, part) for line, part in enumerate(text.split("\n"), start=1) if part.strip())
    for number, (line, part) in enumerate(lines, start=1):
        yield _row(number, line, part)


def _row(number: int, line: int | None, text: str) -> RawRow:
    try:
        value = strict_json.loads(text.encode("utf-8", "surrogatepass"))
    except strict_json.JsonError as error:
        return RawRow(number, line, None, str(error))
    return RawRow(number, line, value) if isinstance(value, dict) else RawRow(number, line, None, "must be an object")


def _next(text: str, position: int) -> tuple[str, int]:
    """The next character that is not white space, and where it stands; empty at the end."""
    found = BLANK.match(text, position)
    position = found.end() if found else position
    return text[position : position + 1], position


def _end_of_value(text: str, position: int) -> int:
    try:
        return SCANNER.raw_decode(text, position)[1]
    except json.JSONDecodeError as error:
        _not_json(text, error.pos)
    except RecursionError:
        _not_json(text, position)


def _not_json(text: str, position: int) -> NoReturn:
    line = text.count("\n", 0, position) + 1
    raise Malformed(f"the file is not valid JSON near line {line}")

"""The files of a skills framework: which package they are, told by what they hold, and their rows."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from catalog.core import vocabulary as limits
from catalog.core.frameworks import esco, onet
from catalog.core.frameworks.case import read_case
from catalog.core.frameworks.collecting import FileRows
from catalog.core.frameworks.esco import EscoFile, read_esco
from catalog.core.frameworks.onet import OnetFile, read_onet
from catalog.core.skills.model import Package, Row
from service_kit import strict_json
from service_kit.errors import Malformed, invalid_field
from service_kit.row_files import RowFile, read_rows
from service_kit.row_tables import Columns

SIGNS = re.compile(r"[^a-z0-9]")
SEPARATORS = re.compile(r"[,;\t|]")
HEADER_BYTES = 4_096
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
H = TypeVar("H", EscoFile, OnetFile)


@dataclass(frozen=True, slots=True)
class SentFramework:
    """The files of a request, and what they may not say of themselves."""

    files: Sequence[RowFile]
    language: str
    source_version: str | None

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(len(file.content) for file in self.files)

    def read(self) -> Package:
        """See read_package."""
        return read_package(self.files, language=self.language, source_version=self.source_version)


def read_package(files: Sequence[RowFile], *, language: str, source_version: str | None) -> Package:
    """One framework. Takes seconds for a large one: call it off the event loop.

    Raises Malformed or Invalid for files that are no package, or of different ones.
    """
    if any(file.content.lstrip()[:1] == b"{" for file in files):
        if len(files) > 1:
            raise invalid_field("file", "a CASE package is one file")
        return read_case(_json(files[0]), language=language)
    headers = [_header(file) for file in files]
    of_esco, of_onet = _kinds(headers, esco.HEADERS), _kinds(headers, onet.HEADERS)
    if all(of_esco):
        tables = [FileRows(_name(file), kind, _rows(file)) for file, kind in zip(files, of_esco, strict=True) if kind]
        return read_esco(tables, language=language, source_version=source_version)
    if all(of_onet):
        sheets = [FileRows(_name(file), kind, _rows(file)) for file, kind in zip(files, of_onet, strict=True) if kind]
        return read_onet(sheets, language=language, source_version=source_version)
    raise invalid_field("file", _unknown(files, of_esco, of_onet))


def _unknown(files: Sequence[RowFile], *kinds: Sequence[object]) -> str:
    for place, file in enumerate(files):
        if not any(found[place] for found in kinds):
            return f"{_name(file)} has the columns of no file of ESCO or O*NET, and is no CASE package"
    return "the files are of different frameworks"


def _json(file: RowFile) -> object:
    try:
        return strict_json.loads(file.content)
    except strict_json.JsonError as error:
        raise Malformed(f"the package is not JSON: {error}") from error


def _kinds(headers: Sequence[frozenset[str]], known: Sequence[tuple[H, frozenset[str]]]) -> list[H | None]:
    return [next((kind for kind, needed in known if needed <= header), None) for header in headers]


def _header(file: RowFile) -> frozenset[str]:
    start = file.content[:HEADER_BYTES]
    text = start.decode("utf-16" if start.startswith(UTF_16) else "utf-8", "replace").lstrip("\ufeff\r\n")
    return frozenset(column_name(cell) for cell in SEPARATORS.split(text.partition("\n")[0]))


def column_name(cell: str) -> str:
    """ "Element ID", "elementId" and "element_id" are one column."""
    return SIGNS.sub("", cell.lower())


def _rows(file: RowFile) -> Iterable[Row]:
    return _read(RowFile(file.content, "text/csv", file.charset, file.name))


def _read(file: RowFile) -> Iterator[Row]:
    for raw in read_rows(file, COLUMNS, most=limits.SKILL_ROWS):
        yield Row(raw.number, raw.line, raw.members, raw.error)


def _name(file: RowFile) -> str:
    """What the report calls a file."""
    return "".join(sign for sign in file.name if sign.isprintable())[: limits.LABEL] or "file"


COLUMNS = Columns(column_name)

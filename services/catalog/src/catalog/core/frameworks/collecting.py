"""What every reader of a framework does: each entry once, bounded, and a wrong row harms no other."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from catalog.core import vocabulary as limits
from catalog.core.skills.model import Relation, RelationType, Row, RowError, Skill
from service_kit.errors import invalid_field

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
SPACE = re.compile(r"\s")
SCHEMES = frozenset({"http", "https", "urn", "did"})
SEPARATOR = re.compile(r"[\n|]")
Kind = TypeVar("Kind")


class RowRefused(Exception):
    """This row cannot be used."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(detail)
        self.field = name
        self.detail = detail


@dataclass(slots=True)
class Collected:
    """Skills and relations so far, by what tells them apart."""

    skills: dict[str, Skill] = field(default_factory=dict)
    relations: dict[tuple[str, RelationType, str], Relation] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    received: int = 0

    def add(self, skill: Skill) -> None:
        """A skill. The same again is harmless, other content under its identifier is not."""
        earlier = self.skills.setdefault(skill.uri, skill)
        if earlier != skill:
            raise RowRefused("uri", "is the identifier of another entry")
        if len(self.skills) > limits.SKILLS:
            raise invalid_field("body", f"the framework has more than {limits.SKILLS} entries")

    def relate(self, relation: Relation) -> None:
        """A relation. Of several levels the highest counts."""
        key = (relation.source, relation.type, relation.target)
        earlier = self.relations.get(key)
        if earlier is None or (relation.level or 0) > (earlier.level or 0):
            self.relations[key] = relation
        if len(self.relations) > limits.SKILL_RELATIONS:
            raise invalid_field("body", f"the framework has more than {limits.SKILL_RELATIONS} relations")

    def read(self, file: str, rows: Iterable[Row], use: Callable[[Mapping[str, object]], None]) -> None:
        """Use every row that can be used, and note the others."""
        for row in rows:
            self.received += 1
            try:
                use(_cells(row))
            except RowRefused as refused:
                self.errors.append(RowError(file, row.number, row.line, refused.field, refused.detail))

    def drop_loose(self) -> None:
        """Forget relations whose source is no entry: a list of relations may be of more than was sent."""
        self.relations = {key: one for key, one in self.relations.items() if one.source in self.skills}


@dataclass(frozen=True, slots=True)
class FileRows(Generic[Kind]):
    """One file of a download, read."""

    name: str
    holds: Kind
    rows: Iterable[Row]


def collected(
    files: Sequence[FileRows[Kind]], readers: Mapping[Kind, Callable[[Collected, Mapping[str, object]], None]]
) -> Collected:
    """What the files hold, each kind by its reader, in the order of the readers."""
    found, order = Collected(), list(readers)
    for file in sorted(files, key=lambda file: order.index(file.holds)):
        found.read(file.name, file.rows, partial(readers[file.holds], found))
    found.drop_loose()
    return found


def _cells(row: Row) -> Mapping[str, object]:
    if row.cells is None:
        raise RowRefused("row", row.error)
    return row.cells


def text_of(cells: Mapping[str, object], name: str, most: int) -> str | None:
    """A cell's text, or None for an empty one. Raises RowRefused for one that is too long or not printable."""
    value = cells.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise RowRefused(name, "must be text")
    value = value.strip()
    if len(value) > most:
        raise RowRefused(name, f"must have at most {most} characters")
    if CONTROL.search(value):
        raise RowRefused(name, "must not hold control characters")
    return value or None


def required(cells: Mapping[str, object], name: str, most: int) -> str:
    """The same, for what must be there."""
    found = text_of(cells, name, most)
    if found is None:
        raise RowRefused(name, "is required")
    return found


def label_of(cells: Mapping[str, object], name: str) -> str:
    """A label on one line. A longer statement is cut: it stands whole in the description."""
    return shortened(required(cells, name, limits.PROSE))


def shortened(text: str) -> str:
    """One line of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= limits.NAME else f"{line[: limits.NAME - 1].rstrip()}…"


def uri_of(cells: Mapping[str, object], name: str) -> str:
    """An absolute http, https, urn or did URI: what a page may link to. Raises RowRefused."""
    found = required(cells, name, limits.SKILL_URI)
    if not is_uri(found):
        raise RowRefused(name, "must be an absolute http, https, urn or did URI")
    return found


def is_uri(text: str) -> bool:
    """Whether it is such a URI."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme not in SCHEMES or SPACE.search(text) or len(text.encode()) > limits.SKILL_URI:
        return False
    return bool(parts.hostname) if parts.scheme in {"http", "https"} else bool(parts.path)


def labels_of(text: str | None) -> tuple[str, ...]:
    """Other labels in one cell: by lines (ESCO) or bars, each once, the first fifty."""
    found = (shortened(part) for part in SEPARATOR.split(text or "") if part.strip())
    return tuple(dict.fromkeys(found))[: limits.TAGS]


def numbered(cells: Mapping[str, object], name: str) -> float:
    """A number that is not negative. Raises RowRefused."""
    found = required(cells, name, 20)
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", found, re.ASCII):
        raise RowRefused(name, "must be a number")
    return float(found)

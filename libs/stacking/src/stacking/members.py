"""Reading the members of a JSON object: each is taken once, what is wrong is noted with its place, nothing raises."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeVar

T = TypeVar("T")
Where = tuple[str | int, ...]
MAX_TEXT = 2_000
MOST = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where: the path of names and positions from the document's root."""

    where: Where
    message: str


class NotAPathway(ValueError):
    """The document is not a pathway. `problems` names everything that is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(f"{'.'.join(map(str, first.where)) or 'the document'}: {first.message}")


def number(value: Decimal | None) -> int | float | None:
    """As JSON has it: whole where it is whole."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


class Members:
    """One object of a document. After the last member was taken, `done` complains of those nobody asked for."""

    def __init__(self, value: object, where: Where, problems: list[Problem]) -> None:
        self._where = where
        self._problems = problems
        self._left: dict[str, object] = dict(value) if isinstance(value, Mapping) else {}
        if not isinstance(value, Mapping):
            self.complain("must be an object")

    def complain(self, message: str, *of: str | int) -> None:
        """Note what is wrong with this object or one of its members."""
        self._problems.append(Problem((*self._where, *of), message))

    def done(self) -> None:
        """Complain of every member that was not taken."""
        for name in self._left:
            self.complain("is not a member that this has", name)

    def _take(self, name: str, *, required: bool) -> object:
        if name not in self._left:
            if required:
                self.complain("is missing", name)
            return None
        return self._left.pop(name)

    def text(self, name: str, *, required: bool = True) -> str:
        """A text of 1 to 2,000 characters; empty where it is missing or wrong."""
        value = self._take(name, required=required)
        if value is None:
            return ""
        if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
            self.complain(f"must be a text of 1 to {MAX_TEXT} characters", name)
            return ""
        return value

    def texts(self, name: str, most: int, *, required: bool = False) -> list[str]:
        """A list of texts."""
        found = self._list(name, most, required=required)
        if not all(isinstance(one, str) and 0 < len(one) <= MAX_TEXT for one in found):
            self.complain(f"must be a list of texts of 1 to {MAX_TEXT} characters", name)
            return []
        return [one for one in found if isinstance(one, str)]

    def groups(self, name: str, most: int) -> list[frozenset[str]]:
        """A list of lists of texts, as sets."""
        found = self._list(name, most, required=False)
        groups = [frozenset(one) for one in found if isinstance(one, list) and all(isinstance(i, str) for i in one)]
        if len(groups) != len(found):
            self.complain("must be a list of lists of texts", name)
        return groups

    def objects(self, name: str, most: int, *, required: bool = True) -> Iterator["Members"]:
        """A list of objects."""
        for position, value in enumerate(self._list(name, most, required=required)):
            yield Members(value, (*self._where, name, position), self._problems)

    def inner(self, name: str) -> "Members | None":
        """An object, or None where there is none."""
        value = self._take(name, required=False)
        return None if value is None else Members(value, (*self._where, name), self._problems)

    def _list(self, name: str, most: int, *, required: bool) -> list[object]:
        value = self._take(name, required=required)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            self.complain(f"must be a list of at most {most}", name)
            return []
        return value

    def whole(self, name: str, default: int | None) -> int | None:
        """A whole number from 0 to 1,000."""
        value = self._take(name, required=False)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1000:
            self.complain("must be a whole number from 0 to 1000", name)
            return default
        return value

    def decimal(self, name: str, *, required: bool = False) -> Decimal | None:
        """A number from 0 to a million, with at most two decimal places."""
        value = self._take(name, required=required)
        if value is None:
            return None
        found = None if isinstance(value, bool) or not isinstance(value, int | float) else decimal(value)
        if found is None or not 0 <= found <= MOST or found != round(found, 2):
            self.complain("must be a number from 0 to 1000000 with at most two decimal places", name)
            return None
        return found

    def day(self, name: str) -> date | None:
        """An ISO 8601 date."""
        text = self.text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.complain("must be a date such as 2026-01-31", name)
            return None

    def choice(self, name: str, choices: Mapping[str, T], default: T) -> T:
        """One of some words, as what it stands for."""
        value = self._take(name, required=False)
        if value is None:
            return default
        if not isinstance(value, str) or value not in choices:
            self.complain(f"must be one of {', '.join(choices)}", name)
            return default
        return choices[value]


def decimal(value: object) -> Decimal | None:
    """A JSON number or a text that is one, exactly as it is written; None for anything else."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None

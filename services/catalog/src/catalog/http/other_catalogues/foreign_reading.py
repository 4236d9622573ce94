"""What reading an achievement of another catalogue gives, and the small steps of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from service_kit.errors import FieldError


@dataclass(slots=True)
class Read:
    """Members as our own API takes them, what it is called there, and what was left out."""

    form: str
    source: str | None
    members: dict[str, Any]
    warnings: list[FieldError] = field(default_factory=list)

    def leave_out(self, member: str, why: str) -> None:
        """Say that a member is not taken."""
        self.warnings.append(FieldError(member, why))


def listed(value: Any) -> list[Any]:
    """One value as a list of one; nothing as an empty list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def names(value: Any) -> list[str]:
    """The texts of one value or several."""
    return [one for one in listed(value) if isinstance(one, str)]


def text(value: Any) -> str | None:
    """A text that says something."""
    return value.strip() or None if isinstance(value, str) else None


def identifier(value: Any) -> str | None:
    """The id of a reference, however it is written."""
    if isinstance(value, Mapping):
        value = value.get("id") or value.get("@id")
    return text(value)


def made_id(source: str | None, name: str) -> str:
    """An id for what has none: the same each time that it is imported."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{source}#{name}')}"


def present(members: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not there."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}

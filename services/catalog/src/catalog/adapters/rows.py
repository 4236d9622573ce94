"""Rows to the core's things and back."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, RowMapping

from catalog.adapters.tables import ACHIEVEMENTS, COURSES, VERSIONS
from catalog.core.achievements.documents import achievement_type
from catalog.core.model import Course, CourseFields, Draft, Status, Version

COURSE_COLUMNS: tuple[Column[Any], ...] = tuple(column for column in COURSES.c if column.name != "search")
DRAFT_COLUMNS: tuple[Column[Any], ...] = tuple(
    column for column in ACHIEVEMENTS.c if column.name not in {"search", "name", "achievement_type"}
)
VERSION_COLUMNS: tuple[Column[Any], ...] = tuple(
    column for column in VERSIONS.c if column.name not in {"search", "name", "achievement_type"}
)
FIELDS = tuple(CourseFields.__dataclass_fields__)


def course(row: Mapping[Any, Any]) -> Course:
    """A course from its columns."""
    fields = {name: row[name] for name in FIELDS} | {"general_education": tuple(row["general_education"])}
    return Course(row["id"], row["org_id"], CourseFields(**fields), row["created_at"], row["updated_at"])


def course_values(course: Course) -> dict[str, Any]:
    """A course's columns."""
    fields = {name: getattr(course.fields, name) for name in FIELDS}
    fields["general_education"] = list(course.fields.general_education)
    return fields | {
        "id": course.id,
        "org_id": course.org_id,
        "created_at": course.created_at,
        "updated_at": course.updated_at,
    }


def draft(row: RowMapping) -> Draft:
    """A draft from its columns."""
    values = {column.name: row[column.name] for column in DRAFT_COLUMNS}
    return Draft(status=Status(values.pop("status")), **values)


def draft_values(draft: Draft) -> dict[str, Any]:
    """A draft's columns, with those that lists sort and filter by."""
    values = {column.name: getattr(draft, column.name) for column in DRAFT_COLUMNS}
    return values | {"name": draft.document["name"], "achievement_type": achievement_type(draft.document)}


def version(row: RowMapping) -> Version:
    """A version from its columns."""
    values = {column.name: row[column.name] for column in VERSION_COLUMNS}
    return Version(number=values.pop("version"), status=Status(values.pop("status")), **values)


def version_values(version: Version) -> dict[str, Any]:
    """A version's columns, with those that lists sort and filter by."""
    values = {column.name: getattr(version, column.name) for column in VERSION_COLUMNS if column.name != "version"}
    return values | {
        "version": version.number,
        "name": version.document["name"],
        "achievement_type": achievement_type(version.document),
    }

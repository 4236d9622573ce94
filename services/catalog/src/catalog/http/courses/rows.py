"""One row of a course list: cleaned, checked, and told what is wrong or odd about it."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue, ValidationError

from catalog.core.model import CourseRow, Json
from catalog.http.courses.schemas import CourseRequest
from service_kit.errors import FieldError
from service_kit.problems import reason
from service_kit.row_tables import RawRow

KNOWN = frozenset(field.alias or name for name, field in CourseRequest.model_fields.items()) - {"extra"}
# As registrars' systems write it in their files.
ELSEWHERE = {"general_education": "generalEducation"}
LIST_SEPARATOR = re.compile(r"[|;,]")
NUMBER = re.compile(r"[+-]?\d{1,9}([.,]\d{1,9})?")
LONGEST_CODE_SHOWN = 60


def course_row(raw: RawRow) -> CourseRow:
    """A usable course, or what is wrong with it. Members without a field of ours go to `extra`: nothing is lost."""
    if raw.members is None:
        return CourseRow(raw.number, raw.line, None, None, [FieldError("row", raw.error)])
    members = {_ours(name, raw.members): value for name, value in raw.members.items()}
    known = {name: value for name, value in members.items() if name in KNOWN and value is not None}
    extra: Json = {name: value for name, value in members.items() if name not in KNOWN}
    code = _shown(known.get("code"))
    warnings = _without_variable_credits(known, extra)
    try:
        course = CourseRequest.model_validate({**_cleaned(known), "extra": extra})
    except ValidationError as error:
        return CourseRow(raw.number, raw.line, code, None, _errors(error))
    return CourseRow(raw.number, raw.line, course.code, course.fields(), (), warnings)


def _ours(name: str, members: Mapping[str, Any]) -> str:
    """Our name for a member; its own where the row has ours beside it."""
    ours = ELSEWHERE.get(name, name)
    return name if ours in members else ours


def _cleaned(known: Mapping[str, Any]) -> dict[str, Any]:
    """What spreadsheets do to values, undone: blanks are absent, "3,5" is a number, "A|B" is a list."""
    found = {name: value for name, value in known.items() if not (isinstance(value, str) and not value.strip())}
    number = found.get("credits")
    if isinstance(number, str) and NUMBER.fullmatch(number.strip()):
        found["credits"] = float(number.strip().replace(",", "."))
    listed = found.get("generalEducation")
    if isinstance(listed, str):
        found["generalEducation"] = [part.strip() for part in LIST_SEPARATOR.split(listed) if part.strip()]
    return found


def _without_variable_credits(known: dict[str, Any], extra: dict[str, JsonValue]) -> list[FieldError]:
    """Registrars write -1 for "varies". The course then states no credits; the original stays in `extra`."""
    try:
        varies = not isinstance(known.get("credits"), bool) and float(known["credits"]) < 0
    except (KeyError, TypeError, ValueError):
        return []
    if not varies:
        return []
    extra["credits"] = known.pop("credits")
    return [FieldError("credits", "is negative, taken as variable: the course states no credits")]


def _errors(error: ValidationError) -> list[FieldError]:
    return [
        FieldError(".".join(str(part) for part in found["loc"]) or "row", reason(found))
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _shown(code: Any) -> str | None:
    """The code of a row that is refused, so that people find it."""
    text = str(code) if isinstance(code, str | int) else ""
    return text[:LONGEST_CODE_SHOWN].replace("\x00", "") or None

"""What a client may say of a course, one by one or as the row of a file."""

from typing import Annotated, Any

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from catalog.core import vocabulary as limits
from catalog.core.model import CourseFields, Json
from catalog.http.texts import Credits, Label, Prose, one_line, spaces_collapsed

LARGEST_INTEGER = 2**53 - 1


def _collapsed(value: Any) -> Any:
    return spaces_collapsed(value) if isinstance(value, str) else value


def _or_number(most: int) -> WithJsonSchema:
    """Registrars' systems number their courses and levels; what is read back is text."""
    text = {"type": "string", "minLength": 1, "maxLength": most}
    return WithJsonSchema({"anyOf": [text, {"type": "integer"}]}, mode="validation")


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def bounded_json(value: Json) -> Json:
    """Members we have no field for: kept as they are, within reason."""
    _check_integers(value)
    if len(orjson.dumps(value)) > limits.EXTRA_BYTES:
        raise ValueError(f"must be at most {limits.EXTRA_BYTES} bytes of JSON")
    return value


def _check_integers(value: JsonValue) -> None:
    """PostgreSQL and JavaScript keep larger ones differently (RFC 7493 §2.2)."""
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise ValueError("holds an integer that is too large")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_integers(part)


Code = Annotated[
    str,
    BeforeValidator(_as_text),
    StringConstraints(min_length=1, max_length=limits.CODE),
    BeforeValidator(_collapsed),
    AfterValidator(one_line),
    _or_number(limits.CODE),
]
Title = Annotated[
    str, StringConstraints(min_length=1, max_length=limits.NAME), BeforeValidator(_collapsed), AfterValidator(one_line)
]
Level = Annotated[Label, BeforeValidator(_as_text), _or_number(limits.LABEL)]
Extra = Annotated[dict[str, JsonValue], AfterValidator(bounded_json)]


class CourseMembers(BaseModel):
    """The members of a course that may be left out."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    department: Label | None = None
    level: Level | None = Field(None, description="a number or a word, as your institution counts")
    credits: Credits | None = Field(None, description="none when it varies")
    type: Label | None = None
    prerequisites: Prose | None = None
    description: Prose | None = None
    general_education: list[Label] = Field([], max_length=limits.TAGS)


class CourseRequest(CourseMembers):
    """A course. Its code is unique in the organization."""

    code: Code
    title: Title
    extra: Extra = Field({}, description="members of your own, kept as they are, at most 16 KiB")

    def fields(self) -> CourseFields:
        """As the core has it."""
        said = self.model_dump()
        return CourseFields(**said | {"general_education": tuple(said["general_education"])})


class CourseChanges(CourseMembers):
    """Members to replace; null removes one."""

    code: Code = Field(default_factory=str)
    title: Title = Field(default_factory=str)
    extra: Extra = Field({})

    def changes(self) -> dict[str, object]:
        """Only what was said."""
        said = self.model_dump(exclude_unset=True)
        if "general_education" in said:
            said["general_education"] = tuple(said["general_education"])
        return said

"""What is wrong with the environment, for whoever starts a process: a line for each variable, and never its value."""

import re
from collections.abc import Iterator
from typing import get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from service_kit.settings import Block, Settings

PREFIX = "LAUREL_"
_FIELD = re.compile(r"for field \"(\w+)\"")


def told(error: ValidationError | SettingsError, model: type[Settings]) -> list[str]:
    """In the order of the settings."""
    if isinstance(error, SettingsError):
        field = _FIELD.search(str(error))
        return [f"{_variable((field[1],))}: a list or an object is wanted there, in JSON" if field else str(error)]
    return [line for one in error.errors(include_input=False, include_url=False) for line in _lines(one, model)]


def _lines(error: ErrorDetails, model: type[Settings]) -> Iterator[str]:
    place, kind, message = error["loc"], error["type"], error["msg"]
    if kind == "missing" and (block := _block(model, place)):
        yield from (f"{_variable((*place, name))}: is needed" for name in _needed(block))
    elif kind == "missing":
        yield f"{_variable(place)}: is needed"
    elif kind == "extra_forbidden":
        yield f"{_variable(place)}: there is no such setting"
    else:
        said = message.removeprefix("Value error, ")
        yield f"{_variable(place)}: {said}" if place else said


def _variable(place: tuple[int | str, ...]) -> str:
    return PREFIX + "__".join(str(part).upper() for part in place)


def _block(model: type[Settings], place: tuple[int | str, ...]) -> type[Block] | None:
    """The group of settings that is missing as a whole."""
    field: FieldInfo | None = model.model_fields.get(str(place[0])) if len(place) == 1 else None
    kinds = [field.annotation, *get_args(field.annotation)] if field else []
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Block)), None)


def _needed(block: type[Block]) -> list[str]:
    return [name for name, field in block.model_fields.items() if field.is_required()]

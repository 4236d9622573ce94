"""`python -m tools.settings_page`: write docs/settings.md from the settings of the rooms."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gateway.edge.routes import Room
from service_kit.runtime import Service
from service_kit.settings import Block, Settings, StoreSettings

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "settings.md"
REQUIRED = "required"
WORDS: dict[Any, str] = {bool: "`true` or `false`", int: "integer", float: "number", Path: "file"}
HEAD = """# Settings

Every process reads its settings from the environment, once, as it starts. A wrong name in a group (those with `__`), a
value out of its bounds or a required one that is missing ends it at once, with the reason. What another room is told
does no harm. Written by `make api` from the code; what an operator decides is told in [deployment](deployment.md).
"""


class Setting(NamedTuple):
    """One variable of the environment."""

    name: str
    value: str
    default: str
    meaning: str


def page() -> str:
    """What docs/settings.md should say: each setting once, under the rooms that know it."""
    rooms: defaultdict[Setting, list[str]] = defaultdict(list)
    for room in Room:
        service: Service[StoreSettings] = importlib.import_module(f"{room}.main").SERVICE
        for setting in settings_of(service.settings):
            rooms[setting].append(str(room))
    sections: defaultdict[tuple[str, ...], list[Setting]] = defaultdict(list)
    for setting, known in rooms.items():
        sections[tuple(known)].append(setting)
    ordered = sorted(sections.items(), key=lambda one: -len(one[0]))
    return HEAD + "".join(_section(known, settings) for known, settings in ordered)


def settings_of(model: type[Settings | Block], prefix: str = "LAUREL_") -> Iterator[Setting]:
    """All that a model reads, in its order, blocks included."""
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        block = _block(field.annotation)
        if block is not None:
            for setting in settings_of(block, f"{variable}__"):
                optional = field.default is None and setting.default == REQUIRED
                yield setting._replace(default=f"{REQUIRED} with `{variable}__`") if optional else setting
        else:
            if not field.description:
                raise ValueError(f"{model.__name__}.{name} has no description")
            yield Setting(variable, _value(field), _default(field), field.description)


def _section(rooms: Sequence[str], settings: Sequence[Setting]) -> str:
    title = "Every room" if len(rooms) == len(Room) else ", ".join(rooms)
    rows = "".join(f"| `{one.name}` | {one.value} | {one.default} | {one.meaning} |\n" for one in settings)
    return f"\n## {title[0].upper()}{title[1:]}\n\n| variable | value | default | meaning |\n|---|---|---|---|\n{rows}"


def _block(annotation: Any) -> type[Block] | None:
    kinds = [annotation, *get_args(annotation)]
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Block)), None)


def _value(field: FieldInfo) -> str:
    kind = field.annotation
    if get_origin(kind) in (Union, UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if get_origin(kind) is Literal:
        return " or ".join(f"`{one}`" for one in get_args(kind))
    if get_origin(kind) is tuple:
        return "JSON list"
    if kind is SecretStr:
        return "**secret**"
    return WORDS.get(kind, "text") + _bounds(field)


def _bounds(field: FieldInfo) -> str:
    said = []
    for bound in field.metadata:
        match bound:
            case Ge(ge=least):
                said.append(f"from {least}")
            case Gt(gt=limit):
                said.append(f"above {limit}")
            case Le(le=most):
                said.append(f"to {most}")
            case _:
                pass
    return " " + " ".join(said) if said else ""


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return REQUIRED
    if field.default is None or field.default == ():
        return "none"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

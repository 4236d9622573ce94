"""For tests: what FastAPI reads from a function's signature is read once, however many applications have the function.

An application of a test is made anew each time, with everything in it. Reading its signatures takes longer than most
tests, and gives the same each time: the same code with the same annotations and defaults.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import FunctionType
from typing import Any, get_args, get_origin

from fastapi import routing
from fastapi.dependencies import utils
from fastapi.dependencies.models import Dependant
from fastapi.utils import create_model_field
from pydantic.fields import FieldInfo

Read = Callable[..., Any]


def remember_signatures() -> None:
    """From now on, for the whole process. FastAPI offers no place for it but its own functions."""
    if getattr(utils.get_dependant, "remembers", False):
        return
    reading, making = _signatures(utils.get_dependant), _fields(create_model_field)
    vars(reading)["remembers"] = True
    vars(utils)["get_dependant"] = reading
    vars(routing).update(get_dependant=reading, create_model_field=making)


def _signatures(read: Read) -> Read:
    known: dict[Any, Dependant] = {}

    def get_dependant(*, path: str, call: Any, **options: Any) -> Dependant:
        key = _written(call, path, options)
        if key is None:
            found: Dependant = read(path=path, call=call, **options)
            return found
        if key not in known:
            known[key] = _of(None, read(path=path, call=call, **options))
        return _of(call, known[key])

    return get_dependant


def _written(call: Any, path: str, options: dict[str, Any]) -> Any:
    """All that a signature is read from; None where something in it may differ and look alike."""
    if not isinstance(call, FunctionType) or hasattr(call, "__wrapped__"):
        return None
    defaults = [*(call.__defaults__ or ()), *(call.__kwdefaults__ or {}).values()]
    seen = repr([_spelt(one) for one in (*call.__annotations__.values(), *defaults)])
    if "<locals>" in seen:
        return None
    return call.__code__, id(call.__globals__), seen, path, repr(sorted(options.items()))


def _spelt(annotation: Any) -> Any:
    """With all that FastAPI's own spelling of a parameter leaves out."""
    if isinstance(annotation, FieldInfo):
        slots = {name: getattr(annotation, name, None) for name in FieldInfo.__slots__}
        return type(annotation), slots, vars(annotation)
    inner = (*get_args(annotation), *getattr(annotation, "__metadata__", ()))
    return (get_origin(annotation), [_spelt(one) for one in inner]) if inner else annotation


def _of(call: Any, read: Dependant) -> Dependant:
    """The same for another function, in lists that may be added to."""
    lists = ("path_params", "query_params", "header_params", "cookie_params", "body_params", "dependencies")
    copied: dict[str, Any] = {name: list(getattr(read, name)) for name in lists}
    return replace(read, call=call, **copied)


def _fields(make: Read) -> Read:
    known: dict[Any, Any] = {}

    def made(name: str, type_: Any, mode: str = "validation", **options: Any) -> Any:
        if options:
            return make(name=name, type_=type_, mode=mode, **options)
        key = (name, type_, mode)
        if key not in known:
            known[key] = make(name=name, type_=type_, mode=mode)
        return known[key]

    return made

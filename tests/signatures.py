"""For tests: what FastAPI reads of a route is read once, however many applications have the route.

An application of a test is made anew each time, with everything in it. Reading its signatures takes longer than most
tests, and gives the same each time: the same code with the same annotations and defaults, declared with the same words.
What a route calls is never kept: each has the function that it was made with.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import FunctionType, MethodType
from typing import Any, get_args, get_origin

from fastapi import routing
from fastapi.dependencies import models, utils
from fastapi.dependencies.models import Dependant
from fastapi.utils import create_model_field
from pydantic.fields import FieldInfo

from service_kit import app, query

Read = Callable[..., Any]

COLLECTIONS = (list, dict, set)
KINDS = {
    "_is_gen_callable_cached": inspect.CO_GENERATOR,
    "_is_async_gen_callable_cached": inspect.CO_ASYNC_GENERATOR,
    "_is_coroutine_callable_cached": inspect.CO_COROUTINE,
}


def remember_signatures() -> None:
    """From now on, for the whole process. FastAPI offers no place for it but its own functions."""
    if getattr(utils.get_dependant, "remembers", False):
        return
    reading, making = _signatures(utils.get_dependant), _fields(create_model_field)
    vars(reading)["remembers"] = True
    vars(utils)["get_dependant"] = reading
    populating = _routes(vars(routing)["_populate_api_route_state"])
    vars(routing).update(get_dependant=reading, create_model_field=making, _populate_api_route_state=populating)
    vars(app)["parameters_of"] = _parameters(query.parameters_of)
    for name, flag in KINDS.items():
        vars(models)[name] = _kind(vars(models)[name], flag)


@dataclass(frozen=True, slots=True)
class _Declared:
    """A route as it was declared, and what was made of that."""

    endpoint: Any
    options: dict[str, Any]
    made: dict[str, Any]

    def is_as(self, endpoint: Any, options: dict[str, Any]) -> bool:
        """Whether other words come to the same. The code does."""
        read = zip(_read_of(self.endpoint), _read_of(endpoint), strict=True)
        return self.options == options and all(one is other or _alike(one, other) for one, other in read)


def _routes(populate: Read) -> Read:
    known: dict[tuple[Any, ...], list[_Declared]] = {}

    def populated(route: Any, path: str, endpoint: Any, **options: Any) -> None:
        provider = options.pop("dependency_overrides_provider", None)
        of_code = known.setdefault((_code_of(endpoint), path), [])
        found = next((one for one in of_code if one.is_as(endpoint, options)), None)
        if found:
            vars(route).update(_copied(found.made), endpoint=endpoint, dependency_overrides_provider=provider)
            route.dependant = _copy(endpoint, found.made["dependant"])
            return
        before = {*vars(route)}
        populate(route, path, endpoint, dependency_overrides_provider=provider, **options)
        if _written(endpoint, path, options) is not None:
            made = {name: value for name, value in vars(route).items() if name not in before}
            of_code.append(_Declared(endpoint, options, _copied(made) | {"dependant": _of(None, route.dependant)}))

    return populated


def _copied(attributes: dict[str, Any]) -> dict[str, Any]:
    """In collections that may be added to."""
    return {name: value.copy() if isinstance(value, COLLECTIONS) else value for name, value in attributes.items()}


def _alike(one: Any, other: Any) -> bool:
    return bool(one == other) or repr(_spelt(one)) == repr(_spelt(other))


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
    code = _code_of(call)
    if code is None:
        return None
    seen = repr([_spelt(one) for one in _read_of(call)])
    said = repr(sorted(options.items()))
    if "<locals>" in seen or "<locals>" in said:
        return None
    return code, seen, path, said


def _code_of(call: Any) -> tuple[Any, ...] | None:
    """Of a function and of those that it wraps; None if it is more than its code."""
    found: list[Any] = []
    while True:
        found.append(isinstance(call, MethodType))
        inner = call.__func__ if isinstance(call, MethodType) else call
        if not isinstance(inner, FunctionType) or not vars(inner).keys() <= {"__wrapped__"}:
            return None
        found += [inner.__code__, id(inner.__globals__)]
        if not vars(inner):
            return tuple(found)
        call = vars(inner)["__wrapped__"]


def _read_of(call: Any) -> Iterator[Any]:
    """Of a function as FastAPI sees it, which is the innermost."""
    inner = inspect.unwrap(call)
    yield tuple(inner.__annotations__)
    yield from inner.__annotations__.values()
    yield from inner.__defaults__ or ()
    yield from (inner.__kwdefaults__ or {}).values()


def _spelt(annotation: Any) -> Any:
    """With all that FastAPI's own spelling of a parameter leaves out."""
    if isinstance(annotation, FieldInfo):
        slots = {name: getattr(annotation, name, None) for name in FieldInfo.__slots__}
        return type(annotation), slots, getattr(annotation, "__dict__", {})
    inner = (*get_args(annotation), *getattr(annotation, "__metadata__", ()))
    return (get_origin(annotation), [_spelt(one) for one in inner]) if inner else annotation


class _Copy(Dependant):
    """What was read for another function."""

    __slots__ = ("read",)

    read: Dependant


def _copy(call: Any, read: Dependant) -> _Copy:
    """`_of` a route that is whole: nothing is added to it any more."""
    fields = {name: getattr(read, name) for name in Dependant.__slots__}
    copy = _Copy(**fields | {"call": call})
    copy.read = read
    return copy


def _parameters(look: Read) -> Read:
    known: dict[int, tuple[Dependant, Any]] = {}

    def parameters_of(dependant: Dependant) -> Any:
        if not isinstance(dependant, _Copy):
            return look(dependant)
        read = dependant.read
        if id(read) not in known:
            known[id(read)] = read, look(dependant)
        return known[id(read)][1]

    return parameters_of


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


def _kind(look: Read, flag: int) -> Read:
    """FastAPI keeps the kinds of many functions, and so the functions, and all behind them, of tests long past."""

    def kind(identity: Any) -> bool:
        call = identity.call
        if not isinstance(call, FunctionType) or _code_of(call) is None:
            found: bool = look(identity)
            return found
        inner = inspect.unwrap(call)
        return any(function.__code__.co_flags & flag for function in {call, inner})

    return kind

"""Query parameters are read strictly: what is misspelt, said twice or read by guess would answer another question."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any, get_args
from urllib.parse import unquote_to_bytes

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query

from service_kit.errors import FieldError, Invalid, Malformed

MAX_NAME = 200
MAX_NAMED = 10
PAGE = "text/html"
UNKNOWN = "is not a query parameter of this address"
TWICE = "may be given once"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a value of one type is written: as in JSON. Pydantic would also take 1_0, +5, a blank before it, or "yes"."""

    pattern: re.Pattern[str]
    said: str


SPELLINGS: Mapping[type, Spelling] = {
    int: Spelling(re.compile(r"-?(0|[1-9][0-9]*)"), "must be an integer, written in digits"),
    float: Spelling(
        re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"), "must be a number, written as in JSON"
    ),
    bool: Spelling(re.compile(r"true|false"), "must be true or false"),
}


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a route or one of its dependencies declares. Each is given once; some have a spelling."""

    names: frozenset[str]
    spellings: Mapping[str, Spelling]


def parameters_of(dependant: Dependant) -> Parameters:
    """Raises TypeError for a list: it would have to be given more than once."""
    declared = {one.alias: one.field_info.annotation for one in get_flat_params(dependant) if _is_query(one.field_info)}
    if lists := [name for name, annotation in declared.items() if _type_of(annotation) in {list, set, tuple}]:
        raise TypeError(f"query parameters are given once: {lists}")
    spellings = {name: SPELLINGS.get(_type_of(annotation)) for name, annotation in declared.items()}
    return Parameters(frozenset(declared), {name: spelling for name, spelling in spellings.items() if spelling})


def check_query(request: Request, known: Parameters, *, is_open: bool = False) -> None:
    """Raises Malformed for what is no text, and Invalid that names the first few wrong parameters, never their values.

    Unknown ones are let through where `is_open`, and for a browser that follows a link to a page: social networks and
    mail programs add parameters of their own to the links that people share.
    """
    query = request.scope["query_string"]
    if not query:
        return
    if not _is_text(query):
        raise Malformed("the query is not percent-encoded UTF-8")
    is_page = request.method == "GET" and PAGE in request.headers.get("accept", "")
    if errors := tuple(_wrong(request, known, ignores_unknown=is_open or is_page)):
        named = tuple(FieldError(error.field[:MAX_NAME], error.detail) for error in errors[:MAX_NAMED])
        said = "unknown query parameter" if all(error.detail == UNKNOWN for error in named) else "wrong in the query"
        raise Invalid(f"{said}: {', '.join(error.field for error in named)}", errors=named)


def _wrong(request: Request, known: Parameters, *, ignores_unknown: bool) -> Iterator[FieldError]:
    for name in dict.fromkeys(request.query_params):
        values = request.query_params.getlist(name)
        spelling = known.spellings.get(name)
        if name not in known.names:
            if not ignores_unknown:
                yield FieldError(name, UNKNOWN)
        elif len(values) > 1:
            yield FieldError(name, TWICE)
        elif spelling and not spelling.pattern.fullmatch(values[0]):
            yield FieldError(name, spelling.said)


def _is_text(query: bytes) -> bool:
    try:
        (unquote_to_bytes(query) if b"%" in query else query).decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_query(found: object) -> bool:
    return isinstance(found, Query)


def _type_of(annotation: Any) -> Any:
    """`int` of `int | None`, `list` of `list[int]`, and whatever else as it is."""
    members = [one for one in get_args(annotation) if one is not NoneType]
    inner = members[0] if NoneType in get_args(annotation) and len(members) == 1 else annotation
    return getattr(inner, "__origin__", inner)

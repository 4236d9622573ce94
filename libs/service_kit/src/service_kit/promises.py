"""For tests: holds an application to its description. Every answer must be one that the description promises."""

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple, Self

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

PARAMETER = re.compile(r"{([^}]*)}")
UNDESCRIBED = frozenset({405, 500})
"""A method that an address does not have is in no description of it, and a fault of ours is promised to nobody."""


class Promises:
    """The description of one application, by address and method."""

    def __init__(self, app: FastAPI) -> None:
        contexts = list(iter_route_contexts(app.router.routes))
        known = (app.title, *((context.path, _told(context.route)) for context in contexts))
        if known not in _DESCRIPTIONS:  # describing takes longer than most tests
            _DESCRIPTIONS[known] = _Description.of(app.openapi()["paths"], {context.path for context in contexts})
        self._hidden, self._paths = _DESCRIPTIONS[known]

    async def __call__(self, response: httpx.Response) -> None:
        """Raises AssertionError for a status or a media type that is not described."""
        path = response.request.url.path
        method = response.request.method.lower()
        if path in self._hidden:
            return
        for expression, template, operations in self._paths:
            if expression.fullmatch(path):
                operation = operations.get("get" if method == "head" else method)
                if operation is not None and response.status_code not in UNDESCRIBED:
                    _check(f"{method.upper()} {template}", operation["responses"], response)
                return


class _Description(NamedTuple):
    hidden: frozenset[str | None]
    paths: Sequence[tuple[re.Pattern[str], str, Mapping[str, Any]]]

    @classmethod
    def of(cls, described: Mapping[str, Mapping[str, Any]], addresses: Set[str | None]) -> Self:
        paths = [(_expression(path), path, found) for path, found in described.items()]
        paths.sort(key=lambda each: "{" in each[1])  # an address without parameters is meant before any with
        return cls(frozenset(addresses - described.keys()), paths)


_DESCRIPTIONS: dict[tuple[Any, ...], _Description] = {}
"""By what the routes are: the applications of two tests of one room are described alike."""


def _told(route: BaseRoute) -> tuple[Any, ...]:
    """What a route's description comes from."""
    if not isinstance(route, APIRoute):
        return (type(route), getattr(route, "path", None))
    endpoint, answers = route.endpoint, tuple(map(str, route.responses))
    name = (endpoint.__module__, endpoint.__qualname__)
    return (route.path, tuple(sorted(route.methods or ())), name, route.status_code, answers, str(route.response_class))


def _check(name: str, responses: Mapping[str, Any], response: httpx.Response) -> None:
    status, media_type = str(response.status_code), response.headers.get("content-type", "").partition(";")[0]
    promised = responses.get(status)
    if promised is None:
        raise AssertionError(f"{name} answers {status}, and describes only {', '.join(responses)}")
    content = promised.get("content", {})
    if media_type and status != "304" and media_type not in content:
        raise AssertionError(f"{name} answers {status} as {media_type}, and describes only {', '.join(content)}")


def _expression(template: str) -> re.Pattern[str]:
    """A parameter takes what is between slashes."""
    parts = PARAMETER.split(template)
    escaped = [re.escape(part) if index % 2 == 0 else "[^/]+" for index, part in enumerate(parts)]
    return re.compile("".join(escaped))

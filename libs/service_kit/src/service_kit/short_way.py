"""The way to an address that is asked a thousand times a second: found before FastAPI's routes and middleware are."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

TELL = (b"content-type", b"content-length")
JSON, EMPTY = (b"content-type", b"application/json"), (b"content-length", b"0")
Answer = Callable[[Scope, Receive], Awaitable[Response]]
"""What a route answers. Raises what the application has handlers for."""


class ShortWay:
    """Requests of some methods and paths that are plainly JSON of a declared length; all others go the usual way."""

    def __init__(self, usual: ASGIApp, direct: Mapping[tuple[str, str], ASGIApp]) -> None:
        self._usual = usual
        self._direct = direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._direct.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        await (app if app is not None and _is_plainly_json(scope) else self._usual)(scope, receive, send)


def _is_plainly_json(scope: Scope) -> bool:
    told = [(name, value) for name, value in scope["headers"] if name in TELL]
    return len(told) == len(TELL) and JSON in told and EMPTY not in told


class DirectAnswer:
    """One route as an application, with the error handlers of the one that it belongs to."""

    def __init__(self, app: FastAPI, route: APIRoute, answer: Answer) -> None:
        self._route = route
        self._answer = answer
        self._handlers: Mapping[Any, Callable[[Request, Any], Any]] = app.exception_handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self._route
        try:
            response = await self._answer(scope, receive)
        except Exception as error:  # those without a handler are for the request's context
            response = await self._handled(Request(scope, receive), error)
        await response(scope, receive, send)

    async def _handled(self, request: Request, error: Exception) -> Response:
        handler = next((self._handlers[kind] for kind in type(error).__mro__ if kind in self._handlers), None)
        if handler is None:
            raise error
        response: Response = await handler(request, error)
        return response

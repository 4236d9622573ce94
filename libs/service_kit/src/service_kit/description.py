"""A service's OpenAPI description: FastAPI's own, with what it cannot know.

Those are the scopes behind an operation, that every refusal is the same problem document, and which refusals come from
the kit whatever the route says.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from service_kit.auth import MAY_AUTHENTICATE, AnyScope, Scope
from service_kit.described import correct
from service_kit.described_schemas import shape
from service_kit.operation_names import given_name, operation_name, sentence
from service_kit.problems import MEDIA_TYPE

Json = dict[str, Any]

PROBLEM: Json = {
    "title": "Problem",
    "description": "Why a request was refused (RFC 9457). `type` is an address with a page behind it.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "requestId"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string", "description": "of the problem type, always the same"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "of this occasion"},
        "instance": {"type": "string", "description": "the path that was asked for"},
        "requestId": {"type": "string", "description": "finds the request in the logs"},
        "errors": {
            "type": "array",
            "items": {
                "title": "ProblemError",
                "type": "object",
                "required": ["field", "detail"],
                "properties": {
                    "field": {"type": "string", "description": "a member's path, a parameter's or header's name"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
ALWAYS = {
    "400": "The request cannot be read",
    "429": "Too many requests; `Retry-After` says how long to wait",
    "503": "Something that is needed is away for now",
}
WITH_BODY = {"413": "The body is too large", "415": "The body is of a media type that is not read here"}
WITH_TOKEN = {"401": "No access token, or one that is not accepted", "403": "The token lacks a scope"}
ON_ONE = {"404": "There is no such thing"}
OF_FRAMEWORK = ("HTTPValidationError", "ValidationError")


class DescribedApp(FastAPI):
    """A FastAPI application that describes itself as it behaves."""

    closed: Collection[str] = ()
    """The enumerations that never get another value, by the names of their schemas."""

    def openapi(self) -> Json:
        if not self.openapi_schema:
            found = get_openapi(title=self.title, version=self.version, routes=self.routes, servers=self.servers)
            self.openapi_schema = _completed(found, _routes(self))
            shape(self.openapi_schema, self.closed)
        return self.openapi_schema


def _completed(document: Json, routes: dict[tuple[str, str], APIRoute]) -> Json:
    schemas: Json = document.setdefault("components", {}).setdefault("schemas", {})
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = routes[method, path]
            operation["operationId"] = given_name(route.operation_id) or operation_name(method, path)
            operation["summary"] = route.summary or sentence(operation["operationId"])
            _say_scopes(operation, route)
            operation["responses"] = dict(sorted(_responses(operation, path).items()))
            correct(operation, route)
    for name in OF_FRAMEWORK:
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    return document


def _say_scopes(operation: Json, route: APIRoute) -> None:
    """As role names, which OpenAPI 3.1 allows for any kind of scheme."""
    for requirement in operation.get("security", ()):
        if "accessToken" in requirement:
            requirement["accessToken"] = sorted(set(_scopes(route.dependant)))
    if not operation.get("security") and _may_authenticate(route.dependant):
        operation["security"] = [{}, {"accessToken": []}]  # generated clients send a token where one is described
    either = next(_alternatives(route.dependant), None)
    if either is not None:
        operation["security"] = [{"accessToken": [scope]} for scope in either.scopes]


def _responses(operation: Json, path: str) -> Json:
    """The route's own, and the kit's where the route is silent."""
    known: Json = operation["responses"]
    missing = ALWAYS | (WITH_BODY if "requestBody" in operation else {}) | (ON_ONE if "{" in path else {})
    if any("accessToken" in requirement for requirement in operation.get("security", ())):
        missing |= WITH_TOKEN
    added = {status: {"description": said, "content": {}} for status, said in missing.items() if status not in known}
    return {
        status: _as_problem(answer) if _is_problem(status, answer, missing) else answer
        for status, answer in (known | added).items()
    }


def _is_problem(status: str, answer: Json, of_kit: Iterable[str]) -> bool:
    """Not where a route has a form of its own for a refusal (RFC 6749), unless the kit may give that one, too."""
    content = answer.get("content", {})
    is_refusal = status == "default" or status >= "400"
    has_own = content and MEDIA_TYPE not in content and "HTTPValidationError" not in str(content)
    return is_refusal and (not has_own or status in of_kit)


def _as_problem(answer: Json) -> Json:
    content = answer.get("content", {})
    others = {name: of for name, of in content.items() if name != MEDIA_TYPE and "HTTPValidationError" not in str(of)}
    problem = {**content.get(MEDIA_TYPE, {}), "schema": {"$ref": "#/components/schemas/Problem"}}
    said = "A member or a parameter is wrong" if answer["description"] == "Validation Error" else answer["description"]
    return {**answer, "description": said, "content": {**others, MEDIA_TYPE: problem}}


def _routes(app: FastAPI) -> dict[tuple[str, str], APIRoute]:
    """Every route that is described, by its method and path."""
    return {
        (method.lower(), context.path_format): context.original_route
        for context in iter_route_contexts(app.router.routes)
        if isinstance(context.original_route, APIRoute) and context.path_format
        for method in context.methods or ()
    }


def _may_authenticate(dependant: Dependant) -> bool:
    return hasattr(dependant.call, MAY_AUTHENTICATE) or any(map(_may_authenticate, dependant.dependencies))


def _alternatives(dependant: Dependant) -> Iterator[AnyScope]:
    """Where one of several scopes is asked for, each is a requirement of its own."""
    if isinstance(dependant.call, AnyScope):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from _alternatives(inner)


def _scopes(dependant: Dependant) -> Iterator[str]:
    """What is asked for, however deep. A caller of any scope asks for none."""
    if isinstance(dependant.call, Scope) and dependant.call.scope:
        yield dependant.call.scope
    for inner in dependant.dependencies:
        yield from _scopes(inner)

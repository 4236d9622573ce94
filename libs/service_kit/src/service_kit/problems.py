"""Errors as `application/problem+json` (RFC 9457). One mapping from category to status code for every service."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil
from socket import gaierror
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import Match

from contracts.problems import PROBLEM_TYPES
from service_kit.direct import is_drivers
from service_kit.errors import (
    Category,
    FieldError,
    Forbidden,
    Invalid,
    Limited,
    ServiceError,
    Stale,
    TooSoon,
    Unauthorized,
    Unavailable,
)
from service_kit.logs import TrailUnwritten, get_logger
from service_kit.problem_page import SECURITY, problem_page
from service_kit.representation import HTML, JSON, negotiate

log = get_logger(__name__)

# SQLSTATE classes that say nothing about the request: connection, authorization and database at connecting,
# serialization, resources (connections, disk), locks, operator, errors of the system such as of a disk.
OUTAGES = frozenset({"08", "28", "3D", "40", "53", "55", "57", "58"})
READ_ONLY = "25006"  # a standby, or a server that protects a full disk
AWAY = "the service cannot reach its database; try again"

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = "2"
RESOURCE_METADATA_PATH = "/.well-known/oauth-protected-resource"
STATUS: Mapping[Category, HTTPStatus] = {
    Category.MALFORMED: HTTPStatus.BAD_REQUEST,
    Category.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Category.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    Category.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Category.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Category.CONFLICT: HTTPStatus.CONFLICT,
    Category.STALE: HTTPStatus.PRECONDITION_FAILED,
    Category.GONE: HTTPStatus.GONE,
    Category.LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Category.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PARAMETER = re.compile(r"{[^}]*}")
DETAILS = {
    404: "there is nothing at this address",
    415: "the body must be JSON, sent with Content-Type: application/json",
}
CODES = {
    400: "malformed-request",
    404: "not-found",
    405: "method-not-allowed",
    413: "content-too-large",
    415: "unsupported-media-type",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an error comes to, before it has a form. `headers` are those that its status asks for."""

    method: str
    status: int
    code: str
    detail: str
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


Form = Callable[[Refusal], Response]
"""How the addresses of a protocol that is not ours say no."""


def install(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(PoolTimeout, _database_away)
    app.add_exception_handler(TrailUnwritten, _trail_unwritten)
    for error in (ConnectionError, gaierror, TimeoutError):  # of the driver, before SQLAlchemy makes them its own
        app.add_exception_handler(error, _network_error)


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str | None = None,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem document, or its like in the form that this address has. `errors` lists fields, never values.

    A code without a page is about:blank. A browser that asked to read gets a page.
    """
    explanation = detail or HTTPStatus(status).phrase
    fields = {"Cache-Control": "no-store", **(headers or {})}  # a 404 of this moment may be a 200 of the next
    if form := _form_of(request):
        return form(Refusal(request.method, int(status), code, explanation, tuple(errors), fields))
    known = PROBLEM_TYPES.get(code)
    address = known.address(request.app.state.public_base_url) if known else ""
    title, request_id = known.title if known else HTTPStatus(status).phrase, request.scope.get("request_id", "")
    if request.method == "GET":
        fields = {**fields, "Vary": "Accept"}  # one address, two forms: of this one too, whichever is kept
        if negotiate(request, MEDIA_TYPE, JSON, HTML) == HTML:
            shown = problem_page(int(status), title, explanation, address, request_id)
            return Response(shown, int(status), {**SECURITY, **fields}, HTML)
    body: dict[str, Any] = {
        "type": address or "about:blank",
        "title": title,
        "status": int(status),
        "detail": explanation,
        "instance": request.url.path,
        "requestId": request_id,
    }
    if errors:
        body["errors"] = [{"field": error.field, "detail": error.detail} for error in errors]
    return Response(orjson.dumps(body), int(status), headers=fields, media_type=MEDIA_TYPE)


def _form_of(request: Request) -> Form | None:
    forms: Mapping[str, Form] = getattr(request.app.state, "refusals", {})
    return next((form for prefix, form in forms.items() if request.url.path.startswith(prefix)), None)


def service_problem(request: Request, error: ServiceError) -> Response:
    """The problem document of an expected error, with the headers its category asks for."""
    return problem(
        request,
        STATUS[error.category],
        error.code,
        error.detail,
        errors=error.errors,
        headers=_headers(error, request.app.state.public_base_url),
    )


def _headers(error: ServiceError, base_url: str) -> dict[str, str]:
    if isinstance(error, Unauthorized):
        attributes = f', error="{error.error}", error_description="{error.detail}"' if error.error else ""
        metadata = (
            f'resource_metadata="{base_url}{RESOURCE_METADATA_PATH}"'  # where tokens are to be had (RFC 9728 §5.1)
        )
        return {"WWW-Authenticate": f'{error.scheme} realm="laurel"{attributes}, {metadata}'}
    if isinstance(error, Forbidden) and error.scope:
        return {"WWW-Authenticate": f'Bearer realm="laurel", error="insufficient_scope", scope="{error.scope}"'}
    if isinstance(error, Stale) and error.tag:
        return {"ETag": error.tag}
    if isinstance(error, TooSoon):
        return {"Retry-After": str(ceil(error.retry_after.total_seconds()))}
    if isinstance(error, Limited | Unavailable):
        return {"Retry-After": RETRY_AFTER_S}
    return {}


async def _service_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for this type only
    return service_problem(request, error)


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    if isinstance(error.body, bytes) and error.body:  # bytes: FastAPI did not take it for JSON
        return problem(request, 415, CODES[415], DETAILS[415], headers=_taken(request, JSON))
    return service_problem(request, invalid(error))


def invalid(error: RequestValidationError) -> Invalid:
    """What FastAPI found wrong, as an error of ours: every path, no value."""
    fields = tuple(FieldError(_path(detail["loc"]), reason(detail)) for detail in error.errors())
    names = ", ".join(dict.fromkeys(field.field for field in fields))
    return Invalid(f"invalid: {names}", errors=fields)


def reason(detail: Mapping[str, object]) -> str:
    """Pydantic's words, where they are not about Python."""
    if detail["type"] in {"model_attributes_type", "dict_type"}:
        return "must be a JSON object"
    return str(detail["msg"]).removeprefix("Value error, ")


def _path(location: Sequence[int | str]) -> str:
    """("body", "recipient", "email") -> "recipient.email"; the body as a whole is "body"."""
    parts = [str(part) for part in location]
    return (
        ".".join(parts[1:]) if len(parts) > 1 and parts[0] in {"body", "query", "path", "header"} else ".".join(parts)
    )


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    if isinstance(error.__cause__, ServiceError):  # FastAPI's 400 around our own reason why a body cannot be read
        return service_problem(request, error.__cause__)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return _another_method(request)
    code = CODES.get(error.status_code, HTTPStatus(error.status_code).phrase.lower().replace(" ", "-"))
    of_framework = error.detail == HTTPStatus(error.status_code).phrase
    detail = DETAILS.get(error.status_code, error.detail) if of_framework else error.detail
    sent = dict(error.headers or {})
    headers = _taken(request, sent["Accept"]) if "Accept" in sent else sent
    return problem(request, error.status_code, code, detail, headers=headers)


def _taken(request: Request, media_types: str) -> dict[str, str]:
    """What would be read instead (RFC 7694 §3, W3C LDP §7.1, RFC 5789 §3.1)."""
    named = {"POST": "Accept-Post", "PATCH": "Accept-Patch"}.get(request.method)
    return {"Accept": media_types, **({named: media_types} if named else {})}


def _another_method(request: Request) -> Response:
    """405; or, to OPTIONS, what there is (RFC 9110 §9.3.7)."""
    headers = {"Allow": _allowed(request)}
    if request.method == "OPTIONS":
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    return problem(request, 405, CODES[405], f"this address takes {headers['Allow']}", headers=headers)


def _allowed(request: Request) -> str:
    """Every method the address takes: the router tells only those of the first route that has it.

    Of routes that match, only those count that say most of the path: one that takes any path below has no such thing.
    """
    scope = {"type": "http", "path": request.scope["path"], "root_path": "", "headers": []}
    found = [
        (route.path_format, method)
        for route in request.app.router.routes
        for method in METHODS
        if route.matches({**scope, "method": method})[0] is Match.FULL
    ]
    said = max((len(PARAMETER.sub("", path)) for path, _ in found), default=0)
    nearest = [(path, method) for path, method in found if len(PARAMETER.sub("", path)) == said]
    elsewhere: Mapping[str, Sequence[str]] = request.app.state.elsewhere
    taken = {method for _, method in nearest}.union(*(elsewhere.get(path, ()) for path, _ in nearest))
    return ", ".join([*(["HEAD"] if "GET" in taken else []), *(one for one in METHODS if one in taken), "OPTIONS"])


async def _database_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)  # noqa: S101 - registered for this type only
    found = of_database(error)
    if found is None:
        return unexpected_problem(request, error)
    return await _database_away(request, error) if isinstance(found, Unavailable) else service_problem(request, found)


def of_database(error: DBAPIError) -> ServiceError | None:
    """What a failed statement is to a client; None for a fault of ours."""
    state = str(getattr(error.orig, "sqlstate", "") or "")
    if state.startswith("22"):  # data exception: a value PostgreSQL cannot hold
        return Invalid("a value is out of range")
    is_drivers = isinstance(error, InterfaceError | InternalError) and not state  # its connection ends at this moment
    if error.connection_invalidated or is_drivers or state[:2] in OUTAGES or state == READ_ONLY:
        return Unavailable(AWAY)
    return None


async def _trail_unwritten(request: Request, error: Exception) -> Response:
    log.error("audit_trail_unwritten", error=repr(error))
    return service_problem(request, Unavailable("what is done here cannot be put on record now; try again"))


async def _network_error(request: Request, error: Exception) -> Response:
    """The database's only where its driver was at work: whoever else lets one escape has a fault of ours."""
    return await _database_away(request, error) if is_drivers(error) else unexpected_problem(request, error)


async def _database_away(request: Request, error: Exception) -> Response:
    log.warning("database_unavailable", error=type(error).__name__)
    return service_problem(request, Unavailable(AWAY))


def unexpected_problem(request: Request, error: Exception) -> Response:
    """The answer to a fault of ours: it tells nothing, the log tells all."""
    log.error("unexpected_error", path=request.url.path, exc_info=error)
    return problem(request, 500, "internal-error", "something went wrong on our side")

"""ASGI middleware of every service: request id, access log, metrics, body limit, refusal of NUL in addresses."""

import re
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache

from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_kit.askers import STRANGERS, asked_by
from service_kit.body_room import BodyRoom, Place
from service_kit.errors import Malformed
from service_kit.ids import new_id
from service_kit.logs import REQUEST_ID, get_logger
from service_kit.metrics import HTTP_REQUESTS, HTTP_SECONDS
from service_kit.problems import problem, service_problem, unexpected_problem

log = get_logger(__name__)

BEARABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
QUIET = frozenset({"/livez", "/readyz", "/metrics"})


class RequestContext:
    """Gives each request an id, bounds its body, and records how it went."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, body_limits: dict[str, int], room: BodyRoom) -> None:
        self._app = app
        self._room = room
        self._max_body = max_body_bytes
        self._body_limits = body_limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        is_head = scope["method"] == "HEAD"
        # Whatever can be read can be asked for its head (RFC 9110 section 9.3.2), so routes need not say it.
        sent = scope["method"]
        scope = {**scope, "request_id": request_id, "method": "GET" if is_head else sent, "sent_method": sent}
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        told = REQUEST_ID.set(request_id)
        try:
            with asked_by(STRANGERS):
                await self._serve(scope, receive, send_with_id)
        except Exception as error:  # the outermost edge: whatever went wrong, the client gets an answer
            if status:
                raise
            await unexpected_problem(Request(scope), error)(scope, receive, send_with_id)
        finally:
            _record(scope, status or 500, time.perf_counter() - started)
            REQUEST_ID.reset(told)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if b"\x00" in scope["path"].encode() or b"%00" in scope["query_string"]:
            request = Request(scope)
            await service_problem(request, Malformed("the address holds the character NUL"))(scope, receive, send)
            return
        limit = self._body_limits.get(scope["path"], self._max_body)
        if _declared_length(scope) > limit:
            await _too_large(scope, receive, send, limit)
            return
        with self._room.place() as place:

            async def answer(message: Message) -> None:
                place.give_back()  # who reads an answer slowly does not hold what was asked
                await send(message)

            await self._app(scope, BoundedBody(receive, limit, place), answer)


class BodyTooLarge(HTTPException):
    """More bytes arrived than the limit allows. An HTTPException, as FastAPI calls any other error in a body a 400."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body is larger than {limit} bytes")


class BoundedBody:
    """A `receive` that stops at a limit, for bodies that do not declare their length, or where there is no room."""

    def __init__(self, receive: Callable[[], Awaitable[Message]], limit: int, place: Place) -> None:
        self._receive = receive
        self._place = place
        self._limit = self._left = limit

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise BodyTooLarge(self._limit)
        self._place.grow(len(message.get("body", b"")))
        return message


async def _too_large(scope: Scope, receive: Receive, send: Send, limit: int) -> None:
    response = problem(Request(scope), 413, "content-too-large", f"the body is larger than {limit} bytes")
    await response(scope, receive, send)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if BEARABLE_ID.fullmatch(text) else new_id()
    return new_id()


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _record(scope: Scope, status: int, seconds: float) -> None:
    if scope["path"] in QUIET:
        return
    route = getattr(scope.get("route"), "path", "unmatched")
    method = scope["method"] if scope["method"] in {"GET", "POST", "PUT", "PATCH", "DELETE"} else "other"
    counter, histogram = _measures(method, route, status)
    counter.inc()
    histogram.observe(seconds)
    log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


@lru_cache(maxsize=1024)
def _measures(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Finding a metric's child by its labels costs more than counting."""
    return HTTP_REQUESTS.labels(method, route, str(status)), HTTP_SECONDS.labels(method, route)

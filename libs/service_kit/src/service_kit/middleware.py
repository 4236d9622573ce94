"""ASGI middleware of every service: request id, access log, metrics, body limit, refusal of NUL in addresses."""

import re
import time
from functools import lru_cache

from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_kit.askers import STRANGERS, asked_by
from service_kit.body_room import BodyRoom
from service_kit.bounded_body import BoundedBody, Pace
from service_kit.errors import Malformed
from service_kit.ids import new_id
from service_kit.logs import REQUEST_ID, get_logger
from service_kit.metrics import HTTP_REQUESTS, HTTP_SECONDS
from service_kit.problems import problem, service_problem, unexpected_problem
from service_kit.settings import HttpSettings

log = get_logger(__name__)

BEARABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
ENCODED = "a body with a Content-Encoding is not read here: send it as it is"
GONE = 499
"""As proxies count a client that went away in the middle of its request: there is nobody to answer, and no fault."""
QUIET = frozenset({"/livez", "/readyz", "/metrics"})


class RequestContext:
    """Gives each request an id, bounds its body, and records how it went."""

    def __init__(self, app: ASGIApp, *, http: HttpSettings, body_limits: dict[str, int], room: BodyRoom) -> None:
        self._app = app
        self._room = room
        self._http = http
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
        send = HeadOnly(send) if is_head else send
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        told = REQUEST_ID.set(request_id)
        try:
            with asked_by(STRANGERS):
                await self._serve(scope, receive, send_with_id)
        except ClientDisconnect:
            status = GONE
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
        limit, http = self._body_limits.get(scope["path"], self._http.max_body_bytes), self._http
        with self._room.place() as place:
            pace = Pace(http.body_patience_s, http.body_pace)
            body = BoundedBody(receive, limit, place, pace, http.body_linger_s)

            async def answer(message: Message) -> None:
                place.give_back()  # who reads an answer slowly does not hold what was asked
                if has_body and message["type"] == "http.response.start":
                    await body.drop_rest()
                await send(message)

            length = _declared_length(scope)
            has_body = length != 0
            refusal = _refusal(scope, length, limit)
            await (refusal or self._app)(scope, body, answer)


class HeadOnly:
    """A `send` that ends with the head, however long the body would go on.

    A proxy takes the answer for whole by then: what it sends on the same connection next, anybody's, would wait.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._has_ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            await self._send(message)
        elif not self._has_ended:
            self._has_ended = True
            await self._send({"type": "http.response.body", "body": b""})


def _refusal(scope: Scope, length: int | None, limit: int) -> Response | None:
    """Of a body that no address would read."""
    if (length or 0) > limit:
        return problem(Request(scope), 413, "content-too-large", f"the body is larger than {limit} bytes")
    if length != 0 and _is_encoded(scope):  # RFC 9110 section 12.5.3
        only = {"Accept-Encoding": "identity"}
        return problem(Request(scope), 415, "unsupported-media-type", ENCODED, headers=only)
    return None


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if BEARABLE_ID.fullmatch(text) else new_id()
    return new_id()


def _declared_length(scope: Scope) -> int | None:
    """None: the body comes in pieces, and says at its end that it ends."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
        if name == b"transfer-encoding":
            return None
    return 0


def _is_encoded(scope: Scope) -> bool:
    return any(
        name == b"content-encoding" and value.lower() not in {b"", b"identity"} for name, value in scope["headers"]
    )


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

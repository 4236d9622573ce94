"""The FastAPI application every service starts from: health, metrics, problem documents, strict JSON, request ids."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_body_to_args
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, iter_route_contexts
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.convertors import PathConvertor
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from service_kit import problems, strict_json
from service_kit.auth import TokenVerifier, scopes_of
from service_kit.body_room import BodyRoom
from service_kit.description import DescribedApp
from service_kit.errors import FieldError, Invalid, Malformed
from service_kit.logs import get_logger
from service_kit.middleware import RequestContext
from service_kit.query import check_query, parameters_of
from service_kit.settings import Settings
from service_kit.short_way import Answer, DirectAnswer, ShortWay

log = get_logger(__name__)

Check = Callable[[], Awaitable[None]]
API_VERSION = "0.1.0"
MAX_FIELD = 200


class StrictRequest(Request):
    """A request whose JSON body is read strictly, and once."""

    async def json(self) -> Any:
        if not hasattr(self, "_strict_json"):
            try:
                self._strict_json = strict_json.loads(await self.body())
            except strict_json.JsonError as error:
                raise _malformed(error) from error
        return self._strict_json


def _malformed(error: strict_json.JsonError) -> Malformed:
    """Names the member where there is one, as far as a name is bearable."""
    field = ".".join(error.path)[:MAX_FIELD]
    errors = (FieldError(field, str(error)),) if field else ()
    place = f" at {field}" if field else ""
    return Malformed(f"the body is not acceptable JSON{place}: {error}", errors=errors)


class StrictRoute(APIRoute):
    """A route that reads its query as `check_query` does, and its body as StrictRequest does: of who may send one."""

    open_query = False
    fixed: frozenset[str] = frozenset()
    """Addresses of routes without parameters: "export" there is no id, whatever the method."""
    narrower: tuple[re.Pattern[str], ...] = ()
    """Of a route that takes any path below, those of routes there: nor is "1/export" an id."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.NONE, {}) if self._is_of_another(scope["path"]) else super().matches(scope)

    def _is_of_another(self, path: str) -> bool:
        if not self.param_convertors:
            return False
        return path in self.fixed or any(one.match(path) for one in self.narrower)

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()
        known = parameters_of(self.dependant)
        scopes = scopes_of(self.dependant)

        async def strict(request: Request) -> Response:
            check_query(request, known, is_open=self.open_query)
            asked = StrictRequest(request.scope, request.receive)
            for scope in scopes:  # FastAPI reads the body first, whoever sends it
                await scope(asked)
            response: Response = await handler(asked)
            return response

        return strict


class WholeRequest(StrictRequest):
    """A StrictRequest whose body came with it, most of the time."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            self._body, is_more = b"", True
            while is_more:
                message = await self.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                self._body += message.get("body", b"")
                is_more = message.get("more_body", False)
        return self._body


class DirectRoute(StrictRoute):
    """A StrictRoute for an address that is asked a thousand times a second: FastAPI describes it, and no more.

    Its path has no parameters. Its endpoint takes one body, and dependencies that take the request and text from
    headers, all declared as usual. As in a StrictRoute, the token is looked at first, then the body is read, then the
    dependencies are called, then the body is checked. A request that is not plainly JSON of a declared length goes
    FastAPI's way.
    """

    def direct(self) -> Answer:
        """How it is answered without FastAPI."""
        dependant = self.dependant
        endpoint: Callable[..., Awaitable[Response]] = self.endpoint
        known = parameters_of(dependant)
        scopes = scopes_of(dependant)

        async def answer(scope: Scope, receive: Receive) -> Response:
            request = WholeRequest(scope, receive)
            check_query(request, known)
            for needed in scopes:
                await needed(request)
            sent = await request.json()
            values = {str(one.name): await _solved(one, request) for one in dependant.dependencies}
            body, errors = await request_body_to_args(dependant.body_params, sent, embed_body_fields=False)
            if errors:
                raise RequestValidationError(errors)
            return await endpoint(**values, **body)

        return answer


async def _solved(dependant: Dependant, request: Request) -> Any:
    """What a dependency of a DirectRoute gives."""
    call: Any = dependant.call
    texts = {field.name: request.headers.get(field.alias) for field in dependant.header_params}
    return await call(**{str(dependant.request_param_name): request}, **texts)


class OpenQueryRoute(StrictRoute):
    """A StrictRoute for protocols of others: unknown query parameters are ignored, and whatever is wrong is a 400."""

    open_query = True

    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()

        async def foreign(request: Request) -> Response:
            try:
                response: Response = await handler(request)
            except RequestValidationError as error:
                wrong = problems.invalid(error)
                raise Malformed(wrong.detail, errors=wrong.errors) from error
            except Invalid as error:
                raise Malformed(error.detail, errors=error.errors) from error
            return response

        return foreign


def router(*, open_query: bool = False, **options: Any) -> APIRouter:
    """An APIRouter with strict bodies and queries. Use this one, not FastAPI's.

    `open_query` is for the addresses of a protocol that is not ours, where unknown query parameters are ignored.
    """
    return APIRouter(route_class=OpenQueryRoute if open_query else StrictRoute, **options)


class App(DescribedApp):
    """A DescribedApp whose direct routes are found before all else, FastAPI's own middleware included."""

    def __init__(self, context: Callable[[ASGIApp], ASGIApp], **options: Any) -> None:
        """`context` is the middleware that everything runs in."""
        super().__init__(**options)
        self._context = context
        self._short_way: ShortWay | None = None  # made of all routes, when the first request comes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        if self._short_way is None:
            self._short_way = self._find_short_way()
        await self._short_way(scope, receive, send)

    def _find_short_way(self) -> ShortWay:
        routes = [one.original_route for one in iter_route_contexts(self.router.routes)]
        direct = {
            (method, route.path): self._context(DirectAnswer(self, route, route.direct()))
            for route in routes
            if isinstance(route, DirectRoute)
            for method in route.methods or ()
        }
        return ShortWay(super().__call__, direct)


def create_app(
    title: str,
    settings: Settings,
    *,
    routers: Sequence[APIRouter] = (),
    ready: Mapping[str, Check] | None = None,
    tokens: TokenVerifier | None = None,
    body_limits: dict[str, int] | None = None,
    refusals: Mapping[str, problems.Form] | None = None,
    elsewhere: Mapping[str, Sequence[str]] | None = None,
    closed: Collection[str] = (),
) -> FastAPI:
    """Build the application. `ready` names the checks behind /readyz; `body_limits` sets the limit for a path.

    `refusals` gives errors below a path prefix another form than that of problem documents. `elsewhere` names methods
    of an address that is also here and that another room answers: `Allow` tells them too. `closed` names enumerations
    that never get another value (`described_schemas`).
    """
    limits = dict(body_limits or {})
    largest = max([settings.http.max_body_bytes, *limits.values()])
    context = partial(
        RequestContext,
        http=settings.http,
        body_limits=limits,
        room=BodyRoom(max(settings.http.bodies_bytes, 2 * largest)),  # one that is allowed leaves room for another
    )
    app = App(
        context,
        title=f"Laurel {title}",
        version=API_VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        servers=[{"url": settings.public_base_url}],
        redirect_slashes=False,
    )
    app.closed = closed
    app.state.public_base_url = settings.public_base_url
    app.state.tokens = tokens
    app.state.stopping = asyncio.Event()  # the process was told to stop: answers that take long end
    app.state.refusals = dict(refusals or {})
    app.state.elsewhere = dict(elsewhere or {})
    problems.install(app)
    for part in [*routers, health_router(ready or {})]:  # tried in this order
        app.router.routes.extend(part.routes)  # include_router would build every route again, and match it twice
    _keep_fixed(app)
    app.add_middleware(context)
    return app


def _keep_fixed(app: FastAPI) -> None:
    routes = [route for route in app.router.routes if isinstance(route, StrictRoute)]
    fixed = frozenset(route.path for route in routes if not route.param_convertors)
    for route in routes:
        route.fixed = fixed
        if any(isinstance(one, PathConvertor) for one in route.param_convertors.values()):
            below = [one for one in routes if one.path_format.startswith(f"{route.path_format}/")]
            route.narrower = tuple(one.path_regex for one in below)


def health_router(ready: Mapping[str, Check]) -> APIRouter:
    """`/livez`: the loop turns. `/readyz`: hard dependencies answer. `/metrics`: Prometheus text."""
    health = APIRouter(include_in_schema=False)

    @health.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @health.get("/readyz")
    async def readyz(response: Response) -> dict[str, Any]:
        failed = [name for name, check in ready.items() if not await _passes(name, check)]
        response.status_code = 503 if failed else 200
        return {"status": "unavailable" if failed else "ok", "failed": failed}

    @health.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return health


async def _passes(name: str, check: Check) -> bool:
    try:
        await check()
    except Exception as error:  # a readiness check may fail in any way; each means "not ready"
        log.warning("readiness_check_failed", check=name, error=repr(error))
        return False
    return True

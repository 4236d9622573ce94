"""POST /oauth/register (RFC 7591), and the address where a client looks after its registration (RFC 7592)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from pydantic.alias_generators import to_snake

from gateway.core.client_keys import ReadKeys
from gateway.core.dynamic_clients import ClientMetadata, DynamicClients, Registration
from gateway.core.model import Actor
from gateway.http.callers import actor
from gateway.http.client_metadata import MetadataIn, Usual, described
from gateway.oauth.client_keys import parse_client_keys
from gateway.oauth.policy import REGISTRATION_PATH
from service_kit import strict_json
from service_kit.auth import authenticate
from service_kit.described import problems
from service_kit.errors import Forbidden, Invalid, Unauthorized

SCOPE = "clients:manage"
CLIENT_PATH = REGISTRATION_PATH + "/{client}"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
Handler = Callable[..., Awaitable[Response]]


class MetadataRefused(Exception):
    """RFC 7591 §3.2.2. The description names members, never their values."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class RegistrationUses:
    """What is behind these routes. `open_to_all`: also a program that nobody vouches for may register."""

    clients: DynamicClients
    read_keys: ReadKeys
    open_to_all: bool
    usual: Usual


def routes(uses: RegistrationUses, base_url: str) -> APIRouter:
    """The routes of /oauth/register."""
    router = APIRouter(tags=["oauth"])
    endpoint = RegistrationEndpoint(uses, base_url)

    @router.post(
        REGISTRATION_PATH,
        operation_id="registerProgram",
        status_code=201,
        summary="Register a client (RFC 7591)",
        openapi_extra=BODY,
        responses=ANSWERS | problems(403),
    )
    @told
    async def register(request: Request) -> Response:
        return await endpoint.register(request)

    @router.get(CLIENT_PATH, summary="Read a registration (RFC 7592)", openapi_extra=TOKEN, responses=ANSWERS)
    @told
    async def read(client: str, request: Request) -> Response:
        return await endpoint.read(client, request)

    @router.put(CLIENT_PATH, summary="Replace a registration (RFC 7592)", openapi_extra=BODY | TOKEN, responses=ANSWERS)
    @told
    async def replace(client: str, request: Request) -> Response:
        return await endpoint.replace(client, request)

    @router.delete(
        CLIENT_PATH,
        status_code=204,
        response_class=Response,
        summary="End a registration (RFC 7592)",
        openapi_extra=TOKEN,
        responses=ANSWERS,
    )
    @told
    async def remove(client: str, request: Request) -> Response:
        return await endpoint.remove(client, request)

    return router


def told(handler: Handler) -> Handler:
    """Refusals of what a client says about itself, in the shape of RFC 7591."""

    @wraps(handler)
    async def handle(*args: Any, **kwargs: Any) -> Response:
        try:
            return await handler(*args, **kwargs)
        except MetadataRefused as refused:
            error = {"error": refused.error, "error_description": refused.description}
            return JSONResponse(error, 400, headers=NO_STORE)

    return handle


class RegistrationEndpoint:
    """The handlers of these routes."""

    def __init__(self, uses: RegistrationUses, base_url: str) -> None:
        self._uses = uses
        self._base_url = base_url

    async def register(self, request: Request) -> Response:
        """An access token of an organization's administration says whose client it is (RFC 7591 §3)."""
        vouches = await self._vouches(request)
        metadata = await self._metadata(request)
        try:
            made = await self._uses.clients.register(vouches, metadata)
        except Invalid as error:
            raise _refused(error) from error
        return self._answer(made, 201)

    async def read(self, client: str, request: Request) -> Response:
        token = _token(request)
        found = await self._uses.clients.read(client, token)
        return self._answer(Registration(found, token), 200)

    async def replace(self, client: str, request: Request) -> Response:
        token = _token(request)
        await self._uses.clients.read(client, token)  # before its words are looked at, and its key set is read
        metadata = await self._metadata(request)
        await self._check_identity(client, await _json(request))
        try:
            changed = await self._uses.clients.replace(client, token, metadata)
        except Invalid as error:
            raise _refused(error) from error
        return self._answer(changed, 200)

    async def _check_identity(self, client: str, given: Mapping[str, Any]) -> None:
        """A client says who it is, or nothing; and never chooses its secret (RFC 7592 §2.2)."""
        if given.get("client_id", client) != client:
            raise MetadataRefused("invalid_client_metadata", "client_id must be the one of this registration")
        secret = given.get("client_secret")
        if secret is not None and not await self._uses.clients.has_secret(client, str(secret)):
            raise MetadataRefused("invalid_client_metadata", "client_secret must be the present one")

    async def remove(self, client: str, request: Request) -> Response:
        await self._uses.clients.remove(client, _token(request))
        return Response(status_code=204, headers=NO_STORE)

    async def _vouches(self, request: Request) -> Actor | None:
        if "authorization" not in request.headers and self._uses.open_to_all:
            return None
        caller = await authenticate(request)
        if SCOPE not in caller.scopes:
            raise Forbidden(f"this needs the scope {SCOPE}", scope=SCOPE)
        return actor(caller)

    async def _metadata(self, request: Request) -> ClientMetadata:
        given = await _json(request)
        if given.get("software_statement") is not None:
            raise MetadataRefused("unapproved_software_statement", "this server trusts nobody's software statements")
        try:
            # "null" says as much as nothing (RFC 7592 §2.2)
            said = MetadataIn.model_validate({name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            raise _malformed(error) from error
        try:
            keys = await self._keys(said)
        except Invalid as error:
            raise _refused(error) from error
        return ClientMetadata(
            name=said.client_name,
            scopes=said.scopes,
            auth_method=said.token_endpoint_auth_method,
            flow=said.flow(self._uses.usual),
            public_keys=keys,
            jwks_uri=said.jwks_uri if said.signs else None,
            about=said.about(),
        )

    async def _keys(self, said: MetadataIn) -> tuple[Mapping[str, Any], ...]:
        if not said.signs:
            return ()
        if said.jwks_uri:
            return await self._uses.read_keys(said.jwks_uri)
        return parse_client_keys(said.jwks) if said.jwks is not None else ()

    def _answer(self, registration: Registration, status: int) -> Response:
        body = described(registration.client) | {
            "registration_access_token": registration.token,
            "registration_client_uri": f"{self._base_url}{REGISTRATION_PATH}/{registration.client.id}",
        }
        if registration.secret:
            body |= {"client_secret": registration.secret, "client_secret_expires_at": 0}
        return JSONResponse(body, status, headers=NO_STORE)


async def _json(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise MetadataRefused("invalid_client_metadata", "the content type must be application/json")
    try:
        given = strict_json.loads(await request.body())
    except strict_json.JsonError as error:
        raise MetadataRefused("invalid_client_metadata", f"the body is not acceptable JSON: {error}") from error
    if not isinstance(given, dict):
        raise MetadataRefused("invalid_client_metadata", "the body must be a JSON object")
    return given


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("this needs the registration's own token")
    return token.strip()


def _malformed(error: ValidationError) -> MetadataRefused:
    names = sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]})
    reasons = [str(one["msg"]).removeprefix("Value error, ") for one in error.errors() if not one["loc"]]
    return _named(names, "; ".join([*(f"{name} is not acceptable" for name in names), *reasons]))


def _refused(error: Invalid) -> MetadataRefused:
    """In the names of RFC 7591, where the core has ours."""
    said = [(to_snake(field), rest, one.detail) for one in error.errors for field, *rest in [one.field.split(".")]]
    details = [f"{'.'.join([name, *rest])}: {detail}" for name, rest, detail in said]
    return _named([name for name, _, _ in said], "; ".join(details) or error.detail)


def _named(names: list[str], description: str) -> MetadataRefused:
    is_redirect = names == ["redirect_uris"]
    return MetadataRefused("invalid_redirect_uri" if is_redirect else "invalid_client_metadata", description)


ERROR: dict[str, Any] = {
    "title": "RegistrationError",
    "type": "object",
    "required": ["error", "error_description"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "additionalProperties": True}}},
    }
}
TOKEN: dict[str, Any] = {"security": [{"registrationToken": []}]}
ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {
        "description": "What the client says about itself is refused (RFC 7591 §3.2.2)",
        "content": {"application/json": {"schema": ERROR}},
    },
    401: {"description": "The token does not allow this"},
}

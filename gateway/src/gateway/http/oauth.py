"""POST /oauth/token, /oauth/introspect and /oauth/revoke: forms in, JSON of RFC 6749 out."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from gateway.oauth.client import GRANT_TYPES
from gateway.oauth.form import Form, FormRequest, read_form
from gateway.oauth.id_token import Unsigned
from gateway.oauth.policy import INTROSPECTION_PATH, PAR_PATH, REVOCATION_PATH, TOKEN_PATH
from gateway.oauth.pushed import push
from gateway.oauth.server import Answer, Server, refusal
from service_kit.offload import offload

Endpoint = Callable[[Server, FormRequest], Answer]
Run = Callable[[Callable[[Server], Answer]], Awaitable[Answer]]

TEXT = {"type": "string"}
PUSHED = ("response_type", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "nonce")
TOKEN_FIELDS = (
    *("scope", "audience", "code", "redirect_uri", "code_verifier", "refresh_token"),
    *("subject_token", "subject_token_type", "requested_token_type"),
)
NUMBER = {"type": "integer"}
GIVEN = {
    "access_token": TEXT,
    "token_type": TEXT,
    "expires_in": NUMBER,
    **dict.fromkeys(("scope", "refresh_token", "id_token", "issued_token_type"), TEXT),
}
INTROSPECTED = {
    "active": {"type": "boolean"},
    **dict.fromkeys(("scope", "client_id", "sub", "token_type", "iss", "org", "jti"), TEXT),
    **dict.fromkeys(("exp", "iat"), NUMBER),
}
CREDENTIALS = {
    "client_id": TEXT,
    "client_secret": TEXT,
    "client_assertion_type": {"const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", **TEXT},
    "client_assertion": TEXT,
}
ERROR = {
    "title": "OAuthError",
    "type": "object",
    "required": ["error"],
    "properties": {"error": TEXT, "error_description": TEXT},
}


def routes(run: Run, refresh_keys: Callable[[str], Awaitable[bool]]) -> APIRouter:
    """`run` opens a transaction, builds the server over it, and commits. `refresh_keys` reads a client's keys anew."""
    router = APIRouter(tags=["oauth"])

    async def answer(endpoint: Endpoint, request: Request) -> Response:
        try:
            form = read_form(request.headers.get("content-type", ""), request.url.query, await request.body())
            request_ = FormRequest(form, _authorization(request), request.headers.getlist("dpop"))
        except InvalidRequestError as error:
            return await _response(refusal(error))
        result = await run(lambda server: endpoint(server, request_))
        if result.unknown_key_of and await refresh_keys(result.unknown_key_of):
            result = await run(lambda server: endpoint(server, request_))
        return await _response(result)

    @router.post(
        TOKEN_PATH,
        operation_id="requestToken",
        summary="Get an access token",
        openapi_extra=_form({"grant_type": {"enum": sorted(GRANT_TYPES), **TEXT}} | dict.fromkeys(TOKEN_FIELDS, TEXT)),
        responses=_responses("OAuthTokens", GIVEN),
    )
    async def token(request: Request) -> Response:
        return await answer(Server.token, request)

    @router.post(
        PAR_PATH,
        operation_id="pushAuthorizationRequest",
        status_code=201,
        summary="Push an authorization request (RFC 9126)",
        openapi_extra=_form(dict.fromkeys(PUSHED, TEXT)),
        responses=_responses("PushedRequest", {"request_uri": TEXT, "expires_in": NUMBER}, 201),
    )
    async def par(request: Request) -> Response:
        return await answer(push, request)

    @router.post(
        INTROSPECTION_PATH,
        operation_id="introspectToken",
        summary="Ask whether an access token is active",
        openapi_extra=_form({"token": TEXT, "token_type_hint": TEXT}),
        responses=_responses("IntrospectedToken", INTROSPECTED),
    )
    async def introspect(request: Request) -> Response:
        return await answer(Server.introspection, request)

    @router.post(
        REVOCATION_PATH,
        operation_id="revokeToken",
        summary="End an access token before its time",
        openapi_extra=_form({"token": TEXT, "token_type_hint": TEXT}),
        responses=_responses("", {}),
    )
    async def revoke(request: Request) -> Response:
        return await answer(Server.revocation, request)

    return router


def _authorization(request: Request) -> str | None:
    headers = request.headers.getlist("authorization")
    if len(headers) > 1:
        raise InvalidRequestError("there are several Authorization headers")
    return headers[0] if headers else None


async def _response(answer: Answer) -> Response:
    response = JSONResponse(await _signed(answer.body), answer.status, headers=dict(answer.headers))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


async def _signed(body: Mapping[str, Any]) -> dict[str, Any]:
    token = body.get("id_token")
    return {**body, "id_token": await offload(token.sign)} if isinstance(token, Unsigned) else {**body}


def _form(fields: dict[str, Any]) -> dict[str, Any]:
    required = next(iter(fields))
    schema = {"type": "object", "required": [required], "properties": fields | CREDENTIALS}
    return {
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}},
        "security": [{}, {"clientSecretBasic": []}],
    }


def _responses(title: str, properties: dict[str, Any], good: int = 200) -> dict[int | str, dict[str, Any]]:
    """The first of the properties is always there."""
    named = {"title": title, "required": [next(iter(properties))]} if properties else {}
    schema = {**named, "type": "object", "properties": properties}
    return {
        good: {"content": {"application/json": {"schema": schema}}},
        400: {"description": "RFC 6749 §5.2", "content": {"application/json": {"schema": ERROR}}},
        401: {"description": "invalid_client", "content": {"application/json": {"schema": ERROR}}},
    }


__all__ = ["Form", "routes"]

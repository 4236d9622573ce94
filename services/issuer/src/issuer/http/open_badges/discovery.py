"""The service description document: where an Open Badges client learns how to register, be allowed, and call."""

from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from issuer.http.open_badges.api import CREDENTIALS, PREFIX, PROFILE, SCOPE, WRITTEN
from issuer.http.open_badges.status import STATUS_INFO, refusals
from service_kit.app import router
from service_kit.described import UNCHANGED
from service_kit.representation import reply

DISCOVERY = f"{PREFIX}/discovery"
LOGO_PATH = f"{PREFIX}/logo.svg"
MAX_AGE_S = 3600
SCHEME = "OAuth2ACG"
LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><title>Laurel</title>'
    b'<path d="M20 8C4 24 6 46 30 56M44 8c16 16 14 38-10 48" fill="none" stroke="#2d6a4f" stroke-width="5"/></svg>'
)
SCOPES = {
    "credential.readonly": "Read the person's credentials",
    "credential.upsert": "Add credentials for the person, or replace them by newer ones",
    "profile.readonly": "Read the person's profile",
    "profile.update": "Update the person's profile",
}


@dataclass(frozen=True, slots=True)
class Host:
    """Who serves it: our public origin, the authorization server's, and the documents that people agree to."""

    base_url: str
    authorization_server: str
    terms_url: str
    privacy_url: str


def discovery_routes(host: Host) -> APIRouter:
    """`/ims/ob/v3p0/discovery`, open to all."""
    routes = router(prefix=PREFIX, tags=["open-badges"], open_query=True)
    body = orjson.dumps(service_description(host))
    answer: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"schema": {"type": "object"}}}}}

    @routes.get(
        "/discovery",
        operation_id="getServiceDescription",
        summary="The service description document",
        responses={**answer, **UNCHANGED, **refusals()},
    )
    async def get_service_description(request: Request) -> Response:
        return reply(request, body, cache_control=f"public, max-age={MAX_AGE_S}")

    @routes.get("/logo.svg", include_in_schema=False)
    async def get_logo(request: Request) -> Response:
        return reply(request, LOGO, media_type="image/svg+xml", cache_control=f"public, max-age={MAX_AGE_S}")

    return routes


def service_description(host: Host) -> dict[str, Any]:
    """Open Badges 3.0 §6.3: an OpenAPI document with 1EdTech's members for registration, terms and privacy."""
    return {
        "openapi": "3.0.1",
        "info": {
            "title": "Laurel",
            "version": "3.0",
            "description": "A host of Open Badges 3.0",
            "termsOfService": host.terms_url,
            "x-imssf-privacyPolicyUrl": host.privacy_url,
            "x-imssf-image": f"{host.base_url}{LOGO_PATH}",
        },
        "servers": [{"url": f"{host.base_url}{PREFIX}"}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {SCHEME: _security_scheme(host)},
            "schemas": {"Imsx_StatusInfo": STATUS_INFO},
        },
    }


def _security_scheme(host: Host) -> dict[str, Any]:
    server = host.authorization_server
    return {
        "type": "oauth2",
        "description": "OAuth 2.0 authorization code grant with PKCE (S256)",
        "x-imssf-name": "Laurel",
        "x-imssf-registrationUrl": f"{server}/oauth/register",
        "x-imssf-termsOfServiceUrl": host.terms_url,
        "x-imssf-privacyPolicyUrl": host.privacy_url,
        "flows": {
            "authorizationCode": {
                "authorizationUrl": f"{server}/oauth/authorize",
                "tokenUrl": f"{server}/oauth/token",
                "refreshUrl": f"{server}/oauth/token",
                "scopes": {f"{SCOPE}{name}": meaning for name, meaning in SCOPES.items()},
            }
        },
    }


def _paths() -> dict[str, Any]:
    integers = [_parameter("limit", {"type": "integer", "minimum": 1}), _parameter("offset", {"type": "integer"})]
    since = _parameter("since", {"type": "string", "format": "date-time"})
    profile = {"application/json": {"schema": {"type": "object"}}}
    return {
        CREDENTIALS.removeprefix(PREFIX): {
            "get": _operation("getCredentials", "credential.readonly", (200,), parameters=[*integers, since]),
            "post": _operation("upsertCredential", "credential.upsert", (200, 201), requestBody=_body(WRITTEN)),
        },
        PROFILE.removeprefix(PREFIX): {
            "get": _operation("getProfile", "profile.readonly", (200,)),
            "put": _operation("putProfile", "profile.update", (200,), requestBody=_body(profile)),
        },
    }


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _body(content: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": content}


def _operation(name: str, scope: str, good: tuple[int, ...], **more: Any) -> dict[str, Any]:
    refused = {"application/json": {"schema": {"$ref": "#/components/schemas/Imsx_StatusInfo"}}}
    answers = {str(status): {"description": "done"} for status in good}
    return {
        "operationId": name,
        "security": [{SCHEME: [f"{SCOPE}{scope}"]}],
        "responses": answers | {"default": {"description": "imsx_StatusInfo", "content": refused}},
        **more,
    }

"""What anyone may read about the authorization server: RFC 8414 metadata, RFC 9728 metadata, the key set."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.core.authentication import CLASSES
from gateway.core.model import AuthMethod
from gateway.core.roles import IDENTITY
from gateway.core.scopes import ALL
from gateway.core.signing_key import Algorithm
from gateway.http.public import data
from gateway.oauth.authorization import PROMPTS
from gateway.oauth.authorization_code import METHOD, RESPONSE_MODES
from gateway.oauth.client import GRANT_TYPES, RESPONSE_TYPE
from gateway.oauth.client_keys import SIGNING
from gateway.oauth.policy import (
    AUTHORIZATION_PATH,
    END_SESSION_PATH,
    INTROSPECTION_PATH,
    JWKS_PATH,
    PAR_PATH,
    REGISTRATION_PATH,
    REVOCATION_PATH,
    TOKEN_PATH,
    USERINFO_PATH,
)
from service_kit.described import UNCHANGED
from service_kit.dpop import NAMES as DPOP_ALGORITHMS
from service_kit.problems import RESOURCE_METADATA_PATH


def routes(issuer: str, jwk_set: Callable[[], Awaitable[dict[str, Any]]]) -> APIRouter:
    """`issuer` is the public base URL, exactly: every address in the metadata is beneath it."""
    router = APIRouter(tags=["metadata"])
    server, resource = server_metadata(issuer), resource_metadata(issuer)

    @router.get(
        "/.well-known/oauth-authorization-server",
        summary="Authorization server metadata (RFC 8414)",
        responses=UNCHANGED,
    )
    async def authorization_server(request: Request) -> Response:
        return data(request, server)

    @router.get(
        "/.well-known/openid-configuration",
        summary="OpenID provider metadata (OpenID Connect Discovery)",
        responses=UNCHANGED,
    )
    async def openid_configuration(request: Request) -> Response:
        return data(request, server)

    @router.get(RESOURCE_METADATA_PATH, summary="Protected resource metadata (RFC 9728)", responses=UNCHANGED)
    async def protected_resource(request: Request) -> Response:
        return data(request, resource)

    @router.get(JWKS_PATH, summary="The keys that tokens are signed with (RFC 7517)", responses=UNCHANGED)
    async def jwks(request: Request) -> Response:
        return data(request, await jwk_set())

    return router


def server_metadata(issuer: str) -> dict[str, Any]:
    """RFC 8414 §2 and OpenID Connect Discovery §3, in one document."""
    methods = [method.value for method in AuthMethod]
    found: dict[str, Any] = {
        "issuer": issuer,
        "authorization_endpoint": issuer + AUTHORIZATION_PATH,
        "authorization_response_iss_parameter_supported": True,
        "registration_endpoint": issuer + REGISTRATION_PATH,
        "pushed_authorization_request_endpoint": issuer + PAR_PATH,
        "require_pushed_authorization_requests": False,
        "token_endpoint": issuer + TOKEN_PATH,
        "dpop_signing_alg_values_supported": list(DPOP_ALGORITHMS),
        "userinfo_endpoint": issuer + USERINFO_PATH,
        "end_session_endpoint": issuer + END_SESSION_PATH,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "jwks_uri": issuer + JWKS_PATH,
        "scopes_supported": [*IDENTITY, *ALL],
        "response_types_supported": [RESPONSE_TYPE],
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": sorted(GRANT_TYPES),
        "code_challenge_methods_supported": [METHOD],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [algorithm.value for algorithm in Algorithm],
        "userinfo_signing_alg_values_supported": [algorithm.value for algorithm in Algorithm],
        "claims_supported": ["sub", "name", "email", "email_verified", "auth_time", "acr", "amr"],
        "acr_values_supported": list(CLASSES),
        "prompt_values_supported": sorted(PROMPTS),
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "introspection_endpoint": issuer + INTROSPECTION_PATH,
        "revocation_endpoint": issuer + REVOCATION_PATH,
    }
    for endpoint in ("token", "introspection", "revocation"):
        known = [method for method in methods if endpoint != "introspection" or method != AuthMethod.NONE]
        found[f"{endpoint}_endpoint_auth_methods_supported"] = known
        found[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = list(SIGNING)
    return found


def resource_metadata(issuer: str) -> dict[str, Any]:
    """RFC 9728 §2: the whole origin is one resource."""
    return {
        "resource": issuer,
        "resource_name": "Laurel",
        "authorization_servers": [issuer],
        "scopes_supported": list(ALL),
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": list(DPOP_ALGORITHMS),
    }

"""An authorization request, checked by Authlib's grant, however it came."""

from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidClientError

from gateway.oauth.client import RESPONSE_TYPE, OAuthClient
from gateway.oauth.form import FormRequest
from gateway.oauth.server import Server

REFERENCE = "urn:ietf:params:oauth:request_uri:"
KEPT = frozenset({"client_id", "response_type", "redirect_uri", "scope", "state", "nonce", "prompt", "max_age"}) | {
    "code_challenge",
    "code_challenge_method",
    "audience",
    "dpop_jkt",
    "login_hint",
    "response_mode",
    "id_token_hint",
    "claims",
}


def check(server: Server, request: FormRequest) -> Any:
    """Authlib's grant for a request that is good so far. Raises OAuth2Error."""
    client = server.query_client(request.form.get("client_id", ""))
    if client is None:
        raise InvalidClientError("client_id names no client of this server")
    if "response_type" not in request.form:
        raise _at_registered(request, client, "invalid_request", "response_type is missing")
    if request.form["response_type"] != RESPONSE_TYPE:
        raise _at_registered(request, client, "unsupported_response_type", "response_type must be code")
    return server.get_consent_grant(request)


def check_reference(server: Server, request: FormRequest) -> None:
    """Raises OAuth2Error for a reference to a request that the client keeps itself (RFC 9101 §5.2): none is fetched."""
    if request.form["request_uri"].startswith(REFERENCE):
        return
    client = server.query_client(request.form.get("client_id", ""))
    if client is None:
        raise InvalidClientError("client_id names no client of this server")
    raise _at_registered(request, client, "request_uri_not_supported", "request_uri must be one of pushed requests")


def kept(request: FormRequest) -> dict[str, str]:
    """The parameters that mean something to us."""
    return {name: value for name, value in request.form.items() if name in KEPT}


def at_client(request: FormRequest, error: str, description: str) -> OAuth2Error:
    """An error that the client is told, at a redirect URI that was checked before."""
    return OAuth2Error(description, error=error, redirect_uri=request.payload.redirect_uri)


def _at_registered(request: FormRequest, client: OAuthClient, error: str, description: str) -> OAuth2Error:
    asked = request.payload.redirect_uri
    return OAuth2Error(
        description, error=error, redirect_uri=asked if asked and client.check_redirect_uri(asked) else None
    )

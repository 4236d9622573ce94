"""Who calls a protected route, as the core knows it."""

from typing import Annotated

from authlib.oauth2.rfc6749 import InvalidRequestError
from fastapi import Depends, Request

from gateway.core.model import Actor, ClientId, OrganizationId
from gateway.core.scopes import Kind
from gateway.oauth.form import MEDIA_TYPE as FORM
from gateway.oauth.form import read_form
from service_kit.auth import Caller, Scope, TokenVerifier, authenticate
from service_kit.errors import Forbidden, Malformed, Unauthorized


class AnyScope(Scope):
    """Dependency: a caller with a good token, whatever it may do."""

    def __init__(self) -> None:
        super().__init__("")

    async def __call__(self, request: Request) -> Caller:
        """Raises Unauthorized."""
        return await authenticate(request)


class FormScope(Scope):
    """Dependency: as Scope, and the token may also be `access_token` of a form (RFC 6750 §2.2)."""

    async def __call__(self, request: Request) -> Caller:
        """Raises Unauthorized, Forbidden, or Malformed for a token in both places."""
        token = await _in_form(request)
        if token is None:
            return await super().__call__(request)
        if "authorization" in request.headers:
            raise Malformed("the token is in the Authorization header or in the form, not in both")
        tokens: TokenVerifier = request.app.state.tokens
        caller = await tokens.verify(token)
        if caller.key is not None:
            raise Unauthorized("this token is bound to a key: send it with DPoP and a proof", error="invalid_token")
        if self.scope not in caller.scopes:
            raise Forbidden(f"this needs the scope {self.scope}", scope=self.scope)
        return caller


async def _in_form(request: Request) -> str | None:
    media_type = request.headers.get("content-type", "")
    if media_type.partition(";")[0].strip().lower() != FORM:
        return None
    try:
        return read_form(media_type, "", await request.body()).fields.get("access_token")
    except InvalidRequestError as error:
        raise Malformed(error.description) from error


def actor(caller: Caller) -> Actor:
    """The core's view of a caller."""
    return Actor(
        client=ClientId(caller.client_id),
        organization=OrganizationId(caller.org),
        is_operator=caller.org_kind == Kind.OPERATOR,
        name=caller.actor,
    )


Member = Annotated[Caller, Depends(AnyScope())]
OrganizationsManager = Annotated[Caller, Depends(Scope("organizations:manage"))]
ClientsManager = Annotated[Caller, Depends(Scope("clients:manage"))]

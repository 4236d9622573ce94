"""/oauth/userinfo: the person behind an access token (OpenID Connect Core §5.3)."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from gateway.core.people import User
from gateway.http.callers import FormScope
from gateway.oauth.form import MEDIA_TYPE
from gateway.oauth.id_token import facts
from gateway.oauth.policy import USERINFO_PATH
from service_kit.auth import Caller, Scope
from service_kit.errors import Unauthorized

FindUser = Callable[[str], Awaitable[User | None]]
Signed = Annotated[Caller, Depends(Scope("openid"))]
FIELDS = {"type": "object", "properties": {"access_token": {"type": "string"}}}
IN_FORM = {"requestBody": {"required": False, "content": {MEDIA_TYPE: {"schema": FIELDS}}}}
SignedInForm = Annotated[Caller, Depends(FormScope("openid"))]


def routes(find: FindUser) -> APIRouter:
    """`find` looks a person up by the token's subject."""
    router = APIRouter(tags=["oauth"])

    async def told(caller: Caller, response: Response) -> dict[str, Any]:
        user = await find(caller.subject)
        if user is None:
            raise Unauthorized("the token's person is gone", error="invalid_token")
        response.headers["Cache-Control"] = "no-store"
        return facts(user, tuple(caller.scopes))

    @router.get(USERINFO_PATH, summary="Who signed in (OpenID Connect)")
    async def userinfo(caller: Signed, response: Response) -> dict[str, Any]:
        return await told(caller, response)

    @router.post(USERINFO_PATH, summary="Who signed in (OpenID Connect)", openapi_extra=IN_FORM)
    async def userinfo_by_post(caller: SignedInForm, response: Response) -> dict[str, Any]:
        return await told(caller, response)

    return router

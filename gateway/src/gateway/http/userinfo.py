"""GET /oauth/userinfo: the person behind an access token (OpenID Connect Core §5.3)."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from gateway.core.people import User
from gateway.oauth.id_token import facts
from gateway.oauth.policy import USERINFO_PATH
from service_kit.auth import Caller, Scope
from service_kit.errors import Unauthorized

FindUser = Callable[[str], Awaitable[User | None]]
Signed = Annotated[Caller, Depends(Scope("openid"))]


def routes(find: FindUser) -> APIRouter:
    """`find` looks a person up by the token's subject."""
    router = APIRouter(tags=["oauth"])

    async def userinfo(caller: Signed, response: Response) -> dict[str, Any]:
        user = await find(caller.subject)
        if user is None:
            raise Unauthorized("the token's person is gone", error="invalid_token")
        response.headers["Cache-Control"] = "no-store"
        return facts(user, tuple(caller.scopes))

    for method in ("GET", "POST"):
        router.add_api_route(USERINFO_PATH, userinfo, methods=[method], summary="Who signed in (OpenID Connect)")
    return router

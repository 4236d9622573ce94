"""/oauth/userinfo: the person behind an access token (OpenID Connect Core §5.3)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse

from gateway.http.callers import FormScope
from gateway.http.login import RunServer
from gateway.oauth.form import MEDIA_TYPE
from gateway.oauth.id_token import Unsigned
from gateway.oauth.policy import USERINFO_PATH
from gateway.oauth.userinfo import userinfo
from service_kit.auth import Caller, Scope
from service_kit.errors import Unauthorized
from service_kit.offload import offload

Signed = Annotated[Caller, Depends(Scope("openid"))]
SignedInForm = Annotated[Caller, Depends(FormScope("openid"))]
FIELDS = {"type": "object", "properties": {"access_token": {"type": "string"}}}
IN_FORM = {"requestBody": {"required": False, "content": {MEDIA_TYPE: {"schema": FIELDS}}}}
JWT = "application/jwt"
CLAIMS = {
    "title": "UserInfo",
    "type": "object",
    "required": ["sub"],
    "properties": {name: {"type": "string"} for name in ("sub", "name", "email")}
    | {"email_verified": {"type": "boolean"}},
}
ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": CLAIMS}, JWT: {"schema": {"type": "string"}}}}
}
NO_STORE = {"Cache-Control": "no-store"}


def routes(run: RunServer) -> APIRouter:
    """`run` calls a function with an authorization server, in one transaction."""
    router = APIRouter(tags=["oauth"])

    async def told(caller: Caller) -> Response:
        of = (caller.subject, caller.client_id, tuple(caller.scopes))
        found = await run(lambda server: userinfo(server, *of))
        if found is None:
            raise Unauthorized("the token's person is gone", error="invalid_token")
        if isinstance(found, Unsigned):
            return Response(await offload(found.sign), media_type=JWT, headers=NO_STORE)
        return JSONResponse(found, headers=NO_STORE)

    @router.get(USERINFO_PATH, summary="Who signed in (OpenID Connect)", responses=ANSWER)
    async def get(caller: Signed) -> Response:
        return await told(caller)

    @router.post(USERINFO_PATH, summary="Who signed in (OpenID Connect)", openapi_extra=IN_FORM, responses=ANSWER)
    async def post(caller: SignedInForm) -> Response:
        return await told(caller)

    return router

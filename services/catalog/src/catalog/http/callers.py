"""Who is asking: nobody in particular, or an organization that may write."""

from typing import Annotated

from fastapi import Depends, Request

from catalog.core.model import OrgId
from service_kit.auth import Caller, Scope, authenticate, may_authenticate
from service_kit.errors import Forbidden, Unauthorized

WRITE = "catalog:write"
Writer = Annotated[Caller, Depends(Scope(WRITE))]


@may_authenticate
async def optional_caller(request: Request) -> Caller | None:
    """The caller, if a token was sent; a bad token is refused, not overlooked."""
    return await authenticate(request) if "authorization" in request.headers else None


Anybody = Annotated[Caller | None, Depends(optional_caller)]


def organization(caller: Caller) -> OrgId:
    """The tenant."""
    return OrgId(caller.org)


def editor(caller: Caller | None) -> OrgId | None:
    """The organization whose drafts this caller may see, if any."""
    return organization(caller) if caller and WRITE in caller.scopes else None


def required_editor(caller: Caller | None) -> OrgId:
    """The same, where nothing else will do. Raises Unauthorized or Forbidden."""
    if caller is None:
        raise Unauthorized("what is yours needs an access token")
    if WRITE not in caller.scopes:
        raise Forbidden(f"this needs the scope {WRITE}", scope=WRITE)
    return organization(caller)

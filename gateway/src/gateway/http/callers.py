"""Who calls a protected route, as the core knows it."""

from typing import Annotated

from fastapi import Depends, Request

from gateway.core.model import Actor, ClientId, OrganizationId
from gateway.core.scopes import Kind
from service_kit.auth import Caller, Scope, authenticate


class AnyScope(Scope):
    """Dependency: a caller with a good token, whatever it may do."""

    def __init__(self) -> None:
        super().__init__("")

    async def __call__(self, request: Request) -> Caller:
        """Raises Unauthorized."""
        return await authenticate(request)


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

"""/clients: an organization's programs register, rotate their secrets and are removed without anybody's help."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from gateway.core.model import Client
from gateway.core.queries import Queries
from gateway.core.register_client import NewClient, RegisterClient
from gateway.core.remove_client import RemoveClient
from gateway.core.rotate_secret import RotateSecret
from gateway.core.update_client import UpdateClient
from gateway.http.callers import ClientsManager, actor
from gateway.http.schemas import (
    ClientChange,
    ClientIn,
    ClientOut,
    ClientPage,
    RegisteredOut,
    SecretOut,
    SecretRotation,
)
from service_kit.app import router as strict_router
from service_kit.described import MADE, UNCHANGED, problems
from service_kit.entity_tags import Seen
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.pagination import LINK, link_next, page_request
from service_kit.representation import document_reply

RENAMED = {
    "require_pushed_authorization_requests": "pushed_only",
    "dpop_bound_access_tokens": "dpop_bound",
    "id_token_signed_response_alg": "id_token_algorithm",
    "userinfo_signed_response_alg": "userinfo_algorithm",
    "require_proof_key": "requires_proof_key",
}
LISTS = frozenset({"scopes", "grant_types", "redirect_uris", "post_logout_redirect_uris", "audiences"})
ParseKeys = Callable[[Mapping[str, Any]], tuple[dict[str, Any], ...]]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]


@dataclass(frozen=True, slots=True)
class ClientUses:
    """The use cases behind these routes."""

    register: RegisterClient
    update: UpdateClient
    rotate_secret: RotateSecret
    remove: RemoveClient
    queries: Queries


def routes(uses: ClientUses, base_url: str, parse_keys: ParseKeys) -> APIRouter:
    """The routes of /clients."""
    router = strict_router(tags=["clients"])

    @router.post("/clients", status_code=201, response_model_exclude_none=True, responses=MADE | problems(404, 409))
    async def register(caller: ClientsManager, new: ClientIn, response: Response, key: Key) -> RegisteredOut:
        """Register a client. Its secret is in this answer and nowhere else."""
        keys = parse_keys(new.jwks) if new.jwks is not None else ()
        scopes, audiences = tuple(dict.fromkeys(new.scopes)), tuple(dict.fromkeys(new.audiences))
        method = new.token_endpoint_auth_method
        command = NewClient(new.name, scopes, method, new.organization, keys, new.flow(), audiences)
        made = await uses.register(actor(caller), command, key)
        response.headers["Location"] = f"{base_url}/clients/{made.client.id}"
        response.headers["Cache-Control"] = "no-store"
        shown = ClientOut.of(made.client)
        response.headers["ETag"] = shown.tag
        return RegisteredOut(**shown.model_dump(), client_secret=made.secret)

    @router.get("/clients", responses=LINK | problems(404))
    async def list_all(
        caller: ClientsManager,
        request: Request,
        response: Response,
        page: Annotated[PageRequest, Depends(page_request)],
        organization: Annotated[
            str | None, Query(max_length=64, description="whose clients; an operator's filter")
        ] = None,
    ) -> ClientPage:
        """The caller's organization's clients; for an operator, everyone's."""
        found = await uses.queries.clients(actor(caller), organization, page)
        cursor = link_next(request, response, base_url, found.next)
        return ClientPage(items=[ClientOut.of(item) for item in found.items], next=cursor)

    _add_one(router, uses, parse_keys)
    _add_credentials(router, uses)
    return router


def _add_one(router: APIRouter, uses: ClientUses, parse_keys: ParseKeys) -> None:
    """The routes of a single client."""

    @router.get("/clients/{client}", response_model=ClientOut, responses=UNCHANGED | problems(404))
    async def get(caller: ClientsManager, client: str, request: Request) -> Response:
        """One client."""
        found = await uses.queries.client(actor(caller), client)
        return document_reply(request, ClientOut.of(found).document())

    @router.patch("/clients/{client}", response_model_exclude_none=True, responses=problems(404))
    async def update(
        caller: ClientsManager, client: str, change: ClientChange, seen: Seen, response: Response
    ) -> ClientOut:
        """Change name, scopes, keys, audiences, or how the client comes by its tokens."""
        given = change.changes()
        changes = {RENAMED.get(name, name): value for name, value in given.items() if name != "jwks"}
        for name in LISTS & changes.keys():
            changes[name] = tuple(dict.fromkeys(changes[name]))
        if "jwks" in given:
            changes["public_keys"] = parse_keys(given["jwks"])
        updated = await uses.update(actor(caller), client, changes, expect=seen.expect(_tag))
        response.headers["ETag"] = _tag(updated)
        return ClientOut.of(updated)

    @router.delete("/clients/{client}", status_code=204, response_class=Response, responses=problems(404))
    async def remove(caller: ClientsManager, client: str, seen: Seen) -> None:
        """Take the client's credentials away for good."""
        await uses.remove(actor(caller), client, expect=seen.expect(_tag))


def _tag(client: Client) -> str:
    return ClientOut.of(client).tag


def _add_credentials(router: APIRouter, uses: ClientUses) -> None:
    """The route that renews a client's credentials."""

    @router.post("/clients/{client}/secret", operation_id="rotateClientSecret", responses=problems(404, 409))
    async def rotate_secret(
        caller: ClientsManager, client: str, response: Response, key: Key, rotation: SecretRotation | None = None
    ) -> SecretOut:
        """Get a new secret. The present one ends at once, or after the grace asked for."""
        grace = timedelta(seconds=rotation.grace_seconds if rotation else 0)
        rotated = await uses.rotate_secret(actor(caller), client, grace, key)
        response.headers["Cache-Control"] = "no-store"
        return SecretOut(
            client_id=rotated.client,
            client_secret=rotated.secret,
            previous_secret_expires_at=rotated.previous_until,
        )

"""Routes about an issuer's keys: published, then activated, retired or revoked."""

from typing import Any

from fastapi import APIRouter, Request, Response

from issuer.core.issuers.keys import KeyAction, KeyCommand, NewKey, key_of
from issuer.core.model import Issuer, IssuerKey, KeyId, KeyPurpose
from issuer.http.issuers.issuers import Key, ManagesIssuers, Paging
from issuer.http.issuers.key_bodies import KeyCreation, KeyReply, KeysReply, key_reply, keys_reply
from issuer.http.problems import problems
from issuer.http.services import Services
from service_kit.app import router
from service_kit.described import UNCHANGED
from service_kit.entity_tags import Seen, tag_of
from service_kit.pagination import LINK, link_next, part_of
from service_kit.representation import document_reply

DESCRIPTIONS = {
    KeyAction.ACTIVATE: "The key signs from now on; the one it replaces becomes `retiring`. A key is activated when its"
    " publication has had time to reach verifiers: until then 409 with Retry-After, unless nothing else can sign.",
    KeyAction.RETIRE: "The key's private part is destroyed. What it signed stays valid.",
    KeyAction.REVOKE: "For a key that somebody else may have: whatever it signed, at any time, no longer verifies, and"
    " its private part is destroyed. Status lists are signed anew by the active key.",
}


def key_routes(services: Services) -> APIRouter:
    """`/issuers/{slug}/keys`."""
    routes = router(prefix="/issuers/{slug}/keys", tags=["keys"])

    @routes.get("", summary="List an issuer's public keys", responses=LINK | problems(404, 422))
    async def list_keys(
        request: Request, response: Response, caller: ManagesIssuers, slug: str, page: Paging
    ) -> KeysReply:
        issuer = await services.queries.issuer(caller.org, slug)
        order = {
            key.id: f"{ordinal:04}" for ordinal, key in enumerate(issuer.keys)
        }  # a key that ended stays in its place
        found = part_of(issuer.keys, page, lambda key: (order[key.id],))
        following = link_next(request, response, services.addresses.base_url, found.next)
        return keys_reply(issuer, found.items, following)

    @routes.get(
        "/{key_id}",
        summary="Read one of an issuer's public keys",
        response_model=KeyReply,
        responses=UNCHANGED | problems(404, 422),
    )
    async def read_key(request: Request, caller: ManagesIssuers, slug: str, key_id: str) -> Response:
        issuer = await services.queries.issuer(caller.org, slug)
        return document_reply(request, _shown((issuer, key_of(issuer, key_id))))

    @routes.post("", status_code=201, summary="Publish a further key", responses=problems(404, 409, 413, 422))
    async def add_key(caller: ManagesIssuers, slug: str, body: KeyCreation, key: Key, response: Response) -> KeyReply:
        new = NewKey(
            org_id=caller.org,
            actor=caller.actor,
            slug=slug,
            algorithm=body.algorithm,
            purpose=KeyPurpose(body.purpose),
            key=key,
        )
        issuer, made = await services.add_key(new)
        response.headers["Location"] = f"{services.addresses.issuer(slug)}/keys/{made.id}"
        return key_reply(issuer, made)

    for action in KeyAction:
        _add_action(routes, services, action)
    return routes


def _shown(found: tuple[Issuer, IssuerKey]) -> dict[str, Any]:
    return key_reply(*found).model_dump(mode="json")


def _tag(found: tuple[Issuer, IssuerKey]) -> str:
    return tag_of(_shown(found))


def _add_action(routes: APIRouter, services: Services, action: KeyAction) -> None:
    async def change(caller: ManagesIssuers, slug: str, key_id: str, seen: Seen, response: Response) -> KeyReply:
        command = KeyCommand(
            org_id=caller.org,
            actor=caller.actor,
            slug=slug,
            key_id=KeyId(key_id),
            action=action,
            expect=seen.expect(_tag),
        )
        changed = await services.change_key(command)
        response.headers["ETag"] = _tag(changed)
        return key_reply(*changed)

    routes.add_api_route(
        f"/{{key_id}}/{action.value}",
        change,
        methods=["POST"],
        operation_id=f"{action.value}Key",
        summary=f"{action.value.capitalize()} a key",
        description=f"{DESCRIPTIONS[action]} Repeating it does nothing and succeeds.",
        responses=problems(404, 409, 422),
    )

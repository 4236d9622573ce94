"""Routes about credentials."""

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from issuer.core.credentials.badge_image import PNG, SVG
from issuer.core.credentials.change_status import Action, StatusCommand
from issuer.core.credentials.correct import CorrectionCommand
from issuer.core.credentials.queries import Life
from issuer.core.model import Credential, CredentialId
from issuer.http.credentials.badge import baked
from issuer.http.credentials.bodies import (
    CredentialDetail,
    CredentialReply,
    CredentialRequest,
    CredentialsPage,
    StatusReply,
    StatusRequest,
    history,
    summary,
)
from issuer.http.credentials.correction_bodies import CorrectionBody, CorrectionReply
from issuer.http.problems import problems
from issuer.http.services import Services
from service_kit.app import DirectRoute, router
from service_kit.auth import Caller, Scope, ScopeOrBrowser
from service_kit.described import UNCHANGED
from service_kit.entity_tags import Seen, tag_of
from service_kit.errors import NotFound
from service_kit.idempotency import idempotency_key
from service_kit.ids import is_id
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.pagination import LINK, link_next, page_request
from service_kit.representation import JSON, reply

Issues = Annotated[Caller, Depends(Scope("credentials:issue"))]
Revokes = Annotated[Caller, Depends(Scope("credentials:revoke"))]
Reads = Annotated[Caller, Depends(Scope("credentials:read"))]
ReadsOrLooks = Annotated[Caller | None, Depends(ScopeOrBrowser("credentials:read"))]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]
CREDENTIAL_TYPES = ("application/vc+ld+json", "application/vc", "application/ld+json")
IMAGE_TYPES = (SVG, PNG)
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Accept"}
DOCUMENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {name: {} for name in (*CREDENTIAL_TYPES, *IMAGE_TYPES)}}
}
SHOWN: dict[int | str, dict[str, Any]] = {
    303: {
        "description": "To a browser without a token: the credential's public record",
        "headers": {"Location": {"description": "the record", "schema": {"type": "string", "format": "uri"}}},
    }
}
LOCATION = {"Location": {"description": "the credential's id", "schema": {"type": "string", "format": "uri"}}}


def credential_routes(services: Services) -> APIRouter:
    """`/credentials`."""
    routes = router(prefix="/credentials", tags=["credentials"])
    _add_issue(routes, services)
    _add_reads(routes, services)
    _add_correction(routes, services)
    for action in Action:
        _add_action(routes, services, action)
    return routes


def _add_issue(routes: APIRouter, services: Services) -> None:
    created: dict[int | str, dict[str, Any]] = {201: {"model": CredentialReply, "headers": LOCATION}}

    async def issue(caller: Issues, body: CredentialRequest, key: Key) -> Response:
        issued = await services.issue(body.order(caller.org, caller.actor, key))
        content = _with_document(issued.url, "issued", issued.document)
        return Response(content, 201, headers={"Location": issued.url}, media_type="application/json")

    routes.add_api_route(
        "",
        issue,
        methods=["POST"],
        status_code=201,
        operation_id="issueCredential",
        summary="Issue a credential",
        responses=created | problems(404, 409, 413, 422),
        route_class_override=DirectRoute,
    )


def _with_document(url: str, status: str, document: str) -> bytes:
    """The document goes out as the bytes that were signed and stored, never parsed and written again."""
    head = orjson.dumps({"id": url, "status": status})[:-1]
    return head + b',"credential":' + document.encode() + b"}"


def _add_correction(routes: APIRouter, services: Services) -> None:
    @routes.post(
        "/{credential_id}/correct",
        summary="Correct a credential",
        description="Signs it anew under its id; the document of before is answered `superseded` by the verifier.",
        response_model=CorrectionReply,
        responses=problems(404, 409, 413, 422),
    )
    async def correct_credential(
        caller: Issues, credential_id: str, body: CorrectionBody, key: Key, seen: Seen
    ) -> Response:
        made = await services.correct(
            CorrectionCommand(
                org_id=caller.org,
                actor=caller.actor,
                credential_id=_identified(credential_id),
                correction=body.correction(),
                key=key,
                expect=seen.expect(_tag),
            )
        )
        content = _with_document(services.addresses.credential(made.id), made.state.value, made.document)
        return Response(content, headers={**PRIVATE, "ETag": _tag(made)}, media_type=JSON)


def _state(credential_id: CredentialId, revision: int) -> dict[str, str | int]:
    return {"id": credential_id, "revision": revision}


def _tag(credential: Credential) -> str:
    return tag_of(_state(credential.id, credential.revision))


def _identified(credential_id: str) -> CredentialId:
    if not is_id(credential_id):
        raise NotFound("there is no such credential")
    return CredentialId(credential_id)


def _add_reads(routes: APIRouter, services: Services) -> None:
    @routes.get("", summary="List your credentials", response_model=CredentialsPage, responses=LINK | problems(422))
    async def list_credentials(
        *,
        request: Request,
        response: Response,
        caller: Reads,
        page: Annotated[PageRequest, Depends(page_request)],
        status: Annotated[Literal["issued", "suspended", "revoked", "expired"] | None, Query()] = None,
        achievement: Annotated[str | None, Query(max_length=500, description="URL or UUID of an achievement")] = None,
        recipient: Annotated[
            str | None,
            Query(
                pattern="^sha256\\$[0-9a-f]{64}$",
                description="sha256$ and the SHA-256 of the identifier in hexadecimal; e-mail addresses in lower case",
            ),
        ] = None,
    ) -> dict[str, Any]:
        found = await services.queries.credentials(
            caller.org,
            status=status,
            achievement=achievement,
            recipient=recipient.removeprefix("sha256$") if recipient else None,
            page=page,
        )
        items = [summary(credential, its_status, services.addresses) for credential, its_status in found.items]
        return {"items": items, "next": link_next(request, response, services.addresses.base_url, found.next)}

    @routes.get(
        "/{credential_id}",
        summary="Read one of your credentials",
        description=f"Asked for as {' or '.join(CREDENTIAL_TYPES)}, it is the signed document alone; as {SVG} or "
        f"{PNG}, the image that shows it with the document in it: a PNG where the achievement's image is one. "
        "A browser without a token is sent to the public record: each credential has this address, and people open it.",
        response_model=CredentialDetail,
        responses=DOCUMENTS | UNCHANGED | SHOWN | problems(404, 422),
    )
    async def read_credential(request: Request, caller: ReadsOrLooks, credential_id: str) -> Response:
        if caller is None:
            record = services.addresses.record(_identified(credential_id))
            return Response(status_code=303, headers={"Location": record, **PRIVATE})
        life = await services.queries.credential(caller.org, credential_id)
        media_type = _wanted_type(request)
        if media_type in IMAGE_TYPES:
            return await baked(request, life.credential.document, media_type)
        if media_type:
            return _private(request, life, life.credential.document.encode(), media_type)
        detail = {
            **summary(life.credential, life.status, services.addresses),
            "digest": life.credential.digest,
            "history": history(life),
            "credential": orjson.Fragment(life.credential.document),
        }
        return _private(request, life, orjson.dumps(detail), JSON)


def _private(request: Request, life: Life, body: bytes, media_type: str) -> Response:
    kept = PRIVATE["Cache-Control"]
    return reply(
        request,
        body,
        media_type=media_type,
        cache_control=kept,
        state=_state(life.credential.id, life.credential.revision),
    )


def _wanted_type(request: Request) -> str | None:
    """The first media type of a credential, or of an image of it, that the client names, if any."""
    named = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return next((name for name in named if name in CREDENTIAL_TYPES or name in IMAGE_TYPES), None)


def _add_action(routes: APIRouter, services: Services, action: Action) -> None:
    async def change(
        *, caller: Revokes, credential_id: str, body: StatusRequest, key: Key, seen: Seen, response: Response
    ) -> StatusReply:
        command = StatusCommand(
            org_id=caller.org,
            actor=caller.actor,
            credential_id=_identified(credential_id),
            action=action,
            reason=body.reason,
            key=key,
            expect=seen.expect(_tag),
        )
        changed = await services.change_status(command)
        if changed.revision is not None:
            response.headers["ETag"] = tag_of(_state(command.credential_id, changed.revision))
        return StatusReply(id=services.addresses.credential(command.credential_id), status=changed.state.value)

    routes.add_api_route(
        f"/{{credential_id}}/{action.value}",
        change,
        methods=["POST"],
        operation_id=f"{action.value}Credential",
        summary=f"{action.value.capitalize()} a credential",
        description="Repeating the last change does nothing and succeeds.",
        responses=problems(404, 409, 413, 422),
    )

"""The issuer's part of the VC-API: /vc/credentials/issue, status and derive. Success is 201 or 200, any refusal 400."""

from dataclasses import replace
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from issuer.http.problems import problems
from issuer.http.services import Services
from issuer.http.vc_api.bodies import derivation, order, status_command
from service_kit.app import router
from service_kit.auth import Caller, Scope
from service_kit.idempotency import idempotency_key, key_of
from service_kit.inputs import IdempotencyKey

IssuesAny = Annotated[Caller, Depends(Scope("credentials:issue-any"))]
Revokes = Annotated[Caller, Depends(Scope("credentials:revoke"))]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]
KeyType = Annotated[
    str | None,
    Query(alias="keyType", max_length=20, description="Ed25519, P-256, P-384 or RS256: which of the issuer's keys"),
]
NAMED = "credentialId"  # the operation that such names are kept under
SECURED = {"anyOf": [{"type": "object"}, {"type": "string"}], "description": "an object, or a JWT or SD-JWT as text"}
DOCUMENT = {"title": "SecuredCredential", "type": "object", "properties": {"verifiableCredential": SECURED}}


def _taking(title: str, **members: Any) -> dict[str, Any]:
    """The description of a body that is read by hand."""
    properties = members | {"options": {"type": "object"}}
    schema = {"title": title, "type": "object", "required": list(members), "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _giving(*refusals: int) -> dict[int | str, dict[str, Any]]:
    content = {"application/json": {"schema": DOCUMENT}}
    return {201: {"description": "the secured credential", "content": content}, **problems(*refusals)}


def vc_api_routes(services: Services) -> APIRouter:
    """`/vc/credentials`."""
    routes = router(prefix="/vc", tags=["vc-api"], open_query=True)
    _add_issue(routes, services)

    @routes.post(
        "/credentials/status",
        summary="Set the status of a credential issued here",
        responses=problems(404, 413),
        openapi_extra=_taking("SetStatusRequest", credentialId={"type": "string"}, credentialStatus={"type": "object"}),
    )
    async def set_status(request: Request, caller: Revokes) -> Response:
        await services.set_any_status(status_command(await request.json(), caller))
        return Response("{}", media_type="application/json")

    @routes.post(
        "/credentials/derive",
        status_code=201,
        summary="Show a part of a credential secured by ecdsa-sd-2023",
        responses=_giving(413),
        openapi_extra=_taking("DeriveRequest", verifiableCredential={"type": "object"}),
    )
    async def derive(request: Request, caller: IssuesAny) -> Response:
        del caller
        document, pointers = derivation(await request.json())
        shown = await services.derive(document, pointers)
        return Response(orjson.dumps({"verifiableCredential": shown}), 201, media_type="application/json")

    return routes


async def _named(request: Request, name: str, form: str | None, key_type: str | None) -> IdempotencyKey:
    """What makes an order under a name of the caller's repeatable: the same body, to be secured in the same way."""
    same = await key_of(request, NAMED, name)
    return replace(same, fingerprint=f"{same.fingerprint} {form} {key_type}")


def _add_issue(routes: APIRouter, services: Services) -> None:
    async def issue_by(request: Request, caller: IssuesAny, form: str, key: Key, key_type: KeyType = None) -> Response:
        return await _issued(request, caller, form, key_type, key)

    async def issue(request: Request, caller: IssuesAny, key: Key, key_type: KeyType = None) -> Response:
        return await _issued(request, caller, None, key_type, key)

    async def _issued(
        request: Request, caller: Caller, form: str | None, key_type: str | None, key: IdempotencyKey | None
    ) -> Response:
        asked = order(await request.json(), caller, form=form, key_type=key_type, key=key)
        if asked.name is not None:
            asked = replace(asked, named=await _named(request, asked.name, form, key_type))
        text = await services.issue_any(asked)
        return Response(b'{"verifiableCredential":' + text.encode() + b"}", 201, media_type="application/json")

    ways = ((issue, "/credentials/issue", "Issue a credential"), (issue_by, "/{form}/credentials/issue", "Issue it so"))
    for endpoint, path, summary in ways:
        routes.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            status_code=201,
            summary=summary,
            responses=_giving(409, 413),
            openapi_extra=_taking("IssueRequest", credential={"type": "object"}),
        )

"""Routes about batches."""

import hashlib
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from issuer.core.batch import RowState
from issuer.core.batches import BatchAction, NewBatch
from issuer.core.order import Order
from issuer.http.batch_bodies import (
    BatchesPage,
    BatchReply,
    CheckReply,
    ReconciliationReply,
    RowsPage,
    batch_reply,
    batch_summary,
    check_reply,
    reconciliation_reply,
    row_reply,
)
from issuer.http.batch_rows import TEMPLATE, asked_rows
from issuer.http.batch_streams import EVENTS, progress, results
from issuer.http.credential_bodies import AwardBody
from issuer.http.problems import problems
from issuer.http.services import Services
from service_kit.app import router
from service_kit.auth import Caller, Scope
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.offload import offload
from service_kit.pagination import LINK, link_next, page_request
from service_kit.sent_files import MULTIPART, sent_file

PATH = "/batches"
MAX_BODY = 64 * 1024 * 1024
Issues = Annotated[Caller, Depends(Scope("credentials:issue"))]
Reads = Annotated[Caller, Depends(Scope("credentials:read"))]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}
STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {EVENTS: {}}}}
AchievementName = Annotated[str, Query(max_length=500, description="URL, with or without /versions/{n}")]
BODY = {
    "required": True,
    "description": "at most 64 MiB and 100,000 rows. Each row has the members of POST /credentials but for achievement "
    "and issuer, or the columns of the template; further columns `result:<id of a result description>`",
    "content": {
        "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
        "application/x-ndjson": {"schema": {"type": "string"}},
        "text/csv": {"schema": {"type": "string"}},
        MULTIPART: {"schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}},
    },
}


def batch_routes(services: Services) -> APIRouter:
    """`/batches`."""
    routes = router(prefix=PATH, tags=["batches"])
    _add_open(routes, services)
    _add_reads(routes, services)
    _add_streams(routes, services)
    for action in BatchAction:
        _add_action(routes, services, action)
    return routes


def _add_open(routes: APIRouter, services: Services) -> None:
    answers: dict[int | str, dict[str, Any]] = {
        202: {"model": BatchReply, "description": "kept; its rows are being issued"},
        200: {"model": CheckReply, "description": "what a dry run found"},
    }

    @routes.post(
        "",
        status_code=202,
        summary="Issue to many",
        responses=answers | problems(404, 409, 413, 415, 422),
        openapi_extra={"requestBody": BODY},
    )
    async def open_batch(
        *,
        request: Request,
        caller: Issues,
        key: Key,
        achievement: AchievementName,
        issuer: Annotated[str | None, Query(max_length=500, description="slug or DID; the first, unless given")] = None,
        allow_duplicates: Annotated[
            bool, Query(alias="allowDuplicates", description="also to people who have the achievement already")
        ] = False,
        dry_run: Annotated[bool, Query(alias="dryRun", description="check every row, and keep nothing")] = False,
    ) -> Response:
        file = await sent_file(request)
        if key is not None:  # a repeated upload has another multipart boundary, and is the same file
            said = f"{request.url.query}\0".encode() + file.content
            key = replace(key, fingerprint=hashlib.sha256(said).hexdigest())

        def make_order(row: AwardBody) -> Order:
            return row.award(caller.org, caller.actor, achievement=achievement, issuer=issuer)

        new = NewBatch(
            org_id=caller.org,
            actor=caller.actor,
            achievement=achievement,
            issuer=issuer,
            allow_duplicates=allow_duplicates,
            rows=await offload(partial(asked_rows, file, make_order)),
            key=key,
        )
        if dry_run:
            found = check_reply(await services.open_batch.check(new), services.addresses)
            return Response(found.model_dump_json(), media_type="application/json")
        batch = await services.open_batch(new)
        body = batch_reply(*await services.batches.batch(caller.org, batch.id), services.addresses)
        return Response(orjson.dumps(body), 202, headers={"Location": body["id"]}, media_type="application/json")

    @routes.get(
        "/template.csv",
        summary="A file to fill in",
        responses=CSV | problems(422),
        response_class=Response,
    )
    async def template(caller: Issues) -> Response:
        del caller
        headers = {"Content-Disposition": 'attachment; filename="batch.csv"', "X-Content-Type-Options": "nosniff"}
        return Response(TEMPLATE, headers=headers, media_type="text/csv; charset=utf-8")


def _add_reads(routes: APIRouter, services: Services) -> None:
    addresses, batches = services.addresses, services.batches

    @routes.get("", summary="List your batches", response_model=BatchesPage, responses=LINK | problems(422))
    async def list_batches(
        request: Request, response: Response, caller: Reads, page: Annotated[PageRequest, Depends(page_request)]
    ) -> dict[str, Any]:
        found = await batches.batches(caller.org, page)
        items = [batch_summary(batch, addresses) for batch in found.items]
        return {"items": items, "next": link_next(request, response, addresses.base_url, found.next)}

    @routes.get("/{batch_id}", summary="How far a batch is", response_model=BatchReply, responses=problems(404, 422))
    async def read_batch(caller: Reads, batch_id: str) -> dict[str, Any]:
        return batch_reply(*await batches.batch(caller.org, batch_id), addresses)

    @routes.get("/{batch_id}/rows", summary="The rows of a batch", responses=LINK | problems(404, 422))
    async def list_rows(
        *,
        request: Request,
        response: Response,
        caller: Reads,
        batch_id: str,
        page: Annotated[PageRequest, Depends(page_request)],
        status: Annotated[RowState | None, Query(description="only those that stand there")] = None,
    ) -> RowsPage:
        found = await batches.rows(caller.org, batch_id, status, page)
        items = [row_reply(row, addresses) for row in found.items]
        return RowsPage(items=items, next=link_next(request, response, addresses.base_url, found.next))

    @routes.get("/{batch_id}/reconciliation", summary="Whether a batch adds up", responses=problems(404, 422))
    async def reconcile(caller: Reads, batch_id: str) -> ReconciliationReply:
        return reconciliation_reply(await batches.reconciliation(caller.org, batch_id))


def _add_streams(routes: APIRouter, services: Services) -> None:
    @routes.get(
        "/{batch_id}/results.csv",
        summary="What became of every row",
        responses=CSV | problems(404, 422),
        response_class=StreamingResponse,
    )
    async def read_results(caller: Reads, batch_id: str) -> StreamingResponse:
        batch, _ = await services.batches.batch(caller.org, batch_id)
        headers = {"Content-Disposition": 'attachment; filename="results.csv"', "X-Content-Type-Options": "nosniff"}
        return StreamingResponse(results(services, batch), headers=headers, media_type="text/csv; charset=utf-8")

    @routes.get(
        "/{batch_id}/events",
        summary="Follow a batch",
        description="Server-sent events `progress`, each the batch as GET gives it, until it ends.",
        responses=STREAM | problems(404, 422),
        response_class=StreamingResponse,
    )
    async def follow(caller: Reads, batch_id: str) -> StreamingResponse:
        batch, _ = await services.batches.batch(caller.org, batch_id)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(progress(services, batch), headers=headers, media_type=EVENTS)


def _add_action(routes: APIRouter, services: Services, action: BatchAction) -> None:
    async def change(caller: Issues, batch_id: str) -> dict[str, Any]:
        batch = await services.change_batch(caller.org, batch_id, action)
        return batch_reply(*await services.batches.batch(caller.org, batch.id), services.addresses)

    routes.add_api_route(
        f"/{{batch_id}}/{action.value}",
        change,
        methods=["POST"],
        operation_id=f"{action.value}Batch",
        summary=f"{action.value.capitalize()} a batch",
        description="Repeating it does nothing and succeeds.",
        response_model=BatchReply,
        responses=problems(404, 409, 422),
    )

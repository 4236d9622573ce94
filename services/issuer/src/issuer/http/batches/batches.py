"""Routes about batches."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from issuer.core.batches.batch import Batch, RowAction, RowState
from issuer.core.batches.opening import BatchAction
from issuer.http.batches.bodies import (
    BatchesPage,
    BatchReply,
    ReconciliationReply,
    RowsPage,
    batch_reply,
    batch_summary,
    reconciliation_reply,
    row_reply,
)
from issuer.http.batches.changes import CHANGES, add_changes
from issuer.http.batches.sent import SentAwards
from issuer.http.batches.streams import EVENTS, Follower, Places, Progress, results
from issuer.http.batches.templates import template
from issuer.http.batches.uploads import ANSWERS, ISSUE, REVOKE, answered, body, may_work_on, uploaded
from issuer.http.problems import problems
from issuer.http.services import Services
from service_kit.app import router
from service_kit.auth import AnyScope, Caller, Scope, is_good_yet
from service_kit.described import UNCHANGED
from service_kit.entity_tags import Seen, tag_of
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.pagination import LINK, link_next, page_request
from service_kit.representation import document_reply

PATH = "/batches"
MAX_BODY = 64 * 1024 * 1024
FILES = (PATH, *(f"{PATH}/{action.value}" for action in CHANGES))  # where files of rows come
Issues = Annotated[Caller, Depends(Scope(ISSUE))]
SeenLast = Annotated[
    str, Header(alias="Last-Event-ID", max_length=64, description="what was told last is not told again")
]
Works = Annotated[Caller, Depends(AnyScope(ISSUE, REVOKE))]
Reads = Annotated[Caller, Depends(Scope("credentials:read"))]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}}}
STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {EVENTS: {}}}}
AchievementName = Annotated[str, Query(max_length=500, description="URL, with or without /versions/{n}")]
OF_AWARDS = (
    "Each row has the members of POST /credentials but for achievement and issuer, or the columns of the template; "
    "further columns `result:<id of a result description>`"
)


def batch_routes(services: Services) -> APIRouter:
    """`/batches`."""
    routes = router(prefix=PATH, tags=["batches"])
    _add_open(routes, services)
    add_changes(routes, services)
    _add_template(routes, services)
    _add_reads(routes, services)
    _add_streams(routes, services)
    for action in BatchAction:
        _add_action(routes, services, action)
    return routes


def _add_open(routes: APIRouter, services: Services) -> None:
    @routes.post(
        "",
        status_code=202,
        summary="Issue to many",
        responses=ANSWERS | problems(404, 409, 413, 415, 422),
        openapi_extra=body(OF_AWARDS),
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
        file, fitting = await uploaded(request, key)
        sent = SentAwards(
            org_id=caller.org,
            actor=caller.actor,
            achievement=achievement,
            issuer=issuer,
            allow_duplicates=allow_duplicates,
            file=file,
            key=fitting,
        )
        return await answered(sent, services, dry_run=dry_run)


def _add_template(routes: APIRouter, services: Services) -> None:
    @routes.get(
        "/template.csv",
        summary="A file to fill in",
        responses=CSV | problems(409, 422),
        response_class=Response,
    )
    async def read_template(
        caller: Works,
        action: Annotated[RowAction, Query(description="what the batch is to do")] = RowAction.ISSUE,
        achievement: Annotated[
            str | None, Query(max_length=500, description="with a column for each result that it describes")
        ] = None,
    ) -> Response:
        del caller
        found = None if achievement is None else await services.queries.achievement(achievement)
        headers = {
            "Content-Disposition": f'attachment; filename="{action.value}.csv"',
            "X-Content-Type-Options": "nosniff",
        }
        text = template(action, found.document if found else None)
        return Response(text, headers=headers, media_type="text/csv; charset=utf-8")


def _add_reads(routes: APIRouter, services: Services) -> None:
    addresses, batches = services.addresses, services.batches

    @routes.get("", summary="List your batches", response_model=BatchesPage, responses=LINK | problems(422))
    async def list_batches(
        request: Request, response: Response, caller: Reads, page: Annotated[PageRequest, Depends(page_request)]
    ) -> dict[str, Any]:
        found = await batches.batches(caller.org, page)
        items = [batch_summary(batch, addresses) for batch in found.items]
        return {"items": items, "next": link_next(request, response, addresses.base_url, found.next)}

    @routes.get(
        "/{batch_id}",
        summary="How far a batch is",
        response_model=BatchReply,
        responses=UNCHANGED | problems(404, 422),
    )
    async def read_batch(request: Request, caller: Reads, batch_id: str) -> Response:
        batch, shown = await _shown(services, caller.org, batch_id)
        return document_reply(request, shown, tag=tag_of(_state(batch), shown))

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
    places, progress = Places(), Progress(services)

    @routes.get(
        "/{batch_id}/results.csv",
        summary="What became of every row",
        responses=CSV | problems(404, 422),
        response_class=StreamingResponse,
    )
    async def read_results(caller: Reads, batch_id: str) -> StreamingResponse:
        places.check(caller.org)
        batch, _ = await services.batches.batch(caller.org, batch_id)
        headers = {"Content-Disposition": 'attachment; filename="results.csv"', "X-Content-Type-Options": "nosniff"}
        pieces = places.take(caller.org, results(services, batch))
        return StreamingResponse(pieces, headers=headers, media_type="text/csv; charset=utf-8")

    @routes.get(
        "/{batch_id}/events",
        summary="Follow a batch",
        description="Server-sent events `progress`, each the batch as GET gives it, until it ends.",
        responses=STREAM | problems(404, 422),
        response_class=StreamingResponse,
    )
    async def follow(caller: Reads, request: Request, batch_id: str, seen: SeenLast = "") -> StreamingResponse:
        places.check(caller.org)
        batch, _ = await services.batches.batch(caller.org, batch_id)
        follower = Follower(seen, partial(is_good_yet, request), request.app.state.stopping)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(places.take(caller.org, progress(batch, follower)), headers=headers, media_type=EVENTS)


def _state(batch: Batch) -> dict[str, str]:
    """What people change. How far it is, which goes on all the time, is shown beside it."""
    return {"batch": batch.id, "status": batch.state.value}


async def _shown(services: Services, org_id: str, batch_id: str) -> tuple[Batch, dict[str, Any]]:
    batch, counts = await services.batches.batch(org_id, batch_id)
    return batch, BatchReply.model_validate(batch_reply(batch, counts, services.addresses)).model_dump(mode="json")


def _add_action(routes: APIRouter, services: Services, action: BatchAction) -> None:
    async def change(caller: Works, batch_id: str, seen: Seen, response: Response) -> dict[str, Any]:
        found, _ = await services.batches.batch(caller.org, batch_id)
        may_work_on(caller, found)
        batch = await services.change_batch(
            caller.org, batch_id, action, expect=seen.expect(lambda one: tag_of(_state(one)))
        )
        present, shown = await _shown(services, caller.org, batch.id)
        response.headers["ETag"] = tag_of(_state(present), shown)
        return shown

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

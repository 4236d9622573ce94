"""Routes that open batches of changes: revoke, suspend, reinstate, correct."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from issuer.core.batches.batch import RowAction
from issuer.http.batches.sent import SentChanges
from issuer.http.batches.uploads import ANSWERS, SCOPE_OF, answered, body, uploaded
from issuer.http.problems import problems
from issuer.http.services import Services
from service_kit.auth import Caller, Scope
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey

Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]
DryRun = Annotated[bool, Query(alias="dryRun", description="check every row, and keep nothing")]
CHANGES = tuple(action for action in RowAction if action is not RowAction.ISSUE)
HOLDER = {action: Depends(Scope(SCOPE_OF[action])) for action in CHANGES}
OF_CORRECTIONS = (
    "Each row has `credential` and the members of POST /credentials/{id}/correct, or the columns of the template; an "
    "empty cell leaves what was there"
)
OF_STATUSES = "Each row has `credential` (its id or UUID) and `reason`"


def add_changes(routes: APIRouter, services: Services) -> None:
    """`/batches/revoke` and the like."""
    for action in CHANGES:
        _add(routes, services, action)


def _add(routes: APIRouter, services: Services, action: RowAction) -> None:
    async def open_changes(
        *,
        request: Request,
        caller: Annotated[Caller, HOLDER[action]],
        key: Key,
        dry_run: DryRun = False,
    ) -> Response:
        file, fitting = await uploaded(request, key)
        prefix = services.addresses.credential_prefix
        sent = SentChanges(org_id=caller.org, actor=caller.actor, action=action, prefix=prefix, file=file, key=fitting)
        return await answered(sent, services, dry_run=dry_run)

    routes.add_api_route(
        f"/{action.value}",
        open_changes,
        methods=["POST"],
        operation_id=f"{action.value}Many",
        status_code=202,
        summary=f"{action.value.capitalize()} many",
        responses=ANSWERS | problems(404, 409, 413, 415, 422),
        openapi_extra=body(OF_CORRECTIONS if action is RowAction.CORRECT else OF_STATUSES),
    )

"""Routes about stacks: what was awarded for completed pathways, and what waits for somebody's approval."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from issuer.core.stacks.record import RecordOrder
from issuer.core.stacks.stack import Stack, StackState, Why
from issuer.http.problems import problems
from issuer.http.services import Services
from issuer.http.stacks.bodies import DecisionRequest, RecordReply, StackReply, StacksPage, stack_reply, summary
from service_kit.app import router
from service_kit.auth import Caller, Scope
from service_kit.described import UNCHANGED
from service_kit.entity_tags import Seen, tag_of
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.pagination import LINK, link_next, page_request
from service_kit.representation import document_reply

Issues = Annotated[Caller, Depends(Scope("credentials:issue"))]
Reads = Annotated[Caller, Depends(Scope("credentials:read"))]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]
REPEATED = "Repeating it does nothing and succeeds."


def stack_routes(services: Services) -> APIRouter:
    """`/stacks`."""
    routes = router(prefix="/stacks", tags=["stacks"])
    _add_reads(routes, services)
    _add_decisions(routes, services)
    _add_record(routes, services)
    return routes


def _tag(stack: Stack) -> str:
    """Everything that is shown of it changes with its revision."""
    return tag_of({"stack": stack.id, "revision": stack.revision})


def _add_reads(routes: APIRouter, services: Services) -> None:
    addresses, stacks = services.addresses, services.stacks

    @routes.get("", summary="List your stacks", response_model=StacksPage, responses=LINK | problems(422))
    async def list_stacks(
        *,
        request: Request,
        response: Response,
        caller: Reads,
        page: Annotated[PageRequest, Depends(page_request)],
        pathway: Annotated[str | None, Query(max_length=500, description="URL or UUID of a pathway")] = None,
        recipient: Annotated[
            str | None,
            Query(
                pattern="^sha256\\$[0-9a-f]{64}$",
                description="sha256$ and the SHA-256 of the identifier in hexadecimal; e-mail addresses in lower case",
            ),
        ] = None,
        status: Annotated[StackState | None, Query(description="only those that stand there")] = None,
    ) -> dict[str, Any]:
        found = await stacks.stacks(
            caller.org,
            pathway=pathway,
            recipient=recipient.removeprefix("sha256$") if recipient else None,
            state=status,
            page=page,
        )
        items = [summary(stack, addresses) for stack in found.items]
        return {"items": items, "next": link_next(request, response, addresses.base_url, found.next)}

    @routes.get(
        "/{stack_id}",
        summary="Why a stack is what it is",
        response_model=StackReply,
        responses=UNCHANGED | problems(404, 422),
    )
    async def read_stack(request: Request, caller: Reads, stack_id: str) -> Response:
        life = await stacks.stack(caller.org, stack_id)
        shown = StackReply.model_validate(stack_reply(life, addresses)).model_dump(mode="json")
        return document_reply(request, shown, tag=_tag(life.stack))


def _add_decisions(routes: APIRouter, services: Services) -> None:
    answers: dict[str, Any] = {"response_model": StackReply, "responses": problems(404, 409, 413, 422)}

    async def reply(response: Response, caller: Caller, stack_id: str) -> dict[str, Any]:
        life = await services.stacks.stack(caller.org, stack_id)
        response.headers["ETag"] = _tag(life.stack)
        return stack_reply(life, services.addresses)

    @routes.post("/{stack_id}/approve", summary="Issue the credential of a stack", description=REPEATED, **answers)
    async def approve_stack(
        caller: Issues, stack_id: str, body: DecisionRequest, seen: Seen, response: Response
    ) -> dict[str, Any]:
        why = Why(body.reason, caller.actor)
        await services.judge_stack.approve(caller.org, stack_id, why, expect=seen.expect(_tag))
        return await reply(response, caller, stack_id)

    @routes.post("/{stack_id}/refuse", summary="Award nothing for a stack", description=REPEATED, **answers)
    async def refuse_stack(
        caller: Issues, stack_id: str, body: DecisionRequest, seen: Seen, response: Response
    ) -> dict[str, Any]:
        why = Why(body.reason, caller.actor)
        await services.judge_stack.refuse(caller.org, stack_id, why, expect=seen.expect(_tag))
        return await reply(response, caller, stack_id)


def _add_record(routes: APIRouter, services: Services) -> None:
    created: dict[int | str, dict[str, Any]] = {201: {"model": RecordReply}}

    @routes.post(
        "/{stack_id}/record",
        status_code=201,
        operation_id="recordStack",
        summary="A stack with its components as one learner record",
        description="A signed ClrCredential (CLR 2.0). It has no status of its own: each credential in it has.",
        responses=created | problems(404, 409, 422),
    )
    async def record_stack(caller: Issues, stack_id: str, key: Key) -> Response:
        order = RecordOrder(org_id=caller.org, actor=caller.actor, stack_id=stack_id, key=key)
        document = await services.record_stack(order)
        return Response(b'{"credential":' + document.encode() + b"}", 201, media_type="application/json")

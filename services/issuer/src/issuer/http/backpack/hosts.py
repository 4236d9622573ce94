"""/learners/me/hosts: other hosts of Open Badges that a person's backpack is connected to."""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from issuer.core.backpack.farewell import EndConnections
from issuer.core.backpack.hosts import Begun, ConfirmHost, ConnectHost, PushCredential, ReadHosts, ReadProfileThere
from issuer.core.backpack.hosts_model import RemoteHost
from issuer.core.backpack.model import Outcome
from issuer.core.backpack.pull import MOST, PullCredentials
from issuer.http.backpack.keepers import PersonScope, keeper
from issuer.http.inputs import Body, HostUrl, Moment
from issuer.http.problems import problems
from service_kit.app import router
from service_kit.auth import Caller
from service_kit.described import MADE, UNCHANGED
from service_kit.entity_tags import Seen, tag_of
from service_kit.errors import Invalid
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.pagination import LINK, link_next, page_request, part_of
from service_kit.representation import document_reply

PREFIX = "/learners/me/hosts"
PROFILE: dict[str, Any] = {"content": {"application/json": {"schema": {"type": "object"}}}}
BY_ITSELF = frozenset({"pulledAt", "pullsAt"})  # changes while nobody changes anything
Connects = Annotated[Caller, Depends(PersonScope("backpack:connect"))]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]
PULL = f"Page after page, each credential verified as if it had been sent: {MOST} of them, or half a minute, at most."
Code = Annotated[str, StringConstraints(min_length=1, max_length=2048, pattern=r"^[!-~]+$")]


@dataclass(frozen=True, slots=True)
class HostUses:
    """What is behind these routes."""

    connect: ConnectHost
    confirm: ConfirmHost
    push: PushCredential
    pull: PullCredentials
    read: ReadHosts
    profile: ReadProfileThere
    end: EndConnections


class ConnectBody(Body):
    """Which host: the address of its service description."""

    discoveryUrl: HostUrl  # noqa: N815 - JSON members are camelCase, as in Open Badges


class ConfirmBody(Body):
    """The code that the person's browser was shown."""

    code: Code


class PushBody(Body):
    """Which credential, by its id in `GET /learners/me/backpack`."""

    credential: str


class PullBody(Body):
    """Of those issued after `since`, from `offset` on."""

    since: Moment | None = None
    offset: int = Field(default=0, ge=0, le=1_000_000)


class HostReply(BaseModel):
    """A connection. `authorizationUrl` is told once, when it begins."""

    id: str
    name: str
    api: str
    connected: bool
    waitsUntil: datetime | None  # noqa: N815 - as above
    createdAt: datetime  # noqa: N815 - as above
    pulledAt: datetime | None = Field(description="when what it has last came by itself")  # noqa: N815 - as above
    pullsAt: datetime | None = Field(description="when it does again; null: never")  # noqa: N815 - as above
    authorizationUrl: str | None = None  # noqa: N815 - as above


class HostsPage(BaseModel):
    """Oldest first."""

    items: list[HostReply]
    next: str | None


class PushReply(BaseModel):
    """What the other host did with it."""

    outcome: Outcome


class PullReply(BaseModel):
    """What became of them. `refused` says of each that was not kept why; go on from `nextOffset` until it is null."""

    created: int
    replaced: int
    older: int
    refused: list[str]
    nextOffset: int | None  # noqa: N815 - as above
    interrupted: str | None = Field(description="why it ended early, though some had come")


def host_routes(uses: HostUses, base_url: str) -> APIRouter:
    """`/learners/me/hosts`."""
    routes = router(prefix=PREFIX, tags=["backpack"])
    _add_connecting(routes, uses, base_url)
    _add_moving(routes, uses)
    return routes


def _add_connecting(routes: APIRouter, uses: HostUses, base_url: str) -> None:
    @routes.post(
        "",
        status_code=201,
        summary="Begin a connection to another host",
        responses=MADE | problems(409, 410, 422),
    )
    async def connect(caller: Connects, body: ConnectBody, key: Key, response: Response) -> HostReply:
        begun = await uses.connect(keeper(caller), body.discoveryUrl, key)
        response.headers["Location"] = f"{base_url}{PREFIX}/{begun.host.id}"
        response.headers["ETag"] = _tag(begun.host)
        return _reply(begun.host, begun)

    @routes.get("", summary="The hosts I am connected to", responses=LINK | problems(422))
    async def hosts(
        request: Request, response: Response, caller: Connects, page: Annotated[PageRequest, Depends(page_request)]
    ) -> HostsPage:
        found = part_of(await uses.read.all(keeper(caller)), page, _place)
        items = [_reply(one) for one in found.items]
        return HostsPage(items=items, next=link_next(request, response, base_url, found.next))

    @routes.post("/{host_id}/confirm", summary="Complete a connection", responses=problems(404, 409, 422))
    async def confirm(response: Response, caller: Connects, host_id: str, body: ConfirmBody, seen: Seen) -> HostReply:
        host = await uses.confirm(keeper(caller), host_id, body.code, seen.expect(_tag))
        response.headers["ETag"] = _tag(host)
        return _reply(host)

    @routes.get(
        "/{host_id}",
        summary="One of the hosts I am connected to",
        response_model=HostReply,
        responses=UNCHANGED | problems(404, 422),
    )
    async def host(request: Request, caller: Connects, host_id: str) -> Response:
        found = await uses.read.one(keeper(caller), host_id)
        return document_reply(request, _shown(found), tag=_tag(found))

    @routes.delete(
        "/{host_id}",
        status_code=204,
        response_class=Response,
        summary="End a connection",
        description="Its tokens are forgotten, and revoked at the other host where that is possible.",
        responses=problems(404, 422),
    )
    async def remove(caller: Connects, host_id: str, seen: Seen) -> None:
        await uses.end.one(keeper(caller), host_id, seen.expect(_tag))


def _add_moving(routes: APIRouter, uses: HostUses) -> None:
    @routes.get(
        "/{host_id}/profile",
        summary="What the other host says of me",
        description="The profile as it is over there now. Nothing of it is kept here.",
        responses={200: PROFILE, **problems(404, 409, 422)},
        response_class=Response,
    )
    async def profile(caller: Connects, host_id: str) -> Response:
        return Response(await uses.profile(keeper(caller), host_id), headers=PRIVATE, media_type="application/json")

    @routes.post("/{host_id}/push", summary="Put a credential into the other host", responses=problems(404, 409, 422))
    async def push(caller: Connects, host_id: str, body: PushBody) -> PushReply:
        return PushReply(outcome=await uses.push(keeper(caller), host_id, body.credential))

    @routes.post(
        "/{host_id}/pull", summary="Take credentials over", description=PULL, responses=problems(404, 409, 422)
    )
    async def pull(caller: Connects, host_id: str, body: PullBody) -> PullReply:
        found = await uses.pull(keeper(caller), host_id, body.since, body.offset)
        return PullReply(
            created=found.outcomes[Outcome.CREATED],
            replaced=found.outcomes[Outcome.REPLACED],
            older=found.outcomes[Outcome.OLDER],
            refused=list(found.refused),
            nextOffset=found.next_offset,
            interrupted=found.interrupted,
        )


def _shown(host: RemoteHost) -> dict[str, Any]:
    return _reply(host).model_dump(mode="json")


def _place(host: RemoteHost) -> tuple[str, str]:
    return host.created_at.isoformat(), host.id


def _tag(host: RemoteHost) -> str:
    shown = _shown(host)
    return tag_of({name: value for name, value in shown.items() if name not in BY_ITSELF}, shown)


def _reply(host: RemoteHost, begun: Begun | None = None) -> HostReply:
    return HostReply(
        id=host.id,
        name=host.endpoints.name,
        api=host.endpoints.api,
        connected=host.is_connected,
        waitsUntil=host.waits_until,
        createdAt=host.created_at,
        pulledAt=host.pulled_at,
        pullsAt=host.pulls_at,
        authorizationUrl=begun.authorization_url if begun else None,
    )


def return_routes(uses: HostUses) -> APIRouter:
    """Where other hosts send browsers back to. A page for a person; nothing happens by opening it."""
    routes = router(prefix=PREFIX, open_query=True, include_in_schema=False)

    @routes.get("/return/{host_id}")
    async def came_back(
        host_id: str,
        state: Annotated[str, Query(max_length=200)] = "",
        code: Annotated[str, Query(max_length=2048)] = "",
    ) -> Response:
        try:
            name = await uses.read.awaits(host_id, state)
        except Invalid as error:
            return _page(400, "Nothing to do", error.detail)
        if not code:
            return _page(200, "Not connected", f"{name} was not allowed to. You can close this page.")
        return _page(
            200, f"Connect to {name}", "Give this code to the program that sent you, and to nobody else:", code
        )

    return routes


def _page(status: int, title: str, words: str, code: str = "") -> Response:
    shown = f'<p><code id="code">{escape(code)}</code></p>' if code else ""
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<main><h1>{escape(title)}</h1><p>{escape(words)}</p>{shown}</main></html>"
    )
    return Response(body, status, headers=PAGE_HEADERS, media_type="text/html; charset=utf-8")


PRIVATE = {"Cache-Control": "no-store"}
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
}

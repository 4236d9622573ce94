"""A service of things: it takes them, lists them, and fails in every way that a service may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any

import httpx
from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service_kit.app import create_app, router
from service_kit.errors import (
    Conflict,
    Gone,
    Limited,
    NotFound,
    TooSoon,
    Unavailable,
    invalid_field,
)
from service_kit.inputs import PageRequest
from service_kit.pagination import link_next, page_request
from service_kit.settings import HttpSettings, Settings
from service_kit.testing import BASE_URL, asgi_client

LIMIT = 10_000


class Recipient(BaseModel):
    model_config = ConfigDict(extra="forbid")
    email: str = Field(min_length=3, max_length=20)


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    recipient: Recipient
    tags: list[str] = Field(default=[], max_length=3)
    size: int = 0
    colour: str = "red"

    @field_validator("colour")
    @classmethod
    def _is_a_colour(cls, text: str) -> str:
        if text not in {"red", "blue"}:
            raise ValueError("must be a colour")
        return text


class Sqlstate(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


FAULTS: dict[str, Exception] = {
    "not-found": NotFound("no such thing"),
    "conflict": Conflict("already", code="idempotency-key-reused"),
    "too-soon": TooSoon("not yet", retry_after=timedelta(seconds=1.5), code="key-not-known-yet"),
    "gone": Gone("was removed"),
    "limited": Limited("too many"),
    "unavailable": Unavailable("away"),
    "invalid": invalid_field("a.b", "is wrong"),
    "pool": PoolTimeout("pool"),
    "database-away": DBAPIError("q", {}, Sqlstate("57P01")),
    "bad-value": DBAPIError("q", {}, Sqlstate("22021")),
    "elsewhere-refused": ConnectionRefusedError("no"),
    "bug": RuntimeError("secret internals at /var/secret"),
    "sql-bug": DBAPIError("SELECT secret", {}, Sqlstate("42601")),
}


@asynccontextmanager
async def things_client() -> AsyncIterator[httpx.AsyncClient]:
    things = router()

    @things.post("/things")
    async def create(thing: Thing) -> dict[str, Any]:
        return thing.model_dump()

    @things.post("/raw")
    async def raw(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @things.get("/things")
    async def many(
        request: Request, response: Response, page: Annotated[PageRequest, Depends(page_request)]
    ) -> dict[str, Any]:
        position = int(page.after[0]) + 1 if page.after else 0
        items = list(range(position, min(position + page.limit, 5)))
        more = (str(items[-1]),) if items and items[-1] < 4 else None
        return {"items": items, "next": link_next(request, response, BASE_URL, more)}

    @things.get("/told")
    async def told(number: float = 0, offset: int | None = None, mine: bool = False) -> dict[str, float | int | None]:
        return {"number": number, "offset": offset, "mine": mine}

    @things.delete("/things")
    async def none() -> None: ...

    @things.patch("/things/{name}")
    async def one(name: str) -> dict[str, str]:
        return {"name": name}

    @things.post("/things/import")
    async def imported() -> None: ...

    things.add_api_route("/below/{name:path}", one, methods=["PATCH"])
    things.add_api_route("/below/{name}/publish", one, methods=["GET"])
    things.add_api_route("/below/{name}/publish", one, methods=["POST"])
    foreign = router(open_query=True)

    @foreign.get("/foreign")
    async def ignoring(limit: int = 1) -> dict[str, int]:
        return {"limit": limit}

    @things.get("/faults/{name}")
    async def fault(name: str) -> None:
        raise FAULTS[name]

    settings = Settings(environment="development", public_base_url=BASE_URL, http=HttpSettings(max_body_bytes=LIMIT))
    app = create_app("things", settings, routers=[things, foreign], body_limits={"/raw": 2 * LIMIT})
    async with asgi_client(app, described=False) as client:
        yield client

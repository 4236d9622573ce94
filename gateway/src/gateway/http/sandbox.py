"""/sandbox: credentials that fail on purpose, one for each way in which a verifier says no. A page, or JSON.

They are documents of the operator's: `LAUREL_SANDBOX_FILE` names the file, which `tools/sandbox` makes with the real
issuer. Without one the addresses answer 404.
"""

from pathlib import Path as File
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.http.pages import html
from gateway.http.public import data, shown, wants_page
from service_kit.app import router
from service_kit.described import UNCHANGED, problems
from service_kit.errors import NotFound
from service_kit.inputs import PageRequest
from service_kit.offload import offload
from service_kit.pagination import LINK, next_page, page_request, part_of
from service_kit.representation import JSON, reply

PREFIX = "/sandbox"
TEXT = "text/plain; charset=utf-8"
FRESH = "public, no-cache"
Name = Annotated[str, Path(max_length=64, description="the name of a case")]


class SandboxCase(BaseModel):
    """One credential, and what a verifier says of it."""

    model_config = ConfigDict(extra="ignore")

    name: str
    verdict: str = Field(description="valid, invalid or indeterminate")
    code: str | None = Field(description="of the check that decides; null for the one that is valid")
    how: str = Field(description="how it came to be so")


class SandboxCases(BaseModel):
    """The cases by name. `next` is the cursor of the following page."""

    items: list[SandboxCase]
    next: str | None


class Kept(SandboxCase):
    """A case as the file has it."""

    credential: dict[str, Any] | str


class KeptCases(BaseModel):
    """The file."""

    items: list[Kept]


def routes(base: str, file: File | None) -> APIRouter:
    """`base` is the public base URL. `file` may come into being while the gateway runs."""
    api = router(tags=["sandbox"])

    @api.get(PREFIX, summary="Credentials that fail on purpose", response_model=SandboxCases, responses=_list())
    async def list_sandbox_cases(request: Request, page: Annotated[PageRequest, Depends(page_request)]) -> Response:
        cases = [case.model_dump(exclude={"credential"}) for case in await offload(_read, file)]
        if wants_page(request):
            return shown(request, html("sandbox.html", cases=cases))
        found = part_of(cases, page, lambda case: (str(case["name"]),))
        following = next_page(request, base, found.next)
        answer = data(request, {"items": found.items, "next": following.cursor}, cache_control=FRESH)
        answer.headers.update(following.headers)
        return answer

    @api.get(
        PREFIX + "/{name}",
        summary="One of them, as it is sent to a verifier",
        response_model=dict[str, Any],
        responses=_one(),
    )
    async def get_sandbox_credential(request: Request, name: Name) -> Response:
        found = next((case for case in await offload(_read, file) if case.name == name), None)
        if found is None:
            raise NotFound("there is no such case")
        if isinstance(found.credential, str):
            return reply(request, found.credential.encode(), media_type=TEXT, cache_control=FRESH)
        return reply(request, orjson.dumps(found.credential), media_type=JSON, cache_control=FRESH)

    return api


def _list() -> dict[int | str, dict[str, Any]]:
    return {
        200: {"content": {"text/html": {"schema": {"type": "string"}}}, **LINK[200]},
        **UNCHANGED,
        **problems(404, 422),
    }


def _one() -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **UNCHANGED, **problems(404, 422)}


def _read(file: File | None) -> list[Kept]:
    if file is None or not file.is_file():
        raise NotFound("this fleet has no sandbox")
    return sorted(KeptCases.model_validate_json(file.read_bytes()).items, key=lambda case: case.name)

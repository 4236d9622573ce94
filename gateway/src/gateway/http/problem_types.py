"""/problems: what every `type` in an answer leads to. A page for a browser, JSON for a program."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from contracts.problems import PREFIX, PROBLEM_TYPES, ProblemType
from gateway.http.pages import html
from gateway.http.public import data, shown, wants_page
from service_kit.app import router
from service_kit.described import UNCHANGED, problems
from service_kit.errors import NotFound
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, next_page, page_request, part_of

Code = Annotated[str, Path(max_length=64, description="the last segment of a problem's type")]
PAGES = {"content": {"text/html": {"schema": {"type": "string"}}}}


class ProblemTypeOut(BaseModel):
    """One problem type (RFC 9457 §3.1.1)."""

    model_config = ConfigDict(title="ProblemType")

    type: str = Field(description="the address that answers carry")
    code: str
    title: str
    status: int
    meaning: str
    remedy: str = Field(description="what the caller can do")
    example: dict[str, Any] = Field(description="an answer as a caller gets it")


class ProblemTypesOut(BaseModel):
    """Problem types, by status. `next` is the cursor of the following page."""

    model_config = ConfigDict(title="ProblemTypes")

    items: list[ProblemTypeOut]
    next: str | None


def routes(base: str) -> APIRouter:
    """`base` is the public base URL: the types' addresses are beneath it."""
    api = router(tags=["problem types"])
    documents = {code: problem.document(base) for code, problem in PROBLEM_TYPES.items()}

    @api.get(PREFIX, summary="Every problem type", response_model=ProblemTypesOut, responses=_list())
    async def list_problem_types(request: Request, page: Annotated[PageRequest, Depends(page_request)]) -> Response:
        if wants_page(request):
            return shown(request, html("problems.html", problems=PROBLEM_TYPES.values()))
        found = part_of(documents.values(), page, lambda one: (str(one["status"]), one["code"]))
        following = next_page(request, base, found.next)
        answer = data(request, {"items": found.items, "next": following.cursor})
        answer.headers.update(following.headers)
        return answer

    @api.get(
        PREFIX + "/{code}", summary="What a problem means", response_model=ProblemTypeOut, responses=_answers(404, 422)
    )
    async def get_problem_type(request: Request, code: Code) -> Response:
        found = PROBLEM_TYPES.get(code)
        if found is None:
            raise NotFound("there is no such problem type")
        if wants_page(request):
            return shown(request, _page(found, base))
        return data(request, documents[code])

    return api


def _answers(*refusals: int) -> dict[int | str, dict[str, Any]]:
    return {200: PAGES, **UNCHANGED, **problems(*refusals)}


def _list() -> dict[int | str, dict[str, Any]]:
    answers = _answers(422)
    return {**answers, 200: {**answers[200], **LINK[200]}}


def _page(problem: ProblemType, base: str) -> str:
    example = json.dumps(problem.example(base), indent=2, ensure_ascii=False)
    return html("problem.html", problem=problem, example=example)

"""/problems: what every `type` in an answer leads to. A page for a browser, JSON for a program."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from contracts.problems import PREFIX, PROBLEM_TYPES, ProblemType
from gateway.http.pages import html
from gateway.http.problems import PROBLEMS
from gateway.http.public import data, shown, wants_page
from service_kit.app import router
from service_kit.errors import NotFound

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
    """Every problem type, by status."""

    model_config = ConfigDict(title="ProblemTypes")

    items: list[ProblemTypeOut]


def routes(base: str) -> APIRouter:
    """`base` is the public base URL: the types' addresses are beneath it."""
    api = router(tags=["problem types"])
    documents = {code: problem.document(base) for code, problem in PROBLEM_TYPES.items()}

    @api.get(PREFIX, summary="Every problem type", response_model=ProblemTypesOut, responses=_answers(422))
    async def list_problem_types(request: Request) -> Response:
        if wants_page(request):
            return shown(request, html("problems.html", problems=PROBLEM_TYPES.values()))
        return data(request, {"items": list(documents.values())})

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
    unchanged = {"description": "What If-None-Match names is current"}
    return {200: PAGES, 304: unchanged, **{status: PROBLEMS[status] for status in refusals}}


def _page(problem: ProblemType, base: str) -> str:
    example = json.dumps(problem.example(base), indent=2, ensure_ascii=False)
    return html("problem.html", problem=problem, example=example)

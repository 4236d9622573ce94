"""What every description says of errors: problems as problem documents, no status that cannot be, none left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from gateway.edge.routes import Room
from service_kit.app import StrictRoute
from service_kit.described import SCHEMA
from service_kit.problems import MEDIA_TYPE
from service_kit.promises import Promises
from tests.arch.test_routes_are_guarded import app_of, described, needs_token

OTHER_FORMS = ("/oauth/", "/ims/ob/v3p0/", "/vc/credentials/verify", "/vc/presentations/verify")
"""RFC 6749 and its family, imsx_StatusInfo, and verdicts that are 400: there beside problem documents."""
OWN_FORM = ("/ims/ob/v3p0/",)
NEVER_422 = ("/oauth/", "/vc/", "/.well-known/", "/ims/ob/v3p0/")
PAGE = "text/html"
EVERYWHERE = {"400", "429", "503"}


def errors(operation: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {status: found for status, found in operation["responses"].items() if status >= "400"}


def strict_operations(app: FastAPI) -> set[tuple[str, str]]:
    """Those that refuse unknown query parameters."""
    return {
        (method, str(context.path_format))
        for context in iter_route_contexts(app.router.routes)
        if isinstance(context.original_route, StrictRoute) and not context.original_route.open_query
        for method in context.methods or ()
    }


@pytest.mark.parametrize("room", Room)
def test_errors_are_problem_documents(room: Room) -> None:
    for (method, path), operation in described(app_of(room)).items():
        for status, answer in errors(operation).items():
            where, content = f"{method} {path} {status}", answer.get("content", {})
            if not path.startswith(OTHER_FORMS):
                assert content.get(MEDIA_TYPE) == {"schema": SCHEMA}, where
                assert content.keys() <= {MEDIA_TYPE, PAGE}, where
            assert "HTTPValidationError" not in str(answer), where


@pytest.mark.parametrize("room", Room)
def test_what_any_request_may_meet_is_described_everywhere(room: Room) -> None:
    app = app_of(room)
    strict = strict_operations(app)
    for (method, path), operation in described(app).items():
        if path.startswith(OWN_FORM):
            continue
        found = errors(operation)
        where = f"{method} {path}"
        assert found.keys() >= EVERYWHERE, where
        assert all("Retry-After" in found[status]["headers"] for status in ("429", "503")), where
        assert not needs_token(operation) or {"401", "403"} <= found.keys(), where
        assert "requestBody" not in operation or "413" in found, where
        assert (method, path) not in strict or "422" in found, where
        assert not (path.startswith(NEVER_422) and "422" in found), where


def app_with_a_gap() -> FastAPI:
    app = FastAPI()

    @app.get("/things/{name}", responses={404: {"content": {MEDIA_TYPE: {}}}})
    async def thing(name: str) -> str:
        return name

    return app


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path", "status", "media_type", "kept"),
    [
        ("GET", "/things/a", 200, "application/json", True),
        ("HEAD", "/things/a", 200, "application/json", True),
        ("GET", "/things/a", 404, MEDIA_TYPE, True),
        ("GET", "/things/a", 404, "application/json", False),
        ("GET", "/things/a", 409, MEDIA_TYPE, False),
        ("POST", "/things/a", 405, MEDIA_TYPE, True),
        ("GET", "/elsewhere", 404, "text/plain", True),
    ],
)
async def test_an_answer_that_is_not_promised_fails_the_test(
    method: str, path: str, status: int, media_type: str, kept: bool
) -> None:
    request = httpx.Request(method, f"http://laurel.test{path}")
    answer = httpx.Response(status, headers={"content-type": media_type}, request=request)
    if kept:
        await Promises(app_with_a_gap())(answer)
    else:
        with pytest.raises(AssertionError, match="describes only"):
            await Promises(app_with_a_gap())(answer)

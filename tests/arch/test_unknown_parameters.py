"""Every operation refuses a query parameter that it does not describe, except where a protocol says to ignore it."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI

from gateway.edge.routes import Room
from service_kit.testing import asgi_client
from tests.arch.test_routes_are_guarded import app_of, described

IGNORING = ("/oauth/", "/.well-known/", "/vc/", "/ims/ob/v3p0/")
"""RFC 6749 section 3.1 and its family; discovery documents; the VC-API; Open Badges 3.0."""
UNKNOWN = "no-such-parameter"


async def refused(app: FastAPI, method: str, template: str) -> bool:
    """Nothing is wired behind the application: what gets past the check of its query fails in another way."""
    async with asgi_client(app) as client:
        answer = await client.request(method, re.sub(r"{[^}]*}", "x", template), params={UNKNOWN: "1"})
    problem = answer.json() if answer.headers["content-type"] == "application/problem+json" else {}
    return answer.status_code == 422 and [error["field"] for error in problem.get("errors", ())] == [UNKNOWN]


@pytest.mark.asyncio
@pytest.mark.parametrize("room", Room)
async def test_unknown_parameters_are_refused_on_every_route_of_ours(room: Room) -> None:
    app = app_of(room)
    operations = set(described(app))
    refusing = {operation for operation in operations if await refused(app, *operation)}
    assert refusing == {(method, path) for method, path in operations if not path.startswith(IGNORING)}


@pytest.mark.parametrize("room", Room)
def test_every_operation_that_refuses_says_so(room: Room) -> None:
    silent = [
        (method, path)
        for (method, path), operation in described(app_of(room)).items()
        if not path.startswith(IGNORING) and not {"422", "default"} & set(_responses(operation))
    ]
    assert silent == []


def _responses(operation: dict[str, object]) -> dict[str, object]:
    responses = operation["responses"]
    assert isinstance(responses, dict)
    return responses

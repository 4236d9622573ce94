"""Raw HTTP to every operation of every room, over a socket: never a 5xx, every refusal in the form of its address."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import pytest

from gateway.edge.routes import Room
from service_kit.testing import MakeDatabase
from tests.arch.test_routes_are_guarded import app_of, described
from tests.described.rooms import Served, served
from tests.fuzz.requests import requests
from tests.fuzz.wire import Answer, Sent, Wire

pytestmark = [pytest.mark.db]

STEP = int(os.environ.get("LAUREL_RAW_HTTP_STEP", "3"))
"""Of so many requests to an operation one is sent, another one to the next operation; 1 sends them all."""
PROBLEM = {"type", "title", "status", "detail", "instance", "requestId"}
OAUTH = ("/oauth/token", "/oauth/par", "/oauth/introspect", "/oauth/revoke", "/oauth/register")
VERIFY = ("/vc/credentials/verify", "/vc/presentations/verify")


@pytest.fixture(params=Room, scope="module")
def room(request: pytest.FixtureRequest, make_database: MakeDatabase) -> Iterator[tuple[Room, Served]]:
    with served(request.param, make_database(str(request.param))) as running:
        yield request.param, running


def test_no_request_is_answered_with_a_fault_of_ours(room: tuple[Room, Served]) -> None:
    name, running = room
    app = app_of(name)
    schemas = app.openapi().get("components", {}).get("schemas", {})
    wire = Wire(int(urlsplit(running.url).port or 0))
    token = [(header.encode(), value.encode()) for header, value in running.headers.items()]
    wrong, heard = [], 0
    for turn, ((method, template), operation) in enumerate(described(app).items()):
        for sent in islice(requests(method, template, operation, schemas, running.known), turn % STEP, None, STEP):
            own = {header.lower() for header, _ in sent.headers}
            headers = [*sent.headers, *((header, value) for header, value in token if header.lower() not in own)]
            answer = wire.send(Sent(sent.name, method, sent.target, headers, sent.body, sent.chunks))
            heard += bool(answer.headers.get("x-request-id"))
            fault = _fault(sent, answer)
            if fault:
                wrong.append(f"{method} {template}, {sent.name}: {answer.status} {fault} {answer.body[:200]!r}")
    wire.close()
    assert wrong == []
    assert heard > 50  # not all of them were stopped by the HTTP parser


def _fault(sent: Sent, answer: Answer) -> str | None:
    """What is wrong with an answer."""
    if answer.status >= 500:
        return "is a fault of ours"
    if answer.status < 400 or not answer.headers or b"Invalid HTTP request" in answer.body:
        return None  # the last is the HTTP parser's own word, before any address is known
    if not answer.headers.get("x-request-id"):
        return "has no request id"
    if sent.name == "a page" and answer.media_type == "text/html":
        return None
    return None if _has_its_form(sent.target.decode("latin-1").partition("?")[0], answer) else "has another form"


def _has_its_form(path: str, answer: Answer) -> bool:
    if answer.media_type not in {"application/json", "application/problem+json"}:
        return False
    body: dict[str, Any] = answer.json()
    if path.startswith("/ims/"):
        return "imsx_codeMajor" in body
    if answer.media_type == "application/json":
        by_oauth = path.startswith(OAUTH) and "error" in body
        by_vc_api = path in VERIFY and answer.status == 400 and body["verified"] is False and bool(body["errors"])
        return by_oauth or by_vc_api
    said = (answer.headers["x-request-id"], answer.status)
    return body.keys() >= PROBLEM and (body["requestId"], body["status"]) == said

"""Below /ims/ the edge says no in the words of the Open Badges API."""

from __future__ import annotations

import pytest

from gateway.edge import Limits, Rate, Room
from tests.gateway.edge.conftest import StartEdge
from tests.gateway.edge.fleet import PLENTY, Edge, Reply, Tokens

CREDENTIALS = "/ims/ob/v3p0/credentials"


def _is_status_info(reply: Reply, status: int, minor: str) -> None:
    assert reply.status == status
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json.keys() == {"imsx_codeMajor", "imsx_severity", "imsx_description", "imsx_codeMinor"}
    assert (reply.json["imsx_codeMajor"], reply.json["imsx_severity"]) == ("failure", "error")
    assert reply.json["imsx_description"]
    assert reply.json["imsx_codeMinor"] == {
        "imsx_codeMinorField": [{"imsx_codeMinorFieldName": "laurel", "imsx_codeMinorFieldValue": minor}]
    }


def test_a_bad_token(edge: Edge) -> None:
    reply = edge.ask("GET", CREDENTIALS, headers={"Authorization": "Bearer a.b.c"})

    _is_status_info(reply, 401, "unauthorizedrequest")
    assert reply.headers["WWW-Authenticate"].startswith('Bearer realm="laurel", error="invalid_token"')


def test_a_token_for_somebody_else(edge: Edge, tokens: Tokens) -> None:
    headers = tokens.bearer(aud="https://elsewhere.example")

    _is_status_info(edge.ask("GET", CREDENTIALS, headers=headers), 401, "unauthorizedrequest")


@pytest.mark.parametrize("target", ["/ims/ob/v2p1/assertions", "/ims/ob/v3p0x", "/ims/"])
def test_no_such_address(edge: Edge, target: str) -> None:
    _is_status_info(edge.ask("GET", target), 404, "unknown")


def test_too_many_requests(start_edge: StartEdge) -> None:
    edge = start_edge(Limits(client=PLENTY, address=Rate(1, 3), sign_in=PLENTY))
    replies = [edge.ask("GET", CREDENTIALS) for _ in range(15)]

    _is_status_info(next(reply for reply in replies if reply.status != 200), 429, "server_busy")


def test_a_room_that_is_away(start_edge: StartEdge) -> None:
    edge = start_edge(None)
    edge.rooms[Room.ISSUER].close()
    reply = edge.ask("GET", CREDENTIALS)

    _is_status_info(reply, 503, "server_busy")
    assert reply.headers["Retry-After"] == "2"


def test_elsewhere_it_is_a_problem_document(edge: Edge) -> None:
    assert edge.ask("GET", "/imsx").headers["Content-Type"] == "application/problem+json"

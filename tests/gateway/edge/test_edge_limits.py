"""Sizes, rates, retries and what the edge says about them."""

from __future__ import annotations

import contextlib
import re

from gateway.edge import Limits, Rate, Room
from tests.gateway.edge.conftest import StartEdge
from tests.gateway.edge.fleet import BASE_URL, PLENTY, Edge, Reply, Tokens

MIB = 1024 * 1024
SCARCE = Rate(1, 3)


def _is_problem(reply: Reply, status: int, code: str) -> None:
    assert reply.status == status
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json["type"] == f"{BASE_URL}/problems/{code}"
    assert reply.json["status"] == status


def test_how_large_a_body_may_be_is_said_by_its_room(edge: Edge) -> None:
    assert edge.ask("POST", "/credentials", body=bytes(2 * MIB)).json["size"] == 2 * MIB


def test_the_edge_holds_no_bodies(edge: Edge) -> None:
    """Twenty uploads, all but their last bytes, are with the room: here they would be in the way of all."""
    before = edge.memory()
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(edge.begin_upload("/batches", 4 * MIB)) for _ in range(20)]
        assert edge.memory() - before < 20 * MIB
        assert edge.ask("GET", "/records/1").status == 200
        assert {one.finish().json["size"] for one in slow} == {4 * MIB}


def test_a_client_over_its_rate_waits_while_another_goes_on(start_edge: StartEdge, tokens: Tokens) -> None:
    edge = start_edge(Limits(client=SCARCE, address=PLENTY, sign_in=PLENTY))
    busy, calm = tokens.bearer(client_id="busy"), tokens.bearer(client_id="calm")
    replies = [edge.ask("GET", "/credentials/1", headers=busy) for _ in range(SCARCE.burst * 5)]
    refused = [reply for reply in replies if reply.status != 200]

    assert replies[0].status == 200
    assert replies[0].headers["X-RateLimit-Limit"] == "3"
    assert replies[0].headers["RateLimit-Policy"] == '"caller";q=3'
    assert re.fullmatch(r'"caller";r=2;t=[01]', replies[0].headers["RateLimit"])
    _is_problem(refused[0], 429, "limit-exceeded")
    assert refused[0].headers["Retry-After"] == "1"
    assert re.fullmatch(r'"caller";r=0;t=[01]', refused[0].headers["RateLimit"])
    assert edge.ask("GET", "/credentials/1", headers=calm).status == 200
    assert edge.ask("GET", "/credentials/1").status == 200


def test_a_window_is_told_where_it_holds_for_every_bucket(start_edge: StartEdge, tokens: Tokens) -> None:
    edge = start_edge(Limits(client=Rate(5, 10), address=Rate(50, 100), sign_in=Rate(10, 20)))
    assert edge.ask("GET", "/credentials/1", headers=tokens.bearer()).headers["RateLimit-Policy"] == '"caller";q=10;w=2'
    assert edge.ask("GET", "/records/1").headers["RateLimit-Policy"] == '"caller";q=100;w=2'
    assert edge.ask("POST", "/oauth/token", body=b"").headers["RateLimit-Policy"] == '"caller";q=20;w=2'


def test_what_was_not_counted_says_nothing_of_rates(edge: Edge) -> None:
    refused = edge.ask("GET", "/credentials/1", headers={"Authorization": "Bearer x.y.z"})
    assert refused.status == 401
    assert not [name for name in refused.headers if "ratelimit" in name.lower()]


def test_callers_without_a_token_are_counted_by_address(start_edge: StartEdge, tokens: Tokens) -> None:
    edge = start_edge(Limits(client=PLENTY, address=SCARCE, sign_in=PLENTY))
    replies = [edge.ask("GET", "/records/1") for _ in range(SCARCE.burst * 5)]

    assert any(reply.status == 429 for reply in replies)
    assert edge.ask("GET", "/records/1", headers=tokens.bearer()).status == 200


def test_guessing_secrets_is_slowed_down_by_address(start_edge: StartEdge, tokens: Tokens) -> None:
    edge = start_edge(Limits(client=PLENTY, address=PLENTY, sign_in=SCARCE))
    replies = [edge.ask("POST", "/oauth/token", body=b"") for _ in range(SCARCE.burst * 5)]

    _is_problem(next(reply for reply in replies if reply.status != 200), 429, "limit-exceeded")
    assert edge.ask("POST", "/credentials", headers=tokens.bearer(), body=b"{}").status == 200
    assert edge.ask("GET", "/oauth/jwks").status == 200


def test_a_forged_forwarded_address_is_not_believed(start_edge: StartEdge) -> None:
    edge = start_edge(Limits(client=PLENTY, address=SCARCE, sign_in=PLENTY))
    replies = [
        edge.ask("GET", "/records/1", headers={"X-Forwarded-For": f"203.0.113.{number}"})
        for number in range(SCARCE.burst * 5)
    ]

    assert any(reply.status == 429 for reply in replies)


def test_a_read_whose_connection_broke_is_asked_once_more(edge: Edge) -> None:
    room = edge.rooms[Room.REGISTRY]
    asked, room.drop_next = room.asked, 1

    assert edge.ask("GET", "/records/1").status == 200
    assert room.asked == asked + 2


def test_a_write_whose_connection_broke_is_never_repeated(edge: Edge) -> None:
    room = edge.rooms[Room.ISSUER]
    asked, room.drop_next = room.asked, 1

    reply = edge.ask("POST", "/credentials", body=b"{}")

    _is_problem(reply, 503, "unavailable")
    assert reply.headers["Retry-After"] == "2"
    assert room.asked == asked + 1


def test_header_names_with_underscores_are_refused(edge: Edge) -> None:
    assert edge.ask("GET", "/records/1", headers={"x_forwarded_for": "1"}).status == 400


def test_headers_over_the_limit_are_refused(edge: Edge) -> None:
    assert edge.ask("GET", "/records/1", headers={"X-Long": "a" * 40_000}).status == 431

"""What the edge answers by itself: to a person with a browser, to another protocol, and to another method."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from tests.gateway.edge.fleet import BASE_URL, Edge, Tokens

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PROBLEM = "application/problem+json"
WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def test_a_person_at_an_unknown_address_reads_a_page(edge: Edge) -> None:
    reply = edge.ask("GET", '/no"where<script>%25?q=<b>', headers=BROWSER)
    page = reply.body.decode()

    assert (reply.status, reply.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert (reply.headers["Cache-Control"], reply.headers["Vary"]) == ("no-store", "Accept")
    assert "<h1>There is no such thing</h1>" in page
    assert f'href="{BASE_URL}/problems/not-found"' in page
    assert "nowhere" not in page
    assert "<script" not in page


def test_the_pages_style_is_the_one_that_its_policy_lets_in(edge: Edge) -> None:
    reply = edge.ask("GET", "/nowhere", headers=BROWSER)
    style = re.search(r"<style>(.*)</style>", reply.body.decode())
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'")


@pytest.mark.parametrize("headers", [{}, {"Accept": "*/*"}, {"Accept": "application/json"}])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_program_reads_a_problem(edge: Edge, method: str, headers: dict[str, str]) -> None:
    reply = edge.ask(method, "/nowhere", headers=headers)
    assert (reply.status, reply.headers["Content-Type"]) == (404, PROBLEM)
    assert reply.headers["Cache-Control"] == "no-store"


def test_a_form_that_is_sent_nowhere_gets_a_problem(edge: Edge) -> None:
    assert edge.ask("POST", "/nowhere", headers=BROWSER).headers["Content-Type"] == PROBLEM


def test_a_refused_token_stays_refused_in_a_browser(edge: Edge) -> None:
    reply = edge.ask("GET", "/credentials", headers=BROWSER | {"Authorization": "Bearer <b>.x.y"})
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"].startswith('Bearer realm="laurel", error="invalid_token"')
    assert "<h1>No usable access token</h1>" in reply.body.decode()


@pytest.mark.parametrize("target", ["/credentials", "/"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_who_asks_for_another_protocol_is_told_that_there_is_none(
    edge: Edge, tokens: Tokens, target: str, *, signed_in: bool
) -> None:
    reply = edge.ask("GET", target, headers=WEBSOCKET | (tokens.bearer() if signed_in else {}))
    assert (reply.status, reply.headers["Content-Type"]) == (400, PROBLEM)
    assert reply.json["type"] == f"{BASE_URL}/problems/malformed-request"
    assert "Upgrade" in reply.json["detail"]
    assert "WWW-Authenticate" not in reply.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("target", ["/", "/healthz"])
def test_what_the_edge_itself_answers_is_read_only(edge: Edge, target: str, method: str) -> None:
    reply = edge.ask(method, target)
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert reply.json["type"] == f"{BASE_URL}/problems/method-not-allowed"


@pytest.mark.parametrize("target", ["/courses", "/nowhere", "/"])
def test_a_method_that_nobody_here_knows_is_not_implemented(edge: Edge, target: str) -> None:
    reply = edge.ask("PROPFIND", target)
    assert (reply.status, reply.headers["Content-Type"]) == (501, PROBLEM)
    assert reply.json["type"] == f"{BASE_URL}/problems/method-not-known"


@pytest.mark.parametrize(
    ("target", "allow"),
    [
        ("/courses?q=art", "HEAD, GET, POST, OPTIONS"),
        ("/courses/import", "POST, OPTIONS"),
        ("/courses/5c1d0b1e-2f83-4d7b-9d13-0f6b7c8e9a10", "HEAD, GET, PATCH, DELETE, OPTIONS"),
        ("/batches/1/rows", "HEAD, GET, OPTIONS"),
        ("/", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_query_that_says_not_what_it_carries_is_as_little_taken_as_another(
    edge: Edge, target: str, allow: str
) -> None:
    reply = edge.ask("QUERY", target)
    assert (reply.status, reply.headers["Content-Type"], reply.headers["Allow"]) == (405, PROBLEM, allow)
    assert reply.json["type"] == f"{BASE_URL}/problems/method-not-allowed"


def test_below_open_badges_it_is_refused_in_their_form(edge: Edge) -> None:
    reply = edge.ask("QUERY", "/ims/ob/v3p0/credentials")
    assert (reply.status, reply.headers["Allow"]) == (405, "HEAD, GET, POST, OPTIONS")
    assert reply.json["imsx_codeMajor"] == "failure"


def test_a_query_to_nowhere_cannot_be_read(edge: Edge) -> None:
    assert edge.ask("QUERY", "/nowhere").status == 400


@pytest.mark.parametrize("headers", [{"X_Underscore": "1"}, {"X-Large": "x" * 40_000}])
def test_what_cannot_be_read_is_refused_by_a_whole_problem(edge: Edge, headers: dict[str, str]) -> None:
    reply = edge.ask("GET", "/courses", headers=headers)
    assert reply.status in (400, 431)
    assert all(isinstance(reply.json[name], str) for name in ("type", "title", "detail", "instance", "requestId"))


def test_a_problem_names_the_address_and_the_request(edge: Edge) -> None:
    reply = edge.ask("GET", "/nowhere?a=b")
    assert (reply.json["instance"], reply.json["requestId"]) == ("/nowhere", reply.headers["X-Request-Id"])


@pytest.mark.parametrize("line", ["GET /courses HTTP/1.0", "GET /courses HTTP/1.2", "GET  /courses"])
def test_who_speaks_another_http_is_told_which(edge: Edge, line: str) -> None:
    reply = edge.ask_raw(f"{line}\r\n\r\n")
    assert (reply.status, reply.headers["Content-Type"]) == (400, PROBLEM)
    assert reply.json["type"] == f"{BASE_URL}/problems/malformed-request"
    assert "HTTP/1.1" in reply.json["detail"]


@pytest.mark.parametrize("coding", ["gzip, chunked", "gzip", "chunked, chunked"])
def test_a_coding_of_transfer_that_is_not_known_is_no_method(edge: Edge, coding: str) -> None:
    reply = edge.ask_raw(f"POST /courses HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {coding}\r\n\r\n0\r\n\r\n")
    assert (reply.status, reply.headers["Content-Type"]) == (400, PROBLEM)
    assert reply.json["type"] == f"{BASE_URL}/problems/malformed-request"


def test_an_address_may_be_too_large(edge: Edge) -> None:
    reply = edge.ask("GET", f"/courses?q={'x' * 40_000}")
    assert (reply.status, reply.json["type"]) == (431, f"{BASE_URL}/problems/headers-too-large")

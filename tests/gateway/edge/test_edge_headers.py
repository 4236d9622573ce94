"""What browsers and operators rely on: CORS, request ids, security headers, TLS and HTTP/2."""

from __future__ import annotations

import socket
import ssl
import struct

import pytest

from tests.gateway.edge.fleet import Edge

ORIGIN = {"Origin": "https://hr.example"}


def test_any_page_may_read_public_documents(edge: Edge) -> None:
    reply = edge.ask("GET", "/records/1", headers=ORIGIN)

    assert reply.headers.get_all("Access-Control-Allow-Origin") == ["*"]
    assert reply.headers["Access-Control-Allow-Credentials"] is None
    exposed = {name.strip().lower() for name in reply.headers["Access-Control-Expose-Headers"].split(",")}
    assert {"location", "link", "etag", "x-request-id", "retry-after"} <= exposed


def test_a_shared_cache_may_keep_one_answer_for_every_page(edge: Edge) -> None:
    assert edge.ask("GET", "/status-lists/1").headers.get_all("Access-Control-Allow-Origin") == ["*"]


@pytest.mark.parametrize(
    ("target", "method"),
    [("/credentials", "POST"), ("/issuers/stolaf", "PATCH"), ("/courses", "POST"), ("/oauth/token", "POST")],
)
def test_a_page_with_a_token_may_call_the_api(edge: Edge, target: str, method: str) -> None:
    asked = {room: server.asked for room, server in edge.rooms.items()}
    wanted = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type"}
    reply = edge.ask("OPTIONS", target, headers={**ORIGIN, **wanted})

    assert reply.status in {200, 204}
    assert method in reply.headers["Access-Control-Allow-Methods"]
    assert "authorization" in reply.headers["Access-Control-Allow-Headers"].lower()
    assert reply.headers["Access-Control-Allow-Credentials"] is None
    assert {room: server.asked for room, server in edge.rooms.items()} == asked


def test_a_refusal_can_be_read_by_the_page_that_caused_it(edge: Edge) -> None:
    reply = edge.ask("GET", "/credentials/1", headers={**ORIGIN, "Authorization": "Bearer nonsense"})

    assert reply.status == 401
    assert reply.headers.get_all("Access-Control-Allow-Origin") == ["*"]


@pytest.mark.parametrize("target", ["/oauth/authorize", "/login"])
def test_no_page_may_read_the_sign_in(edge: Edge, target: str) -> None:
    assert edge.ask("GET", target, headers=ORIGIN).headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize("target", ["/records/1", "/nothing", "/healthz", "/"])
def test_answers_tell_nothing_about_the_server_and_are_not_sniffed(edge: Edge, target: str) -> None:
    reply = edge.ask("GET", target)

    assert reply.headers["Server"] is None
    assert not [name for name in reply.headers if name.lower().startswith("x-envoy")]
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Strict-Transport-Security"] is None


def test_a_request_has_one_id_everywhere(edge: Edge) -> None:
    reply = edge.ask("GET", "/records/1", headers={"X-Request-Id": "forged"})

    assert reply.headers.get_all("X-Request-Id") == [reply.json["headers"]["x-request-id"]]
    assert reply.headers["X-Request-Id"] != "forged"


def test_a_caller_cannot_steer_the_edge_by_its_own_headers(edge: Edge) -> None:
    forged = {"X-Envoy-Original-Path": "/admin", "X-Envoy-Upstream-Rq-Timeout-Ms": "1", "X-Envoy-Retry-On": "5xx"}
    seen = edge.ask("GET", "/records/1", headers=forged).json["headers"]

    assert seen["x-forwarded-proto"] == "http"
    assert not {name.lower() for name in forged} & seen.keys()
    assert edge.ask("GET", "/nothing", headers=forged).json["instance"] == "/nothing"


def test_the_tls_port_serves_the_same_routes_and_asks_to_stay_on_tls(edge: Edge) -> None:
    reply = edge.ask_tls("GET", "/issuers/stolaf/did.json")

    assert reply.json["room"] == "registry"
    assert reply.json["headers"]["x-forwarded-proto"] == "https"
    assert reply.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert edge.ask_tls("GET", "/nothing").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_the_tls_port_speaks_http_2_with_bounded_streams(edge: Edge) -> None:
    context = edge.tls()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", edge.tls_port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"
        # RFC 9113 §3.4: the client's preface and an empty SETTINGS frame; the server's SETTINGS come first in answer.
        secure.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + struct.pack(">I", 0)[1:] + bytes([4, 0, 0, 0, 0, 0]))
        frames = secure.makefile("rb")
        header = frames.read(9)
        length, kind = int.from_bytes(header[:3]), header[3]
        payload = frames.read(length)

    assert kind == 4
    settings = dict(struct.iter_unpack(">HI", payload))
    assert settings[3] == 100  # SETTINGS_MAX_CONCURRENT_STREAMS


@pytest.mark.parametrize(
    ("ciphers", "good"),
    [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", True),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", True),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", False),
        ("ECDHE-ECDSA-AES128-SHA256", False),
        ("AES128-GCM-SHA256", False),
    ],
)
def test_tls_1_2_is_what_rfc_9325_recommends_and_nothing_else(edge: Edge, ciphers: str, good: bool) -> None:
    context = edge.tls()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    with socket.create_connection(("127.0.0.1", edge.tls_port), timeout=10) as plain:
        if good:
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                assert secure.version() == "TLSv1.2"
            return
        with pytest.raises(ssl.SSLError):
            context.wrap_socket(plain, server_hostname="localhost")

"""The edge refuses bad access tokens itself, passes missing ones on, and keeps out of client authentication."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from gateway.edge import Room
from tests.gateway.edge.conftest import make_edge
from tests.gateway.edge.fleet import BASE_URL, Edge, Tokens, eventually


def _unsigned() -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"iss": BASE_URL, "aud": BASE_URL, "client_id": "x", "exp": int(time.time()) + 600}
    return f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{part(claims)}."


def _bad_tokens() -> list[tuple[str, str]]:
    tokens = Tokens()
    stranger = ECKey.generate_key("P-256", {"kid": "edge-test"})
    unknown = ECKey.generate_key("P-256", {"kid": "unknown"})
    return [
        ("another key under our kid", tokens.token(key=stranger)),
        ("an unknown key", tokens.token(key=unknown)),
        ("alg none", _unsigned()),
        ("not a token", "nonsense"),
        ("empty", "a.b.c"),
    ]


def _assert_refused(edge: Edge, token: str) -> None:
    reply = edge.ask("GET", "/credentials/1", headers={"Authorization": f"Bearer {token}"})

    assert reply.status == 401
    assert reply.headers["Content-Type"] == "application/problem+json"
    challenge = reply.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer realm="laurel", error="invalid_token", error_description="the access')
    assert challenge.endswith(f', resource_metadata="{BASE_URL}/.well-known/oauth-protected-resource"')
    assert len(reply.headers.get_all("WWW-Authenticate") or []) == 1
    assert reply.json["type"] == f"{BASE_URL}/problems/unauthorized"
    assert reply.json["status"] == 401
    assert reply.json["instance"] == "/credentials/1"
    assert reply.json["detail"]


@pytest.mark.parametrize(("what", "token"), _bad_tokens(), ids=lambda value: value.replace(" ", "-")[:20])
def test_bad_token_is_refused_with_a_reason(edge: Edge, what: str, token: str) -> None:
    _assert_refused(edge, token)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 120},
        {"iss": "https://elsewhere.example"},
        {"aud": ["https://elsewhere.example"]},
        {"nbf": int(time.time()) + 600},
    ],
    ids=lambda claims: next(iter(claims)),
)
def test_token_with_a_wrong_claim_is_refused(edge: Edge, tokens: Tokens, claims: dict[str, Any]) -> None:
    _assert_refused(edge, tokens.token(**claims))


def test_token_without_an_end_is_refused(edge: Edge, tokens: Tokens) -> None:
    _assert_refused(edge, tokens.token(exp=None))


def test_good_token_goes_on_unchanged(edge: Edge, tokens: Tokens) -> None:
    headers = tokens.bearer()
    reply = edge.ask("POST", "/credentials", headers=headers, body=b"{}")

    assert reply.status == 200
    assert reply.json["headers"]["authorization"] == headers["Authorization"]


def test_bound_token_goes_on_with_its_proof(edge: Edge, tokens: Tokens) -> None:
    headers = {"Authorization": f"DPoP {tokens.token()}", "DPoP": "proof"}
    reply = edge.ask("POST", "/credentials", headers=headers, body=b"{}")

    assert reply.status == 200
    assert reply.json["headers"]["authorization"] == headers["Authorization"]
    assert reply.json["headers"]["dpop"] == "proof"


def test_bad_token_is_no_better_for_another_scheme(edge: Edge, tokens: Tokens) -> None:
    headers = {"Authorization": f"DPoP {tokens.token(exp=1)}"}
    assert edge.ask("GET", "/credentials/1", headers=headers).status == 401


def test_token_for_several_audiences_goes_on(edge: Edge, tokens: Tokens) -> None:
    audiences = ["https://elsewhere.example", BASE_URL]
    assert edge.ask("GET", "/credentials/1", headers=tokens.bearer(aud=audiences)).status == 200


def test_missing_token_is_left_to_the_room(edge: Edge) -> None:
    assert edge.ask("GET", "/credentials/1").json["room"] == "issuer"


def test_access_token_in_the_query_is_not_looked_at(edge: Edge) -> None:
    assert edge.ask("GET", "/credentials/1?access_token=nonsense").status == 200


def test_expired_token_is_refused_on_public_reads_too(edge: Edge, tokens: Tokens) -> None:
    assert edge.ask("GET", "/records/1", headers=tokens.bearer(exp=1)).status == 401


@pytest.mark.parametrize("authorization", ["Basic Y2xpZW50OnNlY3JldA==", "Bearer opaque-registration-token", "DPoP x"])
def test_oauth_endpoints_see_whatever_credentials_were_sent(edge: Edge, authorization: str) -> None:
    headers = {"Authorization": authorization, "DPoP": "proof"}
    reply = edge.ask("POST", "/oauth/token", headers=headers, body=b"grant_type=client_credentials")

    assert reply.status == 200
    assert reply.json["headers"]["authorization"] == authorization
    assert reply.json["headers"]["dpop"] == "proof"


def test_one_line_is_logged_for_each_request_without_its_secrets(edge: Edge, tokens: Tokens) -> None:
    token = tokens.token(client_id="logged-client")
    edge.ask("GET", "/verifications/logged?email=a@b.example", headers={"Authorization": f"Bearer {token}"})
    edge.ask("GET", "/oauth/authorize?code_challenge=hush")
    asked = {"/verifications/logged", "/oauth/authorize"}  # Envoy's workers write their lines each in its time
    eventually(lambda: asked <= {line["path"] for line in edge.requests_logged()})

    lines = edge.requests_logged()
    line = next(line for line in lines if line["path"] == "/verifications/logged")
    assert (line["method"], line["status"], line["room"], line["client_id"]) == (
        "GET",
        200,
        "verifier",
        "logged-client",
    )
    text = edge.log.read_text()
    assert "hush" not in text
    assert "a@b.example" not in text
    assert token not in text


@pytest.fixture
def beginning(tmp_path: Path) -> Iterator[Edge]:
    """An edge that has not begun, whose gateway has no keys yet."""
    with ExitStack() as stack:
        yield make_edge(stack, None, tmp_path)


def test_where_there_are_no_keys_no_token_is_said_to_be_bad(beginning: Edge, tokens: Tokens) -> None:
    beginning.start()
    eventually(lambda: beginning.ask("GET", "/healthz").status == 200, beginning.log)
    for path, member in (("/credentials/1", "detail"), ("/ims/ob/v3p0/credentials", "imsx_description")):
        refused = beginning.ask("GET", path, headers=tokens.bearer())
        assert refused.status == 503
        assert refused.headers["Retry-After"] == "2"
        assert refused.json[member] == "no access token can be checked for now; try again"
        assert beginning.ask("GET", path).status == 200, "who shows none needs no keys"

    beginning.rooms[Room.GATEWAY].jwks = tokens.jwks
    eventually(lambda: beginning.ask("GET", "/credentials/1", headers=tokens.bearer()).status == 200, beginning.log)


def test_an_edge_lets_nobody_in_before_it_has_keys(beginning: Edge, tokens: Tokens) -> None:
    gateway = beginning.rooms[Room.GATEWAY]
    gateway.jwks = tokens.jwks
    gateway.answers.clear()
    threading.Timer(0.3, gateway.answers.set).start()
    beginning.start()
    assert gateway.answers.is_set()
    assert beginning.ask("GET", "/credentials/1", headers=tokens.bearer()).status == 200

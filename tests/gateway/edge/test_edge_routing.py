"""Each public address reaches its room, unchanged; nothing else reaches any."""

from __future__ import annotations

import re

import pytest

from gateway.edge import ROUTES, Room, Route
from gateway.edge.routes import Path, Pattern, Under
from tests.gateway.edge.fleet import BASE_URL, Edge

ADDRESSES = [
    ("gateway", "GET", "/.well-known/oauth-authorization-server"),
    ("gateway", "GET", "/.well-known/openid-configuration"),
    ("gateway", "GET", "/.well-known/oauth-protected-resource"),
    ("gateway", "GET", "/.well-known/oauth-protected-resource/credentials"),
    ("gateway", "POST", "/oauth/token"),
    ("gateway", "GET", "/oauth/authorize?client_id=1&state=2"),
    ("gateway", "POST", "/oauth/introspect"),
    ("gateway", "GET", "/oauth/logout?client_id=1&state=2"),
    ("gateway", "GET", "/organizations"),
    ("gateway", "PATCH", "/organizations/1"),
    ("gateway", "POST", "/clients"),
    ("gateway", "DELETE", "/clients/1"),
    ("gateway", "GET", "/login"),
    ("gateway", "GET", "/docs"),
    ("gateway", "GET", "/docs/swagger-ui.js"),
    ("gateway", "GET", "/problems"),
    ("gateway", "GET", "/problems/not-found"),
    ("gateway", "GET", "/sandbox"),
    ("gateway", "GET", "/sandbox/revoked"),
    ("gateway", "POST", "/login/password"),
    ("catalog", "GET", "/courses?q=biology&limit=5"),
    ("catalog", "POST", "/courses"),
    ("catalog", "POST", "/courses/import"),
    ("catalog", "GET", "/achievements/1/versions/2"),
    ("catalog", "POST", "/achievements/1/publish"),
    ("catalog", "GET", "/pathways"),
    ("catalog", "POST", "/pathways"),
    ("catalog", "GET", "/skills/1"),
    ("catalog", "POST", "/skills"),
    ("catalog", "GET", "/skill-frameworks/1"),
    ("catalog", "POST", "/skill-frameworks"),
    ("catalog", "POST", "/job-profiles/match"),
    ("catalog", "POST", "/achievements/import"),
    ("catalog", "GET", "/achievements/1/export?format=elm"),
    ("catalog", "GET", "/metadata-profiles"),
    ("catalog", "GET", "/changes?cursor=x"),
    ("catalog", "GET", "/robots.txt"),
    ("catalog", "GET", "/sitemap.xml"),
    ("catalog", "GET", "/sitemaps/a0.xml"),
    ("catalog", "GET", "/export?format=ctdl"),
    ("catalog", "GET", "/pathways/export?format=elm"),
    ("registry", "GET", "/issuers/north/export?format=ctdl"),
    ("registry", "GET", "/records/issuers/export?format=elm"),
    ("catalog", "PUT", "/metadata-profiles/ours"),
    ("catalog", "GET", "/contexts/micro-credential/v1"),
    ("catalog", "GET", "/contexts/recognition-decision/v1"),
    ("issuer", "GET", "/issuers"),
    ("issuer", "GET", "/issuers?limit=2"),
    ("issuer", "POST", "/issuers"),
    ("issuer", "PATCH", "/issuers/stolaf"),
    ("issuer", "PUT", "/issuers/stolaf"),
    ("issuer", "DELETE", "/issuers/stolaf"),
    ("issuer", "GET", "/issuers/stolaf/keys"),
    ("issuer", "POST", "/issuers/stolaf/keys"),
    ("issuer", "POST", "/credentials"),
    ("issuer", "GET", "/credentials/1"),
    ("issuer", "POST", "/credentials/1/revoke"),
    ("issuer", "GET", "/stacks?status=waiting"),
    ("issuer", "POST", "/stacks/1/approve"),
    ("issuer", "POST", "/recognitions"),
    ("issuer", "POST", "/recognitions/agreements/1/sign"),
    ("issuer", "POST", "/recognitions/1/decision"),
    ("issuer", "GET", "/recognition-agreements/1"),
    ("issuer", "POST", "/recognition-agreements/1/statements"),
    ("issuer", "POST", "/issuers/stolaf/endorsements"),
    ("issuer", "GET", "/endorsements?role=given"),
    ("issuer", "POST", "/endorsements"),
    ("issuer", "POST", "/endorsements/1/accept"),
    ("issuer", "POST", "/batches"),
    ("issuer", "GET", "/batches/1"),
    ("issuer", "POST", "/offers"),
    ("issuer", "GET", "/learners/me"),
    ("issuer", "GET", "/learners/me/credentials"),
    ("issuer", "POST", "/learners/me/credentials/0f8fad5b-d9cb-469f-a165-70867728950e/record"),
    ("issuer", "GET", "/learners/me/pathways/1"),
    ("issuer", "POST", "/learners/me/consents"),
    ("issuer", "GET", "/progress?pathway=1"),
    ("issuer", "GET", "/progress/1"),
    ("issuer", "POST", "/learners/me/recognitions"),
    ("issuer", "POST", "/learners/me/recognitions/1/decision"),
    ("issuer", "GET", "/learners/me/hosts/return/1?code=2&state=3"),
    ("issuer", "POST", "/learners/me/hosts/1/push"),
    ("issuer", "GET", "/learners/me/hosts/1/profile"),
    ("issuer", "GET", "/ims/ob/v3p0/logo.svg"),
    ("issuer", "GET", "/ims/ob/v3p0/discovery"),
    ("issuer", "GET", "/ims/ob/v3p0/credentials"),
    ("issuer", "POST", "/vc/credentials/issue"),
    ("issuer", "POST", "/vc/ecdsa-sd-2023/credentials/issue"),
    ("issuer", "POST", "/vc/credentials/status"),
    ("issuer", "POST", "/vc/credentials/derive"),
    ("registry", "GET", "/issuers/stolaf"),
    ("registry", "HEAD", "/issuers/stolaf"),
    ("registry", "GET", "/issuers/stolaf?format=page"),
    ("registry", "GET", "/issuers/stolaf/did.json"),
    ("registry", "GET", "/records"),
    ("registry", "GET", "/records/0f4b"),
    ("registry", "GET", "/statistics?issuer=stolaf"),
    ("registry", "GET", "/status-lists/1"),
    ("registry", "GET", "/log/checkpoint"),
    ("registry", "GET", "/accreditations"),
    ("registry", "POST", "/accreditations"),
    ("verifier", "POST", "/verifications"),
    ("verifier", "GET", "/verifications/1"),
    ("verifier", "POST", "/monitors"),
    ("verifier", "GET", "/receipts/1"),
    ("verifier", "POST", "/presentation-requests"),
    ("verifier", "POST", "/vc/credentials/verify"),
    ("verifier", "POST", "/vc/presentations/verify"),
    ("verifier", "POST", "/vc/challenges"),
]


@pytest.mark.parametrize(("room", "method", "target"), ADDRESSES)
def test_address_reaches_its_room_unchanged(edge: Edge, room: str, method: str, target: str) -> None:
    asked = edge.rooms[Room(room)].asked
    reply = edge.ask(method, target)

    assert reply.status == 200
    assert edge.rooms[Room(room)].asked == asked + 1
    if method != "HEAD":
        assert (reply.json["room"], reply.json["method"], reply.json["path"]) == (room, method, target)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.room} {route.match.value} {route.methods}")
def test_every_row_of_the_table_has_an_address_here(route: Route) -> None:
    elsewhere = [*ADDRESSES, ("gateway", "GET", "/oauth/jwks"), ("gateway", "GET", "/openapi.json")]
    elsewhere += [(r, "GET", f"/openapi/{r}.json") for r in Room]
    assert any(_first_match(method, target) is route for _, method, target in elsewhere)


def _first_match(method: str, target: str) -> Route | None:
    path = target.partition("?")[0]
    rows = (route for route in ROUTES if not route.methods or method in route.methods)
    return next((route for route in rows if _matches(route.match, path)), None)


def _matches(wanted: Path | Under | Pattern, path: str) -> bool:
    match wanted:
        case Path(value):
            return path == value
        case Under(value):
            return path == value or path.startswith(f"{value}/")
        case Pattern(value):
            return re.fullmatch(value, path) is not None


@pytest.mark.parametrize("room", [room.value for room in Room])
def test_a_rooms_description_is_its_own_openapi_document(edge: Edge, room: str) -> None:
    reply = edge.ask("GET", f"/openapi/{room}.json")

    assert (reply.json["room"], reply.json["path"]) == (room, "/openapi.json")


def test_the_description_of_the_whole_is_the_gateways(edge: Edge) -> None:
    reply = edge.ask("GET", "/openapi.json")

    assert (reply.json["room"], reply.json["path"]) == ("gateway", "/docs/openapi.json")


@pytest.mark.parametrize(
    "target",
    [
        "/nothing",
        "/metrics",
        "/livez",
        "/readyz",
        "/openapi/nobody.json",
        "/coursesx",
        "/issuersx/1",
        "/vc/credentials/other",
        "/courses/../metrics",
        "/courses/%2e%2e/metrics",
        "/ready",
        "/stats/prometheus",
    ],
)
def test_any_other_address_is_a_problem_document(edge: Edge, target: str) -> None:
    reply = edge.ask("GET", target)

    assert reply.status == 404
    assert reply.headers["Content-Type"] == "application/problem+json"
    problem = reply.json
    assert problem["type"] == f"{BASE_URL}/problems/not-found"
    assert (problem["title"], problem["status"]) == ("There is no such thing", 404)
    assert problem["requestId"] == reply.headers["X-Request-Id"]


def test_the_problem_names_the_path_without_its_query(edge: Edge) -> None:
    assert edge.ask("GET", "/nothing?secret=1").json["instance"] == "/nothing"


@pytest.mark.parametrize(
    "target",
    [
        "/records/http%3A%2F%2Flocalhost%3A8080%2Fcredentials%2F0f4b",
        "/records/http://localhost:8080/credentials/0f4b",
        "/records/urn%3Auuid%3A0f4b",
        "/records/%E2%82%AC",
    ],
)
def test_a_whole_credential_id_reaches_the_registry_as_it_was_written(edge: Edge, target: str) -> None:
    reply = edge.ask("GET", target)

    assert (reply.json["room"], reply.json["path"]) == ("registry", target)


def test_the_bare_origin_is_the_front_page_in_a_browser(edge: Edge) -> None:
    reply = edge.ask("GET", "/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    assert (reply.json["room"], reply.json["path"]) == ("gateway", "/docs/welcome")


def test_the_bare_origin_says_where_to_go_on(edge: Edge) -> None:
    reply = edge.ask("GET", "/")

    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json["authorization_server"] == f"{BASE_URL}/.well-known/oauth-authorization-server"
    assert reply.json["openapi"]["all"] == f"{BASE_URL}/openapi.json"
    assert reply.json["openapi"]["catalog"] == f"{BASE_URL}/openapi/catalog.json"

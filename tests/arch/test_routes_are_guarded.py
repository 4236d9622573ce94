"""No route is forgotten: each is in its service's generated tests of tokens, scopes and tenants, or open by choice."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping
from functools import cache

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from gateway.edge.routes import ROUTES, Path, Pattern, Room, Route, Under
from tests.catalog import test_access as catalog
from tests.gateway import test_routes as gateway
from tests.issuer import test_http_tenants as issuer
from tests.verifier import test_http as verifier

Operation = tuple[str, str]

OPEN: Mapping[Room, set[Operation]] = {
    Room.GATEWAY: {
        ("GET", "/.well-known/oauth-authorization-server"),
        ("GET", "/.well-known/openid-configuration"),
        ("GET", "/.well-known/oauth-protected-resource"),
        ("GET", "/oauth/jwks"),
        ("GET", "/problems"),
        ("GET", "/problems/{code}"),
        ("GET", "/sandbox"),
        ("GET", "/sandbox/{name}"),
        # Clients show their own credentials here, no access token.
        ("POST", "/oauth/token"),
        ("POST", "/oauth/par"),
        # Open by RFC 7591, or with an access token; after that with the registration's own token.
        ("POST", "/oauth/register"),
        ("GET", "/oauth/register/{client}"),
        ("PUT", "/oauth/register/{client}"),
        ("DELETE", "/oauth/register/{client}"),
        ("POST", "/oauth/introspect"),
        ("POST", "/oauth/revoke"),
    },
    Room.CATALOG: {
        ("GET", "/courses"),
        ("GET", "/courses/{course_id}"),
        ("GET", "/courses/import/template.csv"),
        ("GET", "/achievements"),
        ("GET", "/achievements/{achievement_id}"),
        ("GET", "/achievements/{achievement_id}/versions"),
        ("GET", "/achievements/{achievement_id}/versions/{version}"),
        ("GET", "/pathways"),
        ("GET", "/pathways/{pathway_id}"),
        ("GET", "/pathways/{pathway_id}/versions"),
        ("GET", "/pathways/{pathway_id}/versions/{version}"),
        ("POST", "/pathways/{pathway_id}/evaluations"),
        ("POST", "/job-profiles/match"),
        ("GET", "/skill-frameworks"),
        ("GET", "/skill-frameworks/{framework_id}"),
        ("GET", "/skills"),
        ("GET", "/skills/{skill_id}"),
        ("GET", "/contexts/micro-credential/v1"),
        ("GET", "/contexts/recognition-decision/v1"),
        ("GET", "/achievements/{achievement_id}/export"),
        ("GET", "/achievements/export"),
        ("GET", "/export"),
        ("GET", "/pathways/export"),
        ("GET", "/pathways/{pathway_id}/export"),
        ("GET", "/metadata-profiles"),
        ("GET", "/changes"),
        ("GET", "/metadata-profiles/{name}"),
    },
    Room.ISSUER: {
        ("GET", "/ims/ob/v3p0/discovery"),
        ("GET", "/recognition-agreements"),
        ("GET", "/recognition-agreements/{agreement_id}"),
        # Partners elsewhere show a signature here, no access token.
        ("POST", "/recognition-agreements/{agreement_id}/statements"),
    },
    Room.REGISTRY: {
        ("GET", "/issuers/{slug}"),
        ("GET", "/issuers/{slug}/did.json"),
        ("GET", "/issuers/{slug}/export"),
        ("GET", "/records/issuers/export"),
        ("GET", "/records/{credential}"),
        ("GET", "/statistics"),
        ("GET", "/status-lists/{list_id}"),
    },
    Room.VERIFIER: set(),
}
"""Nobody's things, or everybody's: answered without an access token."""

HIDDEN = {("GET", path) for path in ("/openapi.json", "/livez", "/readyz", "/metrics", "/records/page.css")} | {
    (method, path) for method in ("GET", "POST") for path in ("/oauth/authorize", "/login", "/login/consent")
}
HIDDEN |= {
    (method, f"/login/{page}")
    for method in ("GET", "POST")
    for page in (
        "invitations",
        "passkeys",
        "address",
        "address/confirm",
        "forgotten",
        "password",
        "sign-up",
        "sign-up/account",
    )
}
HIDDEN |= {("GET", "/achievements/page.css")}
HIDDEN |= {("GET", path) for path in ("/robots.txt", "/sitemap.xml", "/sitemaps/{part}.xml")}  # for search engines
HIDDEN |= {("GET", "/login/passkey.js"), ("POST", "/login/passkey"), ("POST", "/login/passkeys/change")}
HIDDEN |= {
    ("GET", f"/docs{file}")
    for file in ("", "/try", "/welcome", "/openapi.json", "/start.js", "/swagger-ui.js", "/swagger-ui.css")
}
HIDDEN |= {("GET", "/learners/me/hosts/return/{host_id}"), ("GET", "/ims/ob/v3p0/logo.svg")}
HIDDEN |= {("GET", "/login/answer.js"), ("GET", "/login/organization")}
HIDDEN |= {("POST", f"/login/organization/{what}") for what in ("invitations", "programs")}
HIDDEN |= {("GET", "/oauth/logout"), ("POST", "/oauth/logout"), ("POST", "/login/leave")}
HIDDEN |= {("POST", "/login/sign-up/membership"), ("POST", "/login/end"), ("GET", "/login/page.css")}
"""Answered and not described: for probes and scrapers behind the edge, pages for people and their style."""

ANY = {"any method"}

GUARDED: Mapping[Room, set[Operation]] = {
    Room.GATEWAY: {(method.upper(), path) for method, path in gateway.PROTECTED},
    Room.CATALOG: set(catalog.PROTECTED),
    Room.ISSUER: {(method, path) for method, _, path in (route.partition(" ") for route in issuer.protected_routes())},
    Room.REGISTRY: set(),
    Room.VERIFIER: set(verifier.ROUTES),
}
"""What each service's generated tests ask for without a token, with another scope, and as another tenant."""


@cache
def app_of(room: Room) -> FastAPI:
    """The room's application with nothing behind it: made once, for nobody changes it."""
    made: FastAPI = importlib.import_module(f"{room}.main").create_openapi_app()
    return made


def described(app: FastAPI) -> dict[Operation, dict[str, object]]:
    return {
        (method.upper(), path): operation
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
    }


def needs_token(operation: Mapping[str, object]) -> bool:
    security = operation.get("security", [])
    assert isinstance(security, list)
    return {} not in security and any("accessToken" in one for one in security)


@pytest.mark.parametrize("room", Room)
def test_every_operation_is_guarded_and_tested_or_open_by_choice(room: Room) -> None:
    operations = described(app_of(room))
    assert set(operations) == GUARDED[room] | OPEN[room]
    assert not GUARDED[room] & OPEN[room]
    assert {name for name, operation in operations.items() if needs_token(operation)} == GUARDED[room]


@pytest.mark.parametrize("room", Room)
def test_every_route_is_described_or_hidden_by_choice(room: Room) -> None:
    app = app_of(room)
    answered = {
        (method, context.path_format)
        for context in iter_route_contexts(app.router.routes)
        for method in (context.methods or ANY) - {"HEAD"}
    }
    assert {("GET", "/livez"), *described(app)} <= answered
    assert answered - set(described(app)) <= HIDDEN


@pytest.mark.parametrize("room", Room)
def test_every_operation_is_reached_through_the_edge(room: Room) -> None:
    lost = [operation for operation in described(app_of(room)) if room_behind(*operation) is not room]
    assert lost == []


def room_behind(method: str, template: str) -> Room | None:
    """Where the edge sends it."""
    row = row_behind(method, template)
    return row.room if row else None


def row_behind(method: str, template: str) -> Route | None:
    """By which of its rows: the first that matches wins."""
    path = template.replace("{", "").replace("}", "")
    return next((row for row in _rows(method) if _matches(row, path)), None)


def _rows(method: str) -> Iterable[Route]:
    return (row for row in ROUTES if not row.methods or method in row.methods)


def _matches(row: Route, path: str) -> bool:
    match row.match:
        case Path(value):
            return path == value
        case Under(value):
            return path == value or path.startswith(f"{value}/")
        case Pattern(value):
            return re.fullmatch(value, path) is not None

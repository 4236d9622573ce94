"""A web page of any origin calls what is described, with headers that are described, and reads what is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gateway.edge.filters import EXPOSED_HEADERS, REQUEST_HEADERS, cors_policy
from gateway.edge.routes import Access
from tests.arch.test_routes_are_guarded import row_behind
from tests.deploy.manifests import ROOT

DESCRIBED = json.loads((ROOT / "docs/openapi.json").read_text(encoding="utf-8"))
GUIDE = (ROOT / "docs/oauth-clients.md").read_text(encoding="utf-8")
OF_THE_EDGE = {"/", "/healthz"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, found in DESCRIBED["paths"].items():
        for method, operation in found.items():
            yield method.upper(), path, operation


def listed(names: str) -> set[str]:
    return {name.strip() for name in names.split(",")}


def test_a_browser_that_asks_first_is_let_do_what_there_is() -> None:
    for method, path, _ in operations():
        row = row_behind("OPTIONS", path)
        if path in OF_THE_EDGE or (row and row.access is Access.PAGE):
            continue
        assert row is not None, path
        assert method in listed(cors_policy(row.access)["allow_methods"]), (method, path)


def test_headers_that_are_described_may_be_sent_and_read() -> None:
    sent: set[str] = set()
    answered: set[str] = set()
    for _, _, operation in operations():
        sent |= {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
        answered |= {name for answer in operation["responses"].values() for name in answer.get("headers", {})}
    assert sent
    assert answered
    assert sent <= listed(REQUEST_HEADERS)
    assert answered <= listed(EXPOSED_HEADERS)


def test_the_guide_tells_them() -> None:
    assert all(f"`{name}`" in GUIDE for name in listed(REQUEST_HEADERS) - {"Accept", "Accept-Language", "Content-Type"})
    assert all(address in GUIDE for address in ("/oauth/authorize", "/login", "/oauth/logout"))

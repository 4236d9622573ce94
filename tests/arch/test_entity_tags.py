"""Whatever is changed at an address of its own is read there with a tag, and changed under If-Match (ADR 68)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.edge.routes import Room
from tests.arch.test_routes_are_guarded import Operation, app_of, described
from tests.catalog import test_entity_tags as catalog
from tests.gateway import test_entity_tags as gateway
from tests.issuer import test_entity_tags as issuer
from tests.verifier import test_entity_tags as verifier

THERE_OR_NOT = "it is there or not: nothing in it is ever changed, so nothing can be overwritten"
OF_REGISTRATION = "RFC 7592 knows no such header; a registration has one holder of its token"
ERASED = "what a person erases is erased in whatever state it is"
WITHOUT: Mapping[Operation, str] = {
    ("PUT", "/oauth/register/{client}"): OF_REGISTRATION,
    ("DELETE", "/oauth/register/{client}"): OF_REGISTRATION,
    ("PUT", "/ims/ob/v3p0/profile"): "the API of Open Badges 3.0 knows no such header",
    ("DELETE", "/organizations/{organization}/invitations/{invitation}"): THERE_OR_NOT,
    ("DELETE", "/learners/me/backpack"): ERASED,
    ("DELETE", "/learners/me/backpack/{kept_id}"): ERASED,
    ("DELETE", "/learners/me/consents/{consent_id}"): ERASED,
    ("DELETE", "/learners/me/recognitions/{recognition_id}"): ERASED,
}
"""What is changed without If-Match, and why."""
TRIED = {
    *catalog.CASES,
    *gateway.CASES,
    *issuer.CASES,
    *issuer.READ_ELSEWHERE,
    *issuer.TRIED_BESIDE,
    *verifier.CASES,
    *verifier.TRIED_BESIDE,
}
"""What the services' own tests do to each route that takes If-Match."""


def operations() -> dict[Operation, dict[str, Any]]:
    return {name: operation for room in Room for name, operation in described(app_of(room)).items()}


def header(operation: Mapping[str, Any], name: str) -> bool:
    return any(each["in"] == "header" and each["name"] == name for each in operation.get("parameters", []))


def tagged(operation: Mapping[str, Any], *statuses: str) -> bool:
    return all("ETag" in operation["responses"].get(status, {}).get("headers", {}) for status in statuses)


def successes(operation: Mapping[str, Any]) -> list[str]:
    return [status for status in operation["responses"] if "200" <= status < "300" and status != "204"]


def test_every_change_takes_if_match_or_says_why_not() -> None:
    changing = {name: each for name, each in operations().items() if name[0] in {"PUT", "PATCH", "DELETE"}}
    assert {name for name, each in changing.items() if not header(each, "If-Match")} == set(WITHOUT)


def test_whatever_is_changed_under_if_match_is_read_with_an_entity_tag() -> None:
    found = operations()
    for (method, path), operation in found.items():
        if not header(operation, "If-Match"):
            continue
        read = found["GET", path if method != "POST" else path.rpartition("/")[0]]
        assert tagged(read, "200", "304"), path
        assert header(read, "If-None-Match"), path
        assert tagged(operation, "412", *successes(operation)), f"{method} {path}"


def test_whatever_is_made_to_be_changed_says_its_first_tag() -> None:
    """And nothing else does."""
    found = operations()
    items = {path for (method, path), each in found.items() if method != "POST" and header(each, "If-Match")}
    made = {path for (method, path), each in found.items() if method == "POST" and "201" in each["responses"]}
    expected = {path for path in made if any(item.rpartition("/")[0] == path and "{" in item for item in items)}
    assert expected == {path for path in made if tagged(found["POST", path], "201")}
    assert all("Location" in found["POST", path]["responses"]["201"]["headers"] for path in expected)


def test_whatever_may_be_unchanged_says_by_which_tag() -> None:
    for (method, path), operation in operations().items():
        if method == "GET" and "304" in operation["responses"]:
            assert tagged(operation, "200", "304"), path
            assert header(operation, "If-None-Match"), path


def test_every_route_that_takes_if_match_is_tried() -> None:
    taking = {f"{method} {path}" for (method, path), each in operations().items() if header(each, "If-Match")}
    assert taking == TRIED

"""/organizations: an operator lets organizations in and sees them all, a member sees and corrects its own."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from gateway.core.scopes import Kind
from tests.gateway.harness import BASE, Gateway

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

NEW = {"name": "Lakeside University", "slug": "lakeside", "kind": "university", "url": "https://lakeside.example"}


async def operator(gateway: Gateway) -> dict[str, str]:
    return await gateway.headers(await gateway.member("operations", Kind.OPERATOR))


async def test_an_operator_creates_reads_and_corrects_an_organization(gateway: Gateway) -> None:
    headers = await operator(gateway)
    made = await gateway.http.post("/organizations", headers=headers, json=NEW)
    assert made.status_code == 201, made.text
    body = made.json()
    assert {name: body[name] for name in NEW} == NEW
    assert made.headers["location"] == f"{BASE}/organizations/{body['id']}"
    assert (await gateway.http.get(f"/organizations/{body['id']}", headers=headers)).json() == body
    gateway.clock.forward(seconds=5)
    changed = await gateway.http.patch(f"/organizations/{body['id']}", headers=headers, json={"name": "Lakeside"})
    assert changed.status_code == 200
    assert changed.json() == body | {"name": "Lakeside", "updatedAt": changed.json()["updatedAt"]}
    assert changed.json()["updatedAt"] > body["updatedAt"]
    cleared = await gateway.http.patch(f"/organizations/{body['id']}", headers=headers, json={"url": None})
    assert (cleared.json()["url"], cleared.json()["name"]) == (None, "Lakeside")


async def test_a_slug_is_taken_once(gateway: Gateway) -> None:
    headers = await operator(gateway)
    assert (await gateway.http.post("/organizations", headers=headers, json=NEW)).status_code == 201
    again = await gateway.http.post("/organizations", headers=headers, json=NEW | {"name": "Other"})
    assert again.status_code == 409
    assert again.json()["type"] == f"{BASE}/problems/slug-taken"


async def test_a_repeated_creation_gives_the_first_answer(gateway: Gateway) -> None:
    headers = await operator(gateway) | {"Idempotency-Key": "k1"}
    first = await gateway.http.post("/organizations", headers=headers, json=NEW)
    again = await gateway.http.post("/organizations", headers=headers, json=NEW)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    other = await gateway.http.post("/organizations", headers=headers, json=NEW | {"slug": "another"})
    assert other.status_code == 409


@pytest.mark.parametrize("kind", [Kind.UNIVERSITY, Kind.EMPLOYER, Kind.ACCREDITOR])
async def test_nobody_else_creates_organizations(gateway: Gateway, kind: Kind) -> None:
    headers = await gateway.headers(await gateway.member("lakeside", kind))
    refused = await gateway.http.post("/organizations", headers=headers, json=NEW | {"slug": "new"})
    assert refused.status_code == 403


async def test_a_member_sees_and_corrects_its_own_only(gateway: Gateway) -> None:
    member, other = await gateway.member("lakeside"), await gateway.member("harbour")
    headers = await gateway.headers(member)
    listed = (await gateway.http.get("/organizations", headers=headers)).json()
    assert [one["slug"] for one in listed["items"]] == ["lakeside"]
    changed = await gateway.http.patch(
        f"/organizations/{member.organization}", headers=headers, json={"url": "https://new.example"}
    )
    assert changed.json()["url"] == "https://new.example"
    for method in ("GET", "PATCH"):
        body = {"name": "Taken over"} if method == "PATCH" else None
        foreign = await gateway.http.request(method, f"/organizations/{other.organization}", headers=headers, json=body)
        assert foreign.status_code == 404
    theirs = await gateway.http.get(f"/organizations/{other.organization}", headers=await gateway.headers(other))
    assert theirs.json()["name"] == "The harbour"


async def test_reading_ones_own_organization_needs_no_scope_and_correcting_it_does(gateway: Gateway) -> None:
    member = await gateway.member("lakeside")
    headers = await gateway.headers(member, scope="credentials:issue")
    assert (await gateway.http.get(f"/organizations/{member.organization}", headers=headers)).status_code == 200
    refused = await gateway.http.patch(
        f"/organizations/{member.organization}", headers=headers, json={"name": "New name"}
    )
    assert refused.status_code == 403
    assert 'scope="organizations:manage"' in refused.headers["www-authenticate"]


async def test_a_long_list_comes_in_pages(gateway: Gateway) -> None:
    headers = await operator(gateway)
    for number in range(5):
        await gateway.member(f"member-{number}")
    seen: list[str] = []
    address: str | None = "/organizations?limit=2"
    while address:
        page = await gateway.http.get(address, headers=headers)
        seen += [one["slug"] for one in page.json()["items"]]
        assert ("next" in page.links) == (page.json()["next"] is not None)
        address = page.links.get("next", {}).get("url")
    assert seen == [*(f"member-{number}" for number in range(5)), "operations"]


INVALID: dict[str, tuple[Any, str]] = {
    "no name": ({name: value for name, value in NEW.items() if name != "name"}, "name"),
    "an empty name": (NEW | {"name": ""}, "name"),
    "a name of spaces": (NEW | {"name": "   "}, "name"),
    "a name with a line break": (NEW | {"name": "a\nb"}, "name"),
    "a very long name": (NEW | {"name": "x" * 201}, "name"),
    "a name that is a number": (NEW | {"name": 5}, "name"),
    "a name that is null": (NEW | {"name": None}, "name"),
    "a slug with capitals": (NEW | {"slug": "Lakeside"}, "slug"),
    "a slug with a slash": (NEW | {"slug": "a/b"}, "slug"),
    "a slug with a line break": (NEW | {"slug": "lakeside\n"}, "slug"),
    "a slug beginning with a dash": (NEW | {"slug": "-a"}, "slug"),
    "a very long slug": (NEW | {"slug": "a" * 64}, "slug"),
    "an unknown kind": (NEW | {"kind": "bank"}, "kind"),
    "a kind that is a list": (NEW | {"kind": ["university"]}, "kind"),
    "an address with a script": (NEW | {"url": "javascript:alert(1)"}, "url"),
    "an address with credentials": (NEW | {"url": "https://user:pw@lakeside.example"}, "url"),
    "an address without a host": (NEW | {"url": "https://"}, "url"),
    "an address with spaces": (NEW | {"url": "https://a b"}, "url"),
    "an address that does not parse": (NEW | {"url": "https://[::1"}, "url"),
    "an id of one's own": (NEW | {"id": "x"}, "id"),
    "a list": ([], "body"),
    "nothing": (None, "body"),
}


@pytest.mark.parametrize("case", INVALID)
async def test_wrong_members_are_refused_with_their_path_and_nothing_is_stored(gateway: Gateway, case: str) -> None:
    headers = await operator(gateway)
    body, field = INVALID[case]
    refused = await gateway.http.post("/organizations", headers=headers, json=body)
    assert refused.status_code == 422, refused.text
    assert [one["field"] for one in refused.json()["errors"]] == [field]
    listed = await gateway.http.get("/organizations", headers=headers)
    assert [one["slug"] for one in listed.json()["items"]] == ["operations"]


@pytest.mark.parametrize(
    "body", [{}, {"slug": "new"}, {"kind": "operator"}, {"name": None}, {"name": ""}, {"url": "ftp://x"}, {"id": "x"}]
)
async def test_a_change_of_anything_else_is_refused(gateway: Gateway, body: dict[str, Any]) -> None:
    member = await gateway.member("lakeside")
    refused = await gateway.http.patch(
        f"/organizations/{member.organization}", headers=await gateway.headers(member), json=body
    )
    assert refused.status_code == 422, refused.text


@pytest.mark.parametrize(
    "content", [b"{", b"", b"\xff", b'{"name":"a","name":"b"}', b'{"name":"\\u0000"}', b"[" * 5000]
)
async def test_what_is_no_json_is_a_bad_request(gateway: Gateway, content: bytes) -> None:
    headers = await operator(gateway) | {"Content-Type": "application/json"}
    refused = await gateway.http.post("/organizations", headers=headers, content=content)
    assert refused.status_code in {400, 422}
    assert refused.headers["content-type"] == "application/problem+json"


CURSORS: list[Any] = [
    [],
    [1],
    ["a"],
    ["a", "b"],
    ["a", "b", "c"],
    ["\x00"],
    ["\ud800"],
    ["2026-01-01", "x"],
    ["0001-01-01T00:00:00+14:00", "x"],
    ["9999-12-31T23:59:59-14:00", "x"],
    ["2026-01-01T00:00:00+00:00", "\ud800"],
    None,
    {},
    "text",
    10**400,
]


@pytest.mark.parametrize(
    "cursor",
    ["x", "!!!", "a" * 600, "ä", *(urlsafe_b64encode(json.dumps(one).encode()).decode() for one in CURSORS)],
)
@pytest.mark.parametrize("path", ["/organizations", "/clients"])
async def test_a_cursor_that_is_not_ours_is_refused(gateway: Gateway, path: str, cursor: str) -> None:
    headers = await operator(gateway)
    answer = await gateway.http.get(path, params={"cursor": cursor}, headers=headers)
    assert answer.status_code in {200, 422}, answer.text
    if answer.status_code == 422:
        assert answer.json()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "1" * 400])
async def test_a_limit_has_limits(gateway: Gateway, limit: str) -> None:
    answer = await gateway.http.get("/organizations", params={"limit": limit}, headers=await operator(gateway))
    assert answer.status_code == 422

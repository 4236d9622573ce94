"""Who may do what, for every route there is: the list comes from the application itself."""

from collections.abc import Iterator

import httpx
import pytest

from catalog.main import create_openapi_app
from service_kit.testing import TokenMint
from tests.catalog.samples import (
    NOBODY,
    PLAIN,
    SERIES,
    UNIVERSITY,
    Json,
    course,
    drafted,
    last,
    path,
    planned,
    published,
)
from tests.catalog.skill_files import CASE

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

PUBLIC = {
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
    ("GET", "/metadata-profiles"),
    ("GET", "/changes"),
    ("GET", "/achievements/export"),
    ("GET", "/export"),
    ("GET", "/pathways/export"),
    ("GET", "/pathways/{pathway_id}/export"),
    ("GET", "/metadata-profiles/{name}"),
}
BODIES: dict[str, object] = {
    "/courses/import": [],
    "/achievements/import": [],
    "/courses": {"code": "A", "title": "Art"},
    "/achievements": PLAIN,
    "/pathways": SERIES,
    "/skill-frameworks": CASE,
    "/metadata-profiles/{name}": {"title": "Ours"},
}
NOTHING: Json = {"course_id": NOBODY, "achievement_id": NOBODY, "pathway_id": NOBODY, "version": "1", "name": "nobodys"}
Operation = tuple[str, str]


def operations() -> Iterator[Operation]:
    """Every method and path of the API's description."""
    described = create_openapi_app().openapi()["paths"]
    for where, methods in described.items():
        for method in methods:
            yield method.upper(), where


ALL = sorted(operations())
PROTECTED = [operation for operation in ALL if operation not in PUBLIC]
# A PUT makes one's own of a name that others may use too; test_profiles says that it leaves theirs alone.
OWNED = [(method, where) for method, where in PROTECTED if "{" in where and method != "PUT"]


async def call(client: httpx.AsyncClient, operation: Operation, names: Json, headers: Json) -> httpx.Response:
    method, where = operation
    body = BODIES.get(where, {}) if method in {"POST", "PATCH", "PUT"} else None
    return await client.request(method, where.format(**names), json=body, headers=headers)


@pytest.fixture
def anything() -> Json:
    """Names for paths that exist nowhere."""
    return NOTHING


async def test_what_is_public_is_a_choice() -> None:
    assert set(ALL) >= PUBLIC
    assert len(PROTECTED) == 19


@pytest.mark.parametrize("operation", PROTECTED, ids=" ".join)
async def test_without_a_token_401(client: httpx.AsyncClient, anything: Json, operation: Operation) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer nonsense"}):
        answer = await call(client, operation, anything, headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith('Bearer realm="laurel"')
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("operation", PROTECTED, ids=" ".join)
async def test_with_another_scope_403(
    client: httpx.AsyncClient, mint: TokenMint, anything: Json, operation: Operation
) -> None:
    answer = await call(client, operation, anything, mint.headers(UNIVERSITY, "credentials:issue"))

    assert answer.status_code == 403
    assert 'scope="catalog:write"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("operation", OWNED, ids=" ".join)
async def test_another_tenants_things_are_not_there(
    university: httpx.AsyncClient, other: httpx.AsyncClient, operation: Operation
) -> None:
    made, draft, version = await course(university), await drafted(university), await published(university)
    pathway = last((await planned(university))["id"])
    await university.put("/metadata-profiles/ours", json={"title": "Ours"})
    lists = ("/metadata-profiles", "/courses", "/achievements?mine=true", "/pathways?mine=true")
    before = [(await university.get(where)).json() for where in lists]

    for thing in (draft, version):
        things = {"course_id": made["id"], "achievement_id": last(thing["id"]), "pathway_id": pathway}
        names = {**things, "version": "1", "name": "ours"}
        answer = await call(other, operation, names, {})
        missing = await call(other, operation, NOTHING, {})
        assert answer.status_code == missing.status_code == 404, answer.text
        assert _said(answer) == _said(missing)

    assert [(await university.get(where)).json() for where in lists] == before


def _said(answer: httpx.Response) -> Json:
    return {name: value for name, value in answer.json().items() if name not in {"instance", "requestId"}}


@pytest.mark.parametrize("where", ["/courses?mine=true", "/achievements?mine=true"])
async def test_what_is_mine_needs_a_token_with_the_scope(
    client: httpx.AsyncClient, mint: TokenMint, where: str
) -> None:
    assert (await client.get(where)).status_code == 401
    assert (await client.get(where, headers=mint.headers(UNIVERSITY, "credentials:issue"))).status_code == 403


async def test_a_token_without_the_scope_reads_as_the_public(
    university: httpx.AsyncClient, client: httpx.AsyncClient, mint: TokenMint
) -> None:
    draft, version = await drafted(university), await published(university)
    headers = mint.headers(UNIVERSITY, "credentials:read")

    assert (await client.get(path(draft["id"]), headers=headers)).status_code == 404
    assert "draft" not in (await client.get(path(version["id"]), headers=headers)).json()


async def test_a_bad_token_is_refused_even_where_none_is_needed(client: httpx.AsyncClient) -> None:
    for where in ("/courses", "/achievements", f"/achievements/{NOBODY}"):
        assert (await client.get(where, headers={"Authorization": "Bearer nonsense"})).status_code == 401


async def test_an_owners_answer_is_not_for_shared_caches(university: httpx.AsyncClient) -> None:
    draft = await drafted(university)

    for where in (path(draft["id"]), "/achievements?mine=true", "/courses?mine=true"):
        assert "private" in (await university.get(where)).headers["cache-control"]

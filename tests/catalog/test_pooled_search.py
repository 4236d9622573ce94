"""Searches in courses and in an organization's own drafts: ranked exactly where few match, else of a bounded pool."""

import random

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from catalog.adapters import windows
from catalog.adapters.achievements import pooled
from service_kit.database import Database
from service_kit.pagination import encode_cursor
from tests.catalog.samples import OTHER, UNIVERSITY, course

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

# Common first: how often a word occurs falls with its place.
VOCABULARY = "students and the data of field history analysis lab design ethics trade sound water music"
WORDS = VOCABULARY.split()
QUERIES = [
    "students",
    "students data",
    "data or lab",
    "students -history",
    '"field history"',
    '"the data" -lab',
    "-students",
    "water music",
    "absent",
    "!!",
]
LISTS = {"courses": "/courses", "achievements": "/achievements?mine=true"}
MAKE = {
    "courses": """INSERT INTO courses (id, org_id, code, title, description, general_education, extra, created_at,
        updated_at) VALUES (:id, :org, :id, :title, :said, '[]', '{}', now() + :n * interval '1 second', now())""",
    "achievements": """INSERT INTO achievements (id, org_id, document, name, revision, status, latest_version,
        created_at, updated_at) VALUES (:id, :org, jsonb_build_object('name', CAST(:title AS text), 'description',
        CAST(:said AS text)), :title, 1, 'draft', 0, now() + :n * interval '1 second', now())""",
}
MATCHES = """
SELECT id, ts_filter(search, '{a}') @@ asked AS titled, CAST(ts_rank(search, asked) AS float8) AS rank
FROM TABLE_, CAST(websearch_to_tsquery('english', :q) || websearch_to_tsquery('simple', :q) AS tsquery) AS asked
WHERE search @@ asked AND org_id = :org ORDER BY created_at DESC, id DESC
"""


@pytest_asyncio.fixture(params=sorted(LISTS))
async def stocked(request: pytest.FixtureRequest, database: Database, owner: Database) -> str:
    """A list of eighty of the university's, and twenty of another's that are courses in the same list."""
    chance = random.Random(5)  # noqa: S311 - the same ones every time
    weights = [1 / (place + 1) for place in range(len(WORDS))]
    async with owner.engine.begin() as connection:
        for n in range(80):
            made = {"id": f"{chance.getrandbits(64):016x}", "org": UNIVERSITY, "n": n // 2}
            made["title"] = " ".join(chance.choices(WORDS, weights, k=2))
            made["said"] = " ".join(chance.choices(WORDS, weights, k=chance.randint(3, 30)))
            await connection.execute(text(MAKE[request.param]), made)
    return str(request.param)


async def paged(client: httpx.AsyncClient, listed: str, q: str) -> list[str]:
    """The last parts of the addresses on all pages."""
    found: list[str] = []
    where: str | None = str(httpx.URL(LISTS[listed]).copy_merge_params({"q": q, "limit": "7"}))
    while where:
        answer = await client.get(where)
        assert answer.status_code == 200, answer.text
        found += [item["id"].rpartition("/")[2] for item in answer.json()["items"]]
        where = answer.links["next"]["url"] if "next" in answer.links else None
    return found


@pytest.mark.parametrize("pool", [200, 10])
async def test_the_best_of_a_pool_are_first_and_the_rest_follows_newest_first(
    university: httpx.AsyncClient, database: Database, stocked: str, monkeypatch: pytest.MonkeyPatch, pool: int
) -> None:
    monkeypatch.setattr(pooled, "POOL", pool)
    monkeypatch.setattr(windows, "READ", pool)
    monkeypatch.setattr(windows, "SIZES", (pool + 5, 3 * pool, 6 * pool))
    async with database.snapshot() as session:
        for q in QUERIES:
            asked = text(MATCHES.replace("TABLE_", stocked))
            rows = list((await session.execute(asked, {"q": q, "org": UNIVERSITY})).all())
            found = await paged(university, stocked, q)
            assert sorted(found) == sorted(row.id for row in rows), q
            if pool == 10 and '"' in q and not q.startswith("-"):
                continue  # of phrases, the pool is of what may match
            titled = [row for row in rows if row.titled][:pool] if len(rows) > pool else []
            best = [*titled, *[row for row in rows if row not in titled][: pool - len(titled)]]
            rest = [row for row in rows if row not in best]
            if q.startswith("-"):  # what has none of the words has no rank: the newest are first
                best, rest = [], rows
            best.sort(key=lambda row: (row.rank, row.id), reverse=True)
            assert found == [row.id for row in (*best, *rest)], q


async def test_what_comes_meanwhile_moves_nobody_out_of_the_pool(
    university: httpx.AsyncClient, database: Database, stocked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooled, "POOL", 10)
    before = await paged(university, stocked, "students")
    found: list[str] = []
    where: str | None = str(httpx.URL(LISTS[stocked]).copy_merge_params({"q": "students", "limit": "4"}))
    while where:
        answer = await university.get(where)
        found += [item["id"].rpartition("/")[2] for item in answer.json()["items"]]
        where = answer.links["next"]["url"] if "next" in answer.links else None
        await course(university, code=f"N {len(found)}", title="Students and students")
    assert [one for one in found if one in set(before)] == before


async def test_others_courses_are_in_the_list_and_filters_narrow_it(
    university: httpx.AsyncClient, other: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "READ", 1)
    mine = await course(university, code="A 1", title="Water music", department="Arts")
    theirs = await course(other, code="A 2", title="Water", department="Arts")
    await course(other, code="A 3", title="Water", department="Science")

    found = (await university.get("/courses?q=water&department=Arts")).json()["items"]
    assert {one["id"] for one in found} == {mine["id"], theirs["id"]}
    found = (await university.get(f"/courses?q=water&organization={OTHER}&department=Arts")).json()["items"]
    assert [one["id"] for one in found] == [theirs["id"]]


@pytest.mark.parametrize(
    "position",
    [
        ("relevance", "x", "1", "", "", "", ""),
        ("relevance", "0.5", "1"),
        ("relevance", "0.5", "1", "yesterday", "1", "", ""),
        ("relevance", "0.5", "1", "2026-11-29T00:00:00", "1", "", ""),
        ("rest", "2026-11-29T00:00:00+00:00", "\ud800", "", "", "", ""),
        ("rest", "2026-11-29T00:00:00+00:00", "1"),
        ("newest", "2026-11-29T00:00:00+00:00", "1"),
    ],
)
@pytest.mark.parametrize("listed", sorted(LISTS.values()))
async def test_foreign_cursors_are_refused(
    university: httpx.AsyncClient, listed: str, position: tuple[str, ...]
) -> None:
    where = httpx.URL(listed).copy_merge_params({"q": "water", "cursor": encode_cursor(position)})
    assert (await university.get(str(where))).status_code == 422

"""Skills by words: ranked exactly where few match, among the shortest labels where many do (ADR 85)."""

import csv
import io
import random

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from catalog.adapters.skills import searching as searching_skills
from service_kit.database import Database
from service_kit.pagination import encode_cursor
from tests.catalog.skill_files import ESCO_HEADER

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

WORDS = "manage data analyse systems teach design quality music water networks"
VOCABULARY = WORDS.split()
QUERIES = ["manage", "data analysis", "manage or teach", "manage -data", '"manage data"', "-manage", "netwrks", "!!"]
# What is asked, in words of its own: full text in both dictionaries, and labels much like the words where few match.
RANKED = text("""
WITH asked AS (
  SELECT CAST(websearch_to_tsquery('english', :q) || websearch_to_tsquery('simple', :q) AS tsquery) AS words
), matching AS (
  SELECT id, length(label) AS length FROM skills, asked WHERE search @@ words
), alike AS (
  SELECT id FROM skills WHERE similarity(label, :q) >= 0.3 AND (SELECT count(*) FROM matching) < :few
)
SELECT skills.id, length(label) AS length FROM skills, asked WHERE id IN (SELECT id FROM matching UNION TABLE alike)
ORDER BY CAST(ts_rank(search, words) + similarity(label, :q) AS float8) DESC, id DESC
""")


@pytest_asyncio.fixture
async def stocked(university: httpx.AsyncClient, database: Database) -> Database:
    """Sixty skills in ESCO's columns."""
    chance = random.Random(3)  # noqa: S311 - the same ones every time
    weights = [1 / (place + 1) for place in range(len(VOCABULARY))]
    sheet = io.StringIO()
    rows = csv.DictWriter(sheet, ESCO_HEADER.strip().split(","))
    rows.writeheader()
    for number in range(60):
        label = " ".join(chance.choices(VOCABULARY, weights, k=chance.randint(1, 5)))
        uri = f"http://data.europa.eu/esco/skill/{number}"
        kind = "KnowledgeSkillCompetence"
        rows.writerow({"conceptType": kind, "conceptUri": uri, "preferredLabel": label, "status": "released"})
    file = ("skills_en.csv", sheet.getvalue().encode(), "text/csv")
    assert (await university.post("/skill-frameworks", files=[("file", file)])).json()["skills"] == 60
    return database


async def paged(client: httpx.AsyncClient, q: str) -> list[str]:
    """The last parts of the addresses on all pages."""
    found: list[str] = []
    where: str | None = f"/skills?{httpx.QueryParams({'q': q, 'limit': '4'})}"
    while where:
        answer = await client.get(where)
        assert answer.status_code == 200, answer.text
        found += [item["id"].rpartition("/")[2] for item in answer.json()["items"]]
        where = answer.links["next"]["url"] if "next" in answer.links else None
    return found


async def test_few_are_ranked_exactly(client: httpx.AsyncClient, stocked: Database) -> None:
    async with stocked.snapshot() as session:
        for q in QUERIES:
            rows = (await session.execute(RANKED, {"q": q, "few": searching_skills.FEW})).all()
            assert await paged(client, q) == [row.id for row in rows], q


async def test_of_many_the_shortest_are_ranked_and_longer_ones_follow(
    client: httpx.AsyncClient, stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching_skills, "POOL", 6)
    monkeypatch.setattr(searching_skills, "FEW", 0)
    async with stocked.snapshot() as session:
        for q in ("manage", "data", "manage or teach", "manage -data"):
            rows = (await session.execute(RANKED, {"q": q, "few": 0})).all()
            shortest = sorted(rows, key=lambda row: (row.length, row.id))
            pool, rest = shortest[:6], shortest[6:]
            best = [row for row in rows if row in pool]

            assert rest
            assert await paged(client, q) == [row.id for row in (*best, *rest)], q


@pytest.mark.parametrize(
    "position",
    [
        ("rest", "x", "00000000-0000-4000-8000-000000000000"),
        ("rest", "5", "nobody"),
        ("rest", "5"),
        ("relevance", "0.1", "id"),
        ("relevance", "0.1", "id", "9" * 10, "00000000-0000-4000-8000-000000000000"),
        ("label", "Art", "id"),
    ],
)
async def test_foreign_cursors_are_refused(client: httpx.AsyncClient, position: tuple[str, ...]) -> None:
    answer = await client.get("/skills", params={"q": "art", "cursor": encode_cursor(position)})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")

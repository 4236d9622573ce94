"""Ranking: exact where few match; among a bounded pool, and then newest first, where many do (ADR 85)."""

import json
import random

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from catalog.adapters.achievements import listings
from catalog.adapters.words import Question, question
from service_kit.database import Database
from service_kit.pagination import encode_cursor
from tests.catalog.samples import UNIVERSITY, course, drafted, path, published

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
    '-"field history"',
    "and the of",
    "water music",
    "analyses",
    "absent",
]
EXACT = text("""
SELECT achievement_id FROM achievement_listings,
  CAST(websearch_to_tsquery('english', :q) || websearch_to_tsquery('simple', :q) AS tsquery) AS asked
WHERE words @@ asked ORDER BY CAST(ts_rank(words, asked) AS float8) DESC, achievement_id DESC
""")
MATCHES = text("""
SELECT achievement_id, title @@ asked AS titled, CAST(ts_rank(words, asked) AS float8) AS rank
FROM achievement_listings,
  CAST(websearch_to_tsquery('english', :q) || websearch_to_tsquery('simple', :q) AS tsquery) AS asked
WHERE words @@ asked ORDER BY place DESC
""")
MAKE = """
WITH made AS (
  INSERT INTO achievements (id, org_id, document, name, revision, status, latest_version, created_at, updated_at)
  SELECT id, :org, document, document ->> 'name', 1, 'draft', 1, now() + n * interval '1 second', now()
  FROM jsonb_array_elements(CAST(:documents AS jsonb)) WITH ORDINALITY AS given (document, n),
    LATERAL (SELECT document ->> 'id' AS id) AS named RETURNING id, document
)
INSERT INTO achievement_versions
  (achievement_id, version, org_id, document, digest, name, status, revision, published_at)
SELECT id, 1, :org, document, 'x', document ->> 'name', 'published', 1, now() FROM made
"""


async def fill(owner: Database, count: int) -> None:
    """So many published achievements of words that are unevenly common."""
    chance = random.Random(5)  # noqa: S311 - the same ones every time
    weights = [1 / (place + 1) for place in range(len(WORDS))]

    def some(words: int) -> str:
        return " ".join(chance.choices(WORDS, weights, k=words))

    documents = [
        {"id": f"{chance.getrandbits(64):016x}", "name": some(2), "description": some(chance.randint(3, 30))}
        for _ in range(count)
    ]
    async with owner.engine.begin() as connection:
        await connection.execute(text(MAKE), {"org": UNIVERSITY, "documents": json.dumps(documents)})
        for one in documents:  # in this order: it is the order of places
            publish = "UPDATE achievements SET current_version = 1, status = 'published' WHERE id = :id"
            await connection.execute(text(publish), {"id": one["id"]})


async def paged(client: httpx.AsyncClient, q: str, limit: int = 7) -> list[str]:
    """The last parts of the addresses on all pages."""
    found: list[str] = []
    where: str | None = f"/achievements?{httpx.QueryParams({'q': q, 'limit': str(limit)})}"
    while where:
        answer = await client.get(where)
        assert answer.status_code == 200, answer.text
        found += [item["id"].rpartition("/")[2] for item in answer.json()["items"]]
        where = answer.links["next"]["url"] if "next" in answer.links else None
    return found


@pytest_asyncio.fixture
async def stocked(database: Database, owner: Database) -> Database:
    """Eighty achievements."""
    await fill(owner, 80)
    return database


async def test_few_are_ranked_exactly(client: httpx.AsyncClient, stocked: Database) -> None:
    async with stocked.snapshot() as session:
        for q in QUERIES:
            exact = list(await session.scalars(EXACT, {"q": q}))
            found = await paged(client, q)

            if q.startswith("-"):  # what has none of the words has no rank: the newest are first
                rows = (await session.execute(MATCHES, {"q": q})).all()
                assert found == [row.achievement_id for row in rows]
            else:
                assert found == exact, q


async def test_of_many_a_bounded_pool_is_ranked_and_the_rest_follows_newest_first(
    client: httpx.AsyncClient, stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "POOL", 10)
    pools = 0
    async with stocked.snapshot() as session:
        for q in QUERIES:
            rows = (await session.execute(MATCHES, {"q": q})).all()
            found = await paged(client, q)
            assert sorted(found) == sorted(row.achievement_id for row in rows), q
            if '"' in q or q.startswith("-") or len(rows) <= 10:
                continue
            pools += 1
            titled = [row for row in rows if row.titled][:10]
            pool = [*titled, *[row for row in rows if row not in titled][: 10 - len(titled)]]
            best = sorted(pool, key=lambda row: (row.rank, row.achievement_id), reverse=True)
            rest = [row for row in rows if row not in pool]
            assert found == [row.achievement_id for row in (*best, *rest)], q
    assert pools > 4


async def test_what_comes_meanwhile_moves_nobody_out_of_the_pool(
    university: httpx.AsyncClient, client: httpx.AsyncClient, stocked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "POOL", 10)
    async with stocked.snapshot() as session:
        before = {row.achievement_id for row in await session.execute(MATCHES, {"q": "students"})}

    found: list[str] = []
    where = "/achievements?q=students&limit=6"
    while where:
        answer = await client.get(where)
        found += [item["id"].rpartition("/")[2] for item in answer.json()["items"]]
        await published(university, name="Students", description="Students of students.")
        where = answer.links["next"]["url"] if "next" in answer.links else ""

    assert len(found) == len(set(found))
    assert before <= set(found)


@pytest.mark.parametrize(
    "position",
    [
        ("rest", "x", "0", "0"),
        ("rest", "1", "-1", "0"),
        ("rest", "1" * 30, "0", "0"),
        ("rest", "1"),
        ("relevance", "0.1", "id"),
        ("relevance", "x", "id", "0", "0"),
        ("relevance", "0.1", "id", "0", "9" * 19),
        ("name", "Art", "id"),
    ],
)
async def test_foreign_cursors_are_refused(client: httpx.AsyncClient, position: tuple[str, ...]) -> None:
    answer = await client.get("/achievements", params={"q": "art", "cursor": encode_cursor(position)})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


async def test_what_learners_will_be_able_to_do_is_found(
    university: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    outcome = {"name": "Interprets scatterplots", "description": "Explains heteroscedasticity to laypeople."}
    await published(university, name="Statistics", learningOutcome=[outcome])
    await drafted(university, name="Draft", learningOutcome=[outcome])

    for words in ("scatterplot", "heteroscedasticity"):
        public = (await client.get("/achievements", params={"q": words})).json()["items"]
        assert [item["name"] for item in public] == ["Statistics"]
        mine = (await university.get("/achievements", params={"q": words, "mine": True})).json()["items"]
        assert sorted(item["name"] for item in mine) == ["Draft", "Statistics"]


async def test_the_list_follows_what_is_published(university: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    async def listed(**wanted: str) -> list[str]:
        return [item["name"] for item in (await client.get("/achievements", params=wanted)).json()["items"]]

    made = await course(university, department="ART")
    draft = (await university.post("/achievements", json={"course": made["id"]})).json()
    where = path(draft["id"])
    await university.post(f"{where}/publish")
    assert await listed(q="art", department="ART", course=made["id"]) == ["Art"]

    await university.patch(where, json={"name": "Sculpture"})
    assert await listed(q="sculpture") == []
    await university.post(f"{where}/publish")
    assert await listed(q="sculpture") == await listed(department="ART") == ["Sculpture"]

    await university.delete(f"/courses/{made['id']}")
    assert await listed(course=made["id"]) == []
    await university.post(f"{where}/retire")
    assert await listed(q="sculpture") == []
    assert await listed(q="sculpture", status="retired") == ["Sculpture"]


async def test_what_keeps_the_list_is_not_led_astray(database: Database) -> None:
    """It runs as the tables' owner: a temporary table of the service must not stand for one of them."""
    async with database.session() as session:
        paths = "SELECT proconfig FROM pg_proc WHERE prosecdef AND proname = 'keep_achievement_listing'"
        assert await session.scalar(text(paths)) == ["search_path=public, pg_temp"]


async def test_the_service_may_not_write_the_list(database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await session.execute(text("UPDATE achievement_listings SET name = 'x'"))


@pytest.mark.parametrize(
    ("exact", "tree", "indexed"),
    [
        ("'a' & !'b'", "'a'", "'a' & !'b'"),
        ("'a' <-> 'b' | 'c'", "'a' <-> 'b' | 'c'", "'a' & 'b' | 'c'"),
        ("!( 'a' <2> 'b' ) & 'c'", "'c'", "'c'"),
        ("'it''s' <-> '<->'", "'it''s' <-> '<->'", "'it''s' & '<->'"),
        ("!'a'", "T", None),
    ],
)
async def test_the_index_is_asked_what_it_can_decide(exact: str, tree: str, indexed: str | None) -> None:
    assert question(exact, tree) == Question(exact, indexed)


async def test_no_words_are_no_question() -> None:
    assert question("", "") is None

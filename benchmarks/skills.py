"""Questions about skills over a full catalog: `python -m benchmarks.skills [--questions N]`.

100,000 published achievements, each aligned to three skills, and 20,000 skills with their hierarchy, in a PostgreSQL of
its own; names are made of the words of a real course list. Each kind of question is asked so many times, each time
another one, one after the other, through the readings that the routes call. Ends with 1 when a 99th percentile is not
under what is promised.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text

from catalog.adapters.job_profiles import SqlProfileFacts
from catalog.adapters.reading_skills import SqlSkillReadings
from catalog.adapters.readings import SqlReadings
from catalog.adapters.similar import SqlSimilarReadings
from catalog.core.job_profiles import PER_SKILL, MatchProfile, Requirement
from catalog.core.model import AchievementId, OrgId, Status
from catalog.core.ports import AchievementQuery, Sort
from catalog.core.skill_ports import SkillQuery
from service_kit.database import Database, open_database
from service_kit.inputs import PageRequest
from service_kit.migrations import migrate
from service_kit.offload import offload
from service_kit.settings import DatabaseSettings
from tools.guard import guard
from tools.ports import free_ports
from tools.postgres import LocalPostgres

PROMISED_MS = 50.0
ACHIEVEMENTS, SKILLS, ORGANIZATIONS = 100_000, 20_000, 200
WORDS = Path(__file__).resolve().parent.parent / "tests" / "catalog" / "data" / "term.json"
BASE_URL = "https://laurel.example"
PAGE = PageRequest(20, None)
FRAMEWORK = "00000000-0000-4000-8000-000000000000"

FILL = (
    """INSERT INTO skill_frameworks VALUES (:framework, 'org-0', 'urn:framework', 'esco', 'ESCO', 1, 'en', NULL,
       'x', 1, 8, :skills, :skills, now(), now())""",
    """INSERT INTO skills (framework_id, uri, kind, label, labels, other_labels, description, since_version)
       SELECT :framework, 'urn:skill:' || n, 'skill', label, jsonb_build_object('en', label), '{"en": []}',
         'Being able to ' || label, 1
       FROM unnest(CAST(:labels AS text[])) WITH ORDINALITY AS made (label, n)""",
    """INSERT INTO skill_relations SELECT :framework, 'urn:skill:' || n, 'broader', 'urn:skill:' || (n / 20 + 1)
       FROM generate_series(1, :skills) AS n""",
    """CREATE TEMPORARY TABLE made AS
       SELECT gen_random_uuid()::text AS id, 'org-' || n % :organizations AS org, name, n,
         jsonb_build_object('name', name, 'description', 'Learners who complete this ' || name || ' ' || more,
           'criteria', jsonb_build_object('narrative', 'Pass the examination.')) AS document
       FROM unnest(CAST(:names AS text[]), CAST(:more AS text[])) WITH ORDINALITY AS given (name, more, n)""",
    """INSERT INTO achievements (id, org_id, document, name, revision, status, latest_version, current_version,
         created_at, updated_at)
       SELECT id, org, document, name, 1, 'published', 1, 1, now() - n * interval '1 second', now() FROM made""",
    """INSERT INTO achievement_versions (achievement_id, version, org_id, document, digest, name, status, revision,
         published_at)
       SELECT id, 1, org, document, 'x', name, 'published', 1, now() FROM made""",
    """INSERT INTO achievement_skills
       SELECT DISTINCT ON (id, skill) id, 1,
         'urn:skill:' || (power((n * 7919 * k) % 99991 / 99991.0, 2) * :skills)::int + 1 AS skill,
         nullif((n + k) % 9, 0)
       FROM made, generate_series(1, 3) AS k""",
)


@contextmanager
def postgres() -> Iterator[LocalPostgres]:
    """A server of its own."""
    home = Path(tempfile.mkdtemp(prefix="laurel-benchmark-"))
    home.chmod(0o755)
    guard.scratch(home)
    server = LocalPostgres(home / "postgres", free_ports(1)[0], log=home / "postgres.log")
    server.start()
    try:
        yield server
    finally:
        server.remove()


def phrases(chance: random.Random, count: int, shortest: int, longest: int) -> list[str]:
    """So many of the words of real course titles."""
    titles = [row["title"] for row in json.loads(WORDS.read_text())]
    words = sorted({word.strip(",:()") for title in titles for word in title.split() if len(word) > 1})
    return [" ".join(chance.choices(words, k=chance.randint(shortest, longest))) for _ in range(count)]


async def fill(admin_url: str, chance: random.Random) -> None:
    """The whole catalog, as the tables' owner."""
    given = {
        "framework": FRAMEWORK,
        "skills": SKILLS,
        "organizations": ORGANIZATIONS,
        "labels": phrases(chance, SKILLS, 2, 4),
        "names": phrases(chance, ACHIEVEMENTS, 3, 7),
        "more": phrases(chance, ACHIEVEMENTS, 15, 30),
    }
    settings = DatabaseSettings(url=SecretStr(admin_url), statement_timeout_s=600)
    async with open_database(settings, "benchmark-fill") as owner, owner.engine.begin() as connection:
        for statement in FILL:
            wanted = text(statement)
            await connection.execute(wanted, {name: given[name] for name in wanted.compile().params})
        for table in ("skills", "skill_relations", "achievements", "achievement_versions", "achievement_skills"):
            await connection.execute(text(f"ANALYZE {table}"))


def questions(database: Database, chance: random.Random) -> Mapping[str, Callable[[], Awaitable[object]]]:
    """Each kind, to be asked again and again."""
    labels, names = phrases(chance, 5_000, 1, 2), phrases(chance, 5_000, 2, 3)
    skills, lists = SqlSkillReadings(database), SqlReadings(database, BASE_URL)
    match = MatchProfile(SqlProfileFacts(database), offload, 100)
    similar = SqlSimilarReadings(database)
    held: list[tuple[str, str]] = []

    def skill() -> str:
        return f"urn:skill:{chance.randint(1, SKILLS)}"

    async def alike() -> object:
        if not held:
            async with database.snapshot() as session:
                rows = await session.execute(text("SELECT id, org_id FROM achievements ORDER BY id LIMIT 5000"))
                held.extend((row.id, row.org_id) for row in rows)
        achievement, org = chance.choice(held)
        return await similar.similar(OrgId(org), AchievementId(achievement))

    def by_skill(**more: float) -> Awaitable[object]:
        query = AchievementQuery(Sort.NEWEST, skill=skill(), level=more.get("level"))
        return lists.published(query, Status.PUBLISHED, PAGE)

    def job() -> Awaitable[object]:
        asked = {skill(): float(chance.randint(1, 6)) for _ in range(30)}
        some = [AchievementId(one) for one, _ in held[:10]]
        return match([Requirement(one, level) for one, level in asked.items()], some)

    return {
        "skills by words": lambda: skills.skills(SkillQuery(q=chance.choice(labels)), PAGE),
        "achievements by skill and level": lambda: by_skill(level=float(chance.randint(1, 7))),
        "achievements by words": lambda: lists.published(
            AchievementQuery(Sort.RELEVANCE, q=chance.choice(names)), Status.PUBLISHED, PAGE
        ),
        "near-duplicates of an achievement": alike,
        f"a job of 30 skills, {PER_SKILL} candidates each": job,
    }


async def measure(ask: Callable[[], Awaitable[object]], count: int) -> list[float]:
    """Milliseconds, in order. The first tenth warms up and does not count."""
    spent = []
    for _ in range(count + count // 10):
        began = time.perf_counter()
        await ask()
        spent.append((time.perf_counter() - began) * 1000)
    return sorted(spent[count // 10 :])


async def run(count: int) -> bool:
    """Fill, ask, print."""
    chance = random.Random(7)  # noqa: S311 - the same catalog every time
    with postgres() as server:
        app_url, migrate_url = server.server.create_database("catalog")
        settings = DatabaseSettings(url=SecretStr(app_url), migrate_url=SecretStr(migrate_url))
        await offload(migrate, "catalog", settings)
        await fill(migrate_url, chance)
        kept = True
        async with open_database(settings, "benchmark") as database:
            for name, ask in questions(database, chance).items():
                spent = await measure(ask, count)
                p99 = spent[int(len(spent) * 0.99)]
                kept = kept and p99 < PROMISED_MS
                print(f"{name:40} median {statistics.median(spent):7.1f} ms   p99 {p99:7.1f} ms", flush=True)
    return kept


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=500)
    return 0 if asyncio.run(run(parser.parse_args().questions)) else 1


if __name__ == "__main__":
    sys.exit(main())

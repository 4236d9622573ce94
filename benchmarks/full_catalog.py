"""A catalog of 100,000 published achievements, as many courses and 20,000 skills, in a PostgreSQL of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text

from benchmarks.prose import Prose, Text
from benchmarks.stand import scratch_postgres
from service_kit.database import Database, open_database
from service_kit.migrations import migrate
from service_kit.offload import offload
from service_kit.settings import DatabaseSettings
from tools.postgres import LocalPostgres

ACHIEVEMENTS, SKILLS, ORGANIZATIONS = 100_000, 20_000, 200
SEED = 7
FRAMEWORK = "00000000-0000-4000-8000-000000000000"
FIRST = (
    """INSERT INTO skill_frameworks VALUES (:framework, 'org-0', 'urn:framework', 'esco', 'ESCO', 1, 'en', NULL,
       'x', 1, 8, :skills, :skills, now(), now())""",
    """INSERT INTO skills (framework_id, uri, kind, label, labels, other_labels, description, since_version)
       SELECT :framework, 'urn:skill:' || n, 'skill', label, jsonb_build_object('en', label), '{"en": []}',
         'Being able to ' || label, 1
       FROM unnest(CAST(:labels AS text[])) WITH ORDINALITY AS made (label, n)""",
    """INSERT INTO skill_relations SELECT :framework, 'urn:skill:' || n, 'broader', 'urn:skill:' || (n / 20 + 1)
       FROM generate_series(1, :skills) AS n""",
    """CREATE UNLOGGED TABLE made AS
       SELECT gen_random_uuid()::text AS id, 'org-' || n % :organizations AS org, n, given.document::jsonb AS document
       FROM unnest(CAST(:documents AS text[])) WITH ORDINALITY AS given (document, n)""",
)
OF_ACHIEVEMENTS = (
    """INSERT INTO achievements (id, org_id, document, name, achievement_type, revision, status, latest_version,
         current_version, created_at, updated_at)
       SELECT id, org, document, document ->> 'name', document ->> 'achievementType', 1, 'published', 1, 1,
         now() - (:achievements - n) * interval '1 second', now() FROM made""",
    """INSERT INTO achievement_versions (achievement_id, version, org_id, document, digest, name, achievement_type,
         status, revision, published_at)
       SELECT id, 1, org, document, 'x', document ->> 'name', document ->> 'achievementType', 'published', 1, now()
       FROM made""",
    """INSERT INTO achievement_skills
       SELECT id, 1, entry ->> 'targetUrl', nullif((n + place) % 9, 0)
       FROM made, jsonb_array_elements(document -> 'alignment') WITH ORDINALITY AS given (entry, place)""",
    # What the trigger does when an achievement is published, for all at once.
    """INSERT INTO achievement_listings (achievement_id, version, org_id, achievement_type, status, name, code,
         created_at, skills, title, words)
       SELECT id, 1, made.org, achievement_type, status, name, document ->> 'humanCode', created_at,
         ARRAY(SELECT skill FROM achievement_skills AS given WHERE given.achievement_id = id ORDER BY skill),
         achievement_title(document), versions.search
       FROM made JOIN (SELECT id, created_at FROM achievements) AS drafts USING (id)
         JOIN (SELECT achievement_id AS id, achievement_type, status, name, search FROM achievement_versions)
           AS versions USING (id) ORDER BY n""",
)
OF_COURSES = (
    """INSERT INTO courses (id, org_id, code, title, description, general_education, extra, created_at, updated_at)
       SELECT id, org, 'C' || n, document ->> 'name', document ->> 'description', '[]', '{}',
         now() - (:achievements - n) * interval '1 second', now() FROM made""",
)
INDEXES = text("""
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition, indrelid::regclass::text AS of
FROM pg_index WHERE NOT indisunique AND indrelid IN (SELECT oid FROM pg_class WHERE relname = ANY(:tables))
""")
TABLES = ["achievements", "achievement_listings", "achievement_skills", "courses", "skills"]


@dataclass(frozen=True, slots=True)
class FullCatalog:
    """What is asked."""

    database: Database
    server: LocalPostgres
    migrate_url: str
    names: list[str]
    labels: list[str]


@asynccontextmanager
async def full_catalog() -> AsyncIterator[FullCatalog]:
    """Migrated, filled, and gone at the end."""
    prose = Prose(SEED)
    texts = [prose.text() for _ in range(ACHIEVEMENTS)]
    labels = [prose.label() for _ in range(SKILLS)]
    with scratch_postgres(durable=False) as server:
        app_url, migrate_url = server.server.create_database("catalog")
        settings = DatabaseSettings(url=SecretStr(app_url), migrate_url=SecretStr(migrate_url))
        await offload(migrate, "catalog", settings)
        await _fill(migrate_url, [document(number, one, labels) for number, one in enumerate(texts)], labels)
        async with open_database(settings, "benchmark") as database:
            yield FullCatalog(database, server, migrate_url, [one.name for one in texts], labels)


def document(number: int, one: Text, labels: list[str]) -> str:
    """An achievement as its version has it."""
    skills = dict.fromkeys(int(((number + 1) * 7919 * k % 99991 / 99991) ** 2 * SKILLS) + 1 for k in (1, 2, 3))
    outcomes = [
        {"id": f"urn:outcome:{number}:{place}", "type": ["LearningOutcome"], "name": name}
        for place, name in enumerate(one.outcomes)
    ]
    found = {
        "name": one.name,
        "description": one.description,
        "criteria": {"narrative": "Complete the course and pass the examination."},
        "achievementType": "Course" if number % 3 else "Certificate",
        "humanCode": f"C{number % 997}",
        "learningOutcome": outcomes,
        "alignment": [{"targetName": labels[skill - 1], "targetUrl": f"urn:skill:{skill}"} for skill in skills],
    }
    return json.dumps(found)


async def _fill(admin_url: str, documents: list[str], labels: list[str]) -> None:
    """The whole catalog, as the tables' owner: rows first, then their indexes, of courses beside all others."""
    given = {
        "framework": FRAMEWORK,
        "skills": SKILLS,
        "achievements": ACHIEVEMENTS,
        "organizations": ORGANIZATIONS,
        "labels": labels,
        "documents": documents,
    }
    settings = DatabaseSettings(url=SecretStr(admin_url), statement_timeout_s=900)
    async with open_database(settings, "benchmark-fill") as owner:
        async with owner.connection() as connection:
            indexes = (await connection.execute(INDEXES, {"tables": TABLES})).all()
            await connection.execute(text(f"DROP INDEX {', '.join(index.name for index in indexes)}"))
        of_courses = [index.definition for index in indexes if index.of == "courses"]
        others = [index.definition for index in indexes if index.of != "courses"]
        await _run(owner, FIRST, given)
        await asyncio.gather(
            _run(owner, [*OF_ACHIEVEMENTS, *others], given), _run(owner, [*OF_COURSES, *of_courses], given)
        )
        await _run(owner, ["DROP TABLE made", "VACUUM ANALYZE"], given)


async def _run(owner: Database, statements: Sequence[str], given: Mapping[str, Any]) -> None:
    async with owner.connection() as connection:
        await connection.execute(text("SET maintenance_work_mem = '512MB'"))
        for statement in statements:
            wanted = text(statement)
            await connection.execute(wanted, {name: given[name] for name in wanted.compile().params})

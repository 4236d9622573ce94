"""Near-duplicates by trigrams and full text.

What others published is found by an index and bounded in number before it is compared (ADR 85); of what is the
organization's own, the newest are compared one by one.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.listing_tables import LISTINGS
from catalog.adapters.listings import Matches
from catalog.adapters.words import Question
from catalog.core.alignments import aligned
from catalog.core.model import AchievementId, OrgId, Status
from catalog.core.similar import Candidate, Similar, ranked
from service_kit.database import Database

WORDS_COMPARED = 200
LEAST_WORDS = 3  # one or two common ones stand in every tenth achievement
MOST_WORDS = 8  # of more, one that is missing says nothing

OWN = text("SELECT document FROM achievements WHERE id = :id AND org_id = :org")
# Names with eight in ten of all their trigrams in common are spelt differently, if at all. At seven, every short name
# that begins with "Introduction to" is a candidate for every other.
STEMS = text("""
SELECT tsvector_to_array(to_tsvector('english', :name)) AS stems,
  set_config('pg_trgm.similarity_threshold', '0.8', true),
  set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'off', true)
""")
CANDIDATES = text("""
WITH spelt AS (
  SELECT place, similarity(name, :name) AS likeness FROM achievement_listings
  WHERE name % :name AND status = 'published' AND org_id <> :org
  ORDER BY likeness DESC, achievement_id LIMIT 25
), worded AS (
  SELECT place, similarity(name, :name) AS likeness FROM achievement_listings
  WHERE place = ANY(CAST(:places AS bigint[]))
  ORDER BY likeness DESC, achievement_id LIMIT 25
), theirs AS (
  SELECT listed.achievement_id AS id, listed.org_id, listed.name, versions.document, true AS published, near.likeness
  FROM (TABLE spelt UNION TABLE worded ORDER BY likeness DESC LIMIT 25) AS near
    JOIN achievement_listings AS listed USING (place)
    JOIN achievement_versions AS versions USING (achievement_id, version)
), newest AS (
  SELECT id, name FROM achievements WHERE org_id = :org ORDER BY created_at DESC LIMIT 1000
), own AS (
  SELECT achievements.id, org_id, achievements.name, document, status = 'published' AS published, likeness
  FROM (SELECT id, similarity(name, :name) AS likeness FROM newest WHERE id <> :id
    ORDER BY likeness DESC, id LIMIT 25) AS near JOIN achievements USING (id)
  WHERE likeness >= 0.5
)
SELECT id, org_id, name, document, published, likeness,
  similarity(left(document ->> 'description', 300), left(:description, 300)) AS description_likeness
FROM (TABLE theirs UNION ALL TABLE own) AS near
""")


class SqlSimilarReadings:
    """See core.similar.SimilarReadings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def similar(self, org: OrgId, achievement_id: AchievementId) -> Sequence[Similar] | None:
        """See core.similar.SimilarReadings."""
        async with self._database.snapshot() as session:
            document = await session.scalar(OWN, {"id": achievement_id, "org": org})
            if document is None:
                return None
            name = str(document["name"])
            stems = (await session.execute(STEMS, {"name": name})).one().stems
            given: dict[str, Any] = {"id": achievement_id, "org": org, "name": name}
            given |= {"places": await _worded(session, org, stems), "description": str(document.get("description", ""))}
            found = await session.execute(CANDIDATES, given)
            candidates = [_candidate(row) for row in found]
        return ranked({one.skill for one in aligned(document)}, candidates)


async def _worded(session: AsyncSession, org: OrgId, stems: Sequence[str]) -> Sequence[int]:
    """Where others' achievements stand that have almost all these words in their names, or all in their texts."""
    others = (LISTINGS.c.status == Status.PUBLISHED.value, LISTINGS.c.org_id != org)
    found: set[int] = set()
    for query, vector in ((almost(stems), LISTINGS.c.title), (every(stems), LISTINGS.c.words)):
        if query:
            matches = Matches(session, Question(query, query), Status.PUBLISHED, others)
            found.update(await matches.newest(vector, WORDS_COMPARED))
    return sorted(found)


def every(stems: Sequence[str]) -> str:
    """A query for all of them; for none when they are too few to say anything."""
    return " & ".join(map(_quoted, stems)) if len(stems) >= LEAST_WORDS else ""


def almost(stems: Sequence[str]) -> str:
    """A query for all of them but any one, which may be spelt otherwise; of many for all, of one for none."""
    if not 2 <= len(stems) <= MOST_WORDS:
        return " & ".join(map(_quoted, stems)) if len(stems) > 1 else ""
    most = [[other for other in stems if other != one] for one in stems]
    return " | ".join(f"({' & '.join(map(_quoted, some))})" for some in most)


def _quoted(lexeme: str) -> str:
    doubled = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        id=AchievementId(row.id),
        org_id=OrgId(row.org_id),
        name=row.name,
        published=row.published,
        name_likeness=row.likeness,
        description_likeness=row.description_likeness or 0.0,
        skills={one.skill for one in aligned(row.document)},
    )

"""Near-duplicates by trigrams and full text."""

from collections.abc import Sequence

from sqlalchemy import text

from catalog.core.alignments import aligned
from catalog.core.model import AchievementId, OrgId
from catalog.core.similar import Candidate, Similar, ranked
from service_kit.database import Database

# Half of the trigrams of both names in common: what an index finds fast, and what an editor would call alike.
THRESHOLD = text("SELECT set_config('pg_trgm.similarity_threshold', '0.5', true)")
OWN = text("SELECT document FROM achievements WHERE id = :id AND org_id = :org")
CANDIDATES = text("""
WITH theirs AS (
  SELECT a.id, a.org_id, v.name, v.document, true AS published, similarity(v.name, :name) AS likeness
  FROM achievement_versions AS v JOIN achievements AS a ON a.id = v.achievement_id AND a.current_version = v.version
  WHERE (v.name % :name OR v.search @@ CAST(:words AS tsquery))
    AND a.status = 'published' AND a.org_id <> :org
  ORDER BY likeness DESC, a.id LIMIT 50
), own AS (
  SELECT id, org_id, name, document, status = 'published' AS published, similarity(name, :name) AS likeness
  FROM achievements
  WHERE (name % :name OR search @@ CAST(:words AS tsquery)) AND org_id = :org AND id <> :id
  ORDER BY likeness DESC, id LIMIT 50
)
SELECT id, org_id, name, document, published, likeness,
  similarity(left(document ->> 'description', 1000), left(:description, 1000)) AS description_likeness
FROM (TABLE theirs UNION ALL TABLE own) AS near
""")
# All words of the name, in any order and form, in name, tags, skills or description; of three words and more, since
# one or two common ones stand in every tenth achievement.
WORDS = text("""
SELECT CASE WHEN numnode(words) >= 5 THEN words::text ELSE '' END FROM plainto_tsquery('english', :name) AS words
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
            await session.execute(THRESHOLD)
            given = {"id": achievement_id, "org": org, "name": document["name"]}
            given["words"] = await session.scalar(WORDS, {"name": document["name"]})
            found = await session.execute(CANDIDATES, given | {"description": str(document.get("description", ""))})
            candidates = [
                Candidate(
                    id=AchievementId(row.id),
                    org_id=OrgId(row.org_id),
                    name=row.name,
                    published=row.published,
                    name_likeness=row.likeness,
                    description_likeness=row.description_likeness or 0.0,
                    skills={one.skill for one in aligned(row.document)},
                )
                for row in found
            ]
        return ranked({one.skill for one in aligned(document)}, candidates)

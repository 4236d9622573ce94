"""What is published, by the first digits of its id."""

from collections.abc import Sequence

from sqlalchemy import text

from catalog.core.sitemaps import MOST, PARTS, Known
from service_kit.database import Database

# Ids are UUIDs in small letters, of which `g` is behind all.
BEHIND = dict(zip(PARTS, (*PARTS[1:], "g"), strict=True))
PART = text("""
SELECT 'achievements' AS collection, known.id, version.published_at AS changed_at
FROM achievements AS known
JOIN achievement_versions AS version ON version.achievement_id = known.id AND version.version = known.current_version
WHERE known.id >= :first AND known.id < :behind AND version.status = 'published'
UNION ALL
SELECT 'pathways', known.id, version.published_at
FROM pathways AS known
JOIN pathway_versions AS version ON version.pathway_id = known.id AND version.version = known.current_version
WHERE known.id >= :first AND known.id < :behind AND version.status = 'published'
ORDER BY 1, 2
LIMIT :most
""")
# Looks no further in a part than to the first that is published.
PARTS_WITH_ANY = text("""
SELECT part.first
FROM unnest(CAST(:firsts AS text[]), CAST(:behinds AS text[])) AS part (first, behind)
WHERE EXISTS (
  SELECT FROM achievements AS known
  JOIN achievement_versions AS version ON version.achievement_id = known.id AND version.version = known.current_version
  WHERE known.id >= part.first AND known.id < part.behind AND version.status = 'published'
) OR EXISTS (
  SELECT FROM pathways AS known
  JOIN pathway_versions AS version ON version.pathway_id = known.id AND version.version = known.current_version
  WHERE known.id >= part.first AND known.id < part.behind AND version.status = 'published'
)
ORDER BY part.first
""")


class SqlSitemapReadings:
    """See core.sitemaps.SitemapReadings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def parts(self) -> Sequence[str]:
        """See core.sitemaps.SitemapReadings."""
        given = {"firsts": list(BEHIND), "behinds": list(BEHIND.values())}
        async with self._database.snapshot() as session:
            return (await session.execute(PARTS_WITH_ANY, given)).scalars().all()

    async def part(self, digits: str) -> Sequence[Known]:
        """See core.sitemaps.SitemapReadings."""
        given = {"first": digits, "behind": BEHIND[digits], "most": MOST}
        async with self._database.snapshot() as session:
            rows = await session.execute(PART, given)
            return [Known(**row) for row in rows.mappings()]

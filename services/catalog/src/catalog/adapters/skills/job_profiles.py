"""What a job profile is compared with."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.core.model import AchievementId
from catalog.core.skills.job_profiles import Facts, Giver, Requirement
from catalog.core.skills.model import FrameworkId
from service_kit.database import Database

OCCUPATION = text("""
SELECT framework_id FROM skills JOIN skill_frameworks ON skill_frameworks.id = framework_id
WHERE skills.uri = :uri AND kind = 'occupation' AND retired_in IS NULL
  AND (CAST(:framework AS text) IS NULL OR framework_id = :framework)
ORDER BY skill_frameworks.updated_at DESC, framework_id LIMIT 1
""")
REQUIRED = text("""
SELECT target AS skill, level FROM skill_relations
WHERE framework_id = :framework AND source = :uri AND type = 'requires'
""")
LABELS = text("""
SELECT DISTINCT ON (uri) uri, label FROM skills WHERE uri = ANY(:uris) ORDER BY uri, retired_in NULLS FIRST, id
""")
KNOWN = text("SELECT id FROM achievements WHERE id = ANY(:held) AND latest_version > 0")
# Held is what was published once: a retired achievement still stands for what it stood for.
HELD = text("""
SELECT given.achievement_id AS achievement, versions.name, skill, level
FROM achievement_skills AS given JOIN achievements ON achievements.id = given.achievement_id
  JOIN achievement_versions AS versions USING (achievement_id, version)
WHERE achievements.id = ANY(:held) AND version = current_version AND skill = ANY(:uris)
""")
# For each requirement that nothing held satisfies, the achievements of the lowest sufficient level.
OFFERED = text("""
WITH asked AS (
  SELECT skill, level FROM unnest(CAST(:uris AS text[]), CAST(:levels AS float8[])) AS asked (skill, level)
), lacking AS (
  SELECT asked.skill, asked.level FROM asked WHERE NOT EXISTS (
    SELECT FROM achievement_skills AS given JOIN achievements ON achievements.id = given.achievement_id
    WHERE given.achievement_id = ANY(:held) AND given.version = current_version AND given.skill = asked.skill
      AND (asked.level IS NULL OR given.level >= asked.level))
), chosen AS (
  SELECT DISTINCT achievement_id, version FROM lacking CROSS JOIN LATERAL (
    SELECT given.achievement_id, given.version
    FROM achievement_skills AS given JOIN achievements ON achievements.id = given.achievement_id
    WHERE given.skill = lacking.skill AND (lacking.level IS NULL OR given.level >= lacking.level)
      AND given.version = current_version AND status = 'published' AND given.achievement_id <> ALL(:held)
    ORDER BY given.level, given.achievement_id LIMIT :most
  ) AS best
)
SELECT achievement_id AS achievement, versions.name, given.skill, given.level
FROM chosen JOIN achievement_skills AS given USING (achievement_id, version)
  JOIN achievement_versions AS versions USING (achievement_id, version) JOIN lacking USING (skill)
""")


class SqlProfileFacts:
    """See core.job_profiles.ProfileFacts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def occupation(self, uri: str, framework: FrameworkId | None) -> Sequence[Requirement] | None:
        """See core.job_profiles.ProfileFacts."""
        async with self._database.snapshot() as session:
            found = await session.scalar(OCCUPATION, {"uri": uri, "framework": framework})
            if found is None:
                return None
            rows = await session.execute(REQUIRED, {"uri": uri, "framework": found})
            return [Requirement(row.skill, row.level) for row in rows]

    async def facts(self, requirements: Sequence[Requirement], held: Sequence[AchievementId], most: int) -> Facts:
        """See core.job_profiles.ProfileFacts."""
        given = {
            "uris": [one.skill for one in requirements],
            "levels": [one.level for one in requirements],
            "held": list(held),
            "most": most,
        }
        async with self._database.snapshot() as session:
            labels = await session.execute(LABELS, {"uris": given["uris"]})
            known = await session.scalars(KNOWN, {"held": given["held"]})
            return Facts(
                labels={row.uri: row.label for row in labels},
                known=frozenset(AchievementId(one) for one in known),
                held=await _givers(session, HELD, given, "held", "uris"),
                offered=await _givers(session, OFFERED, given, "held", "uris", "levels", "most"),
            )


async def _givers(session: AsyncSession, statement: TextClause, given: Mapping[str, Any], *names: str) -> list[Giver]:
    found = await session.execute(statement, {name: given[name] for name in names})
    return [Giver(AchievementId(row.achievement), row.name, row.skill, row.level) for row in found]

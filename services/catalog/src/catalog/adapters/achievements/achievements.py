"""Drafts and versions in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters import rows
from catalog.adapters.tables import ACHIEVEMENTS, VERSIONS
from catalog.core.model import AchievementId, Draft, OrgId, Status, Version

SOURCES = 0x736F_7572  # an advisory lock's class, beside the hash of the organization


class SqlAchievements:
    """See core.ports.Achievements."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, draft: Draft) -> None:
        """See core.ports.Achievements."""
        await self._session.execute(insert(ACHIEVEMENTS).values(rows.draft_values(draft)))

    async def lock(self, org: OrgId, achievement_id: AchievementId) -> Draft | None:
        """See core.ports.Achievements."""
        mine = (ACHIEVEMENTS.c.id == achievement_id, ACHIEVEMENTS.c.org_id == org)
        row = await self._one(select(*rows.DRAFT_COLUMNS).where(*mine).with_for_update())
        return rows.draft(row) if row else None

    async def save(self, draft: Draft) -> None:
        """See core.ports.Achievements."""
        mine = (ACHIEVEMENTS.c.id == draft.id, ACHIEVEMENTS.c.org_id == draft.org_id)
        await self._session.execute(update(ACHIEVEMENTS).where(*mine).values(rows.draft_values(draft)))

    async def remove(self, draft: Draft) -> None:
        """See core.ports.Achievements."""
        mine = (ACHIEVEMENTS.c.id == draft.id, ACHIEVEMENTS.c.org_id == draft.org_id)
        await self._session.execute(delete(ACHIEVEMENTS).where(*mine))

    async def add_version(self, version: Version) -> None:
        """See core.ports.Achievements."""
        await self._session.execute(insert(VERSIONS).values(rows.version_values(version)))

    async def version(self, achievement_id: AchievementId, number: int) -> Version | None:
        """See core.ports.Achievements."""
        wanted = (VERSIONS.c.achievement_id == achievement_id, VERSIONS.c.version == number)
        row = await self._one(select(*rows.VERSION_COLUMNS).where(*wanted))
        return rows.version(row) if row else None

    async def retire(self, achievement_id: AchievementId, number: int | None, at: datetime) -> Sequence[Version]:
        """See core.ports.Achievements."""
        open_ones = [VERSIONS.c.achievement_id == achievement_id, VERSIONS.c.status == Status.PUBLISHED.value]
        if number is not None:
            open_ones.append(VERSIONS.c.version == number)
        statement = (
            update(VERSIONS)
            .where(*open_ones)
            .values(status=Status.RETIRED.value, revision=VERSIONS.c.revision + 1, retired_at=at)
            .returning(*rows.VERSION_COLUMNS)
        )
        changed = (await self._session.execute(statement)).mappings().all()
        return sorted((rows.version(row) for row in changed), key=lambda version: version.number)

    async def newest_published(self, achievement_id: AchievementId) -> int | None:
        """See core.ports.Achievements."""
        open_ones = (VERSIONS.c.achievement_id == achievement_id, VERSIONS.c.status == Status.PUBLISHED.value)
        newest: int | None = await self._session.scalar(select(func.max(VERSIONS.c.version)).where(*open_ones))
        return newest

    async def hold_sources(self, org: OrgId) -> None:
        """See core.ports.Achievements."""
        await self._session.execute(select(func.pg_advisory_xact_lock(SOURCES, func.hashtext(org))))

    async def of_source(self, org: OrgId, source: str) -> Draft | None:
        """See core.ports.Achievements."""
        mine = (ACHIEVEMENTS.c.org_id == org, ACHIEVEMENTS.c.source == source)
        row = await self._one(select(*rows.DRAFT_COLUMNS).where(*mine).with_for_update())
        return rows.draft(row) if row else None

    async def _one(self, statement: Any) -> Any:
        return (await self._session.execute(statement)).mappings().one_or_none()

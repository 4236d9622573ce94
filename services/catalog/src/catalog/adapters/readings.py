"""Readings over read-only snapshots: every answer is of one moment."""

from collections.abc import Collection, Mapping

from sqlalchemy import select

from catalog.adapters import rows
from catalog.adapters.achievements import reading as reading_achievements
from catalog.adapters.courses import reading as reading_courses
from catalog.adapters.tables import COURSES
from catalog.core.achievements.documents import address
from catalog.core.model import (
    AchievementId,
    AchievementSummary,
    AchievementView,
    Course,
    CourseId,
    OrgId,
    Status,
    Version,
)
from catalog.core.ports import AchievementQuery, CourseQuery
from service_kit.database import Database
from service_kit.inputs import Page, PageRequest


class SqlReadings:
    """See core.ports.Readings."""

    def __init__(self, database: Database, base_url: str) -> None:
        self._database = database
        self._base_url = base_url

    async def course(self, course_id: CourseId) -> Course | None:
        """See core.ports.Readings."""
        async with self._database.snapshot() as session:
            found = await session.execute(select(*rows.COURSE_COLUMNS).where(COURSES.c.id == course_id))
            row = found.mappings().one_or_none()
        return rows.course(row) if row else None

    async def courses(self, query: CourseQuery, page: PageRequest) -> Page[Course]:
        """See core.ports.Readings."""
        async with self._database.snapshot() as session:
            return await reading_courses.courses(session, query, page)

    async def achievement(self, achievement_id: AchievementId, owner: OrgId | None) -> AchievementView | None:
        """See core.ports.Readings."""
        async with self._database.snapshot() as session:
            url = address(self._base_url, achievement_id)
            return await reading_achievements.view(session, achievement_id, url, owner)

    async def published(self, query: AchievementQuery, status: Status, page: PageRequest) -> Page[AchievementSummary]:
        """See core.ports.Readings."""
        async with self._database.snapshot() as session:
            return await reading_achievements.published(session, query, status, page)

    async def chosen(self, ids: Collection[AchievementId]) -> Mapping[AchievementId, AchievementSummary]:
        """See core.ports.Readings."""
        async with self._database.snapshot() as session:
            return await reading_achievements.chosen(session, ids)

    async def drafts(
        self, owner: OrgId, query: AchievementQuery, status: Status | None, page: PageRequest
    ) -> Page[AchievementSummary]:
        """See core.ports.Readings."""
        async with self._database.snapshot() as session:
            return await reading_achievements.drafts(session, owner, query, status, page)

    async def versions(self, achievement_id: AchievementId, page: PageRequest) -> Page[Version] | None:
        """See core.ports.Readings."""
        async with self._database.snapshot() as session:
            found = await reading_achievements.versions(session, achievement_id, page)
        return found if found.items or page.after else None

    async def version(self, achievement_id: AchievementId, number: int) -> Version | None:
        """See core.ports.Readings."""
        async with self._database.snapshot() as session:
            return await reading_achievements.version(session, achievement_id, number)

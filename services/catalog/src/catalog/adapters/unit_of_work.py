"""The catalog's transaction: repositories, outbox and idempotency keys over one session."""

from typing import Self

from catalog.adapters.achievements.achievements import SqlAchievements
from catalog.adapters.achievements.profiles import SqlProfiles
from catalog.adapters.changes import SqlChanges
from catalog.adapters.courses.courses import SqlCourses
from catalog.adapters.pathways import SqlPathways
from catalog.adapters.projections import SqlProjections
from catalog.adapters.skills.skills import SqlSkills
from service_kit.database import UnitOfWork
from service_kit.idempotency import IdempotencyKeys
from service_kit.outbox import Outbox

SOURCE = "/catalog"


class CatalogWork(UnitOfWork):
    """See core.ports.Work."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.courses = SqlCourses(self.session)
        self.achievements = SqlAchievements(self.session)
        self.pathways = SqlPathways(self.session)
        self.profiles = SqlProfiles(self.session)
        self.skills = SqlSkills(self.session)
        self.projections = SqlProjections(self.session)
        self.changes = SqlChanges(self.session)
        self.outbox = Outbox(self.session, SOURCE)
        self.idempotency = IdempotencyKeys(self.session)
        return self

    async def commit(self) -> None:
        """See service_kit.database.UnitOfWork."""
        await self.projections.flush()
        await super().commit()

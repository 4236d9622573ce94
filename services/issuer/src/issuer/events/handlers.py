"""What the issuer keeps: every version of every achievement that the catalog published, and whose access ended."""

from typing import Any

from contracts.events import AchievementPublished, AchievementRetired, AchievementState
from contracts.topics import ACCESS_REVOKED, ACHIEVEMENT_PUBLISHED
from issuer.core.model import Achievement
from issuer.core.ports import UnitOfWork
from service_kit import revoked_access
from service_kit.inbox import Received, Subscription

GROUP = "issuer"
TOPICS = (ACHIEVEMENT_PUBLISHED, ACCESS_REVOKED)


async def keep_achievement(work: UnitOfWork, received: Received[AchievementState]) -> None:
    """Apply one publication. Only a higher revision changes anything, in whatever order they come."""
    payload = received.payload
    achievement = Achievement(
        id=payload.achievement_id,
        version=payload.version,
        revision=payload.revision,
        org_id=payload.org_id,
        retired=isinstance(payload, AchievementRetired),
        document=payload.document,
    )
    await work.achievements.apply(achievement, payload.changed_at)


SUBSCRIPTIONS: list[Subscription[Any]] = [
    Subscription(AchievementPublished, keep_achievement),
    Subscription(AchievementRetired, keep_achievement),
    revoked_access.subscription(),
]

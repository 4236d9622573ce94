"""What the issuer keeps: versions of achievements and pathways that the catalog published, and whose access ended."""

from typing import Any

from contracts.catalog_events import (
    AchievementPublished,
    AchievementRetired,
    AchievementState,
    PathwayPublished,
    PathwayRetired,
    PathwayState,
)
from contracts.topics import ACCESS_REVOKED, ACHIEVEMENT_PUBLISHED, PATHWAY_PUBLISHED
from issuer.core.model import Achievement
from issuer.core.ports import UnitOfWork
from issuer.core.stacks.stack import PathwayVersion, feeds_of
from service_kit import revoked_access
from service_kit.inbox import MalformedRecord, Received, Subscription
from stacking import compile_rules
from stacking.documents import read
from stacking.members import NotAPathway
from stacking.rules import NotATree

GROUP = "issuer"
TOPICS = (ACHIEVEMENT_PUBLISHED, PATHWAY_PUBLISHED, ACCESS_REVOKED)


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


async def keep_pathway(work: UnitOfWork, received: Received[PathwayState]) -> None:
    """The same for pathways. MalformedRecord for one that cannot be evaluated."""
    payload = received.payload
    version = PathwayVersion(
        id=payload.pathway_id,
        version=payload.version,
        revision=payload.revision,
        org_id=payload.org_id,
        retired=isinstance(payload, PathwayRetired),
        digest=payload.digest,
        document=dict(payload.document),
    )
    try:
        rules = compile_rules(read(version.document, identifier=version.id, version=version.version))
    except (NotAPathway, NotATree) as error:
        raise MalformedRecord(f"the pathway cannot be evaluated: {error}") from error
    await work.pathways.apply(version, feeds_of(rules), payload.changed_at)


SUBSCRIPTIONS: list[Subscription[Any]] = [
    Subscription(AchievementPublished, keep_achievement),
    Subscription(AchievementRetired, keep_achievement),
    Subscription(PathwayPublished, keep_pathway),
    Subscription(PathwayRetired, keep_pathway),
    revoked_access.subscription(),
]

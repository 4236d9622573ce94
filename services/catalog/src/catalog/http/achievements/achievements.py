"""The routes that write achievements: draft, change, throw away, publish, retire."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from catalog.core.achievements.documents import address
from catalog.core.achievements.drafts import ChangeDraft, CreateAchievement, DeleteDraft
from catalog.core.achievements.publishing import PublishAchievement, RetireAchievement
from catalog.core.model import Draft
from catalog.http.achievements.paths import PathId
from catalog.http.achievements.schemas import AchievementChanges, AchievementRequest, Retirement
from catalog.http.answers import DraftAnswer, VersionAnswer, documented
from catalog.http.callers import Writer, organization
from catalog.http.replies import draft_reply, draft_tag, version_reply
from service_kit.app import router
from service_kit.described import MADE
from service_kit.entity_tags import Seen
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey


@dataclass(frozen=True, slots=True)
class AchievementUseCases:
    """What the routes call."""

    create: CreateAchievement
    change: ChangeDraft
    delete: DeleteDraft
    publish: PublishAchievement
    retire: RetireAchievement
    base_url: str


def routes(use: AchievementUseCases) -> APIRouter:
    """Everything that changes an achievement."""
    achievements = router(tags=["achievements"])
    _publication(achievements, use)
    _drafts(achievements, use)
    return achievements


def _drafts(achievements: APIRouter, use: AchievementUseCases) -> None:
    def tag(draft: Draft) -> str:
        return draft_tag(draft, use.base_url)

    @achievements.post(
        "/achievements",
        status_code=HTTPStatus.CREATED,
        responses=documented(DraftAnswer, 400, 401, 403, 409, 410, status=201, **MADE[201]),
    )
    async def create_achievement(
        caller: Writer,
        body: AchievementRequest,
        key: Annotated[IdempotencyKey | None, Depends(idempotency_key)],
        response: Response,
    ) -> dict[str, Any]:
        """Start a draft. With `course`, everything left out is written from the course."""
        given = body.members()
        for name in ("course", "profile"):
            given.pop(name, None)
        draft = await use.create(organization(caller), given, course=body.course, profile=body.profile, key=key)
        response.headers["Location"] = address(use.base_url, draft.id)
        response.headers["ETag"] = tag(draft)
        return draft_reply(draft, use.base_url)

    @achievements.patch(
        "/achievements/{achievement_id:path}",
        responses=documented(DraftAnswer, 400, 401, 403, 404),
    )
    async def change_achievement(
        caller: Writer, achievement_id: PathId, body: AchievementChanges, seen: Seen, response: Response
    ) -> dict[str, Any]:
        """Change the draft; what is published stays until the next publication."""
        draft = await use.change(organization(caller), achievement_id, body.members(), expect=seen.expect(tag))
        response.headers["ETag"] = tag(draft)
        return draft_reply(draft, use.base_url)

    @achievements.delete(
        "/achievements/{achievement_id:path}",
        status_code=HTTPStatus.NO_CONTENT,
        responses=documented(None, 401, 403, 404, 409, status=204),
        response_class=Response,
    )
    async def delete_achievement(caller: Writer, achievement_id: PathId, seen: Seen) -> None:
        """Throw away an achievement that was never published."""
        await use.delete(organization(caller), achievement_id, expect=seen.expect(tag))


def _publication(achievements: APIRouter, use: AchievementUseCases) -> None:
    def tag(draft: Draft) -> str:
        return draft_tag(draft, use.base_url)

    @achievements.post(
        "/achievements/{achievement_id:path}/publish",
        responses=documented(VersionAnswer, 401, 403, 404),
    )
    async def publish_achievement(
        caller: Writer, achievement_id: PathId, seen: Seen, response: Response
    ) -> dict[str, Any]:
        """Make the draft an immutable version, if it states what its profile asks for.

        An unchanged draft gives the version it is already.
        """
        draft, version = await use.publish(organization(caller), achievement_id, expect=seen.expect(tag))
        answer = version_reply(version, use.base_url)
        response.headers["ETag"] = tag(draft)
        response.headers["Content-Location"] = str(answer["versionId"])
        return answer

    @achievements.post(
        "/achievements/{achievement_id:path}/retire",
        responses=documented(DraftAnswer, 400, 401, 403, 404, 409),
    )
    async def retire_achievement(
        caller: Writer, achievement_id: PathId, seen: Seen, response: Response, body: Retirement | None = None
    ) -> dict[str, Any]:
        """Close one version, or all, for issuing. What was issued stays valid."""
        version = body.version if body else None
        draft = await use.retire(organization(caller), achievement_id, version, expect=seen.expect(tag))
        response.headers["ETag"] = tag(draft)
        return draft_reply(draft, use.base_url)

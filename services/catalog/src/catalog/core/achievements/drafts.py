"""The working copy of an achievement: create it, change it, throw it away."""

from dataclasses import dataclass, replace

from pydantic import JsonValue

from catalog.core.achievements import documents, profiles
from catalog.core.model import AchievementId, Course, Draft, Json, OrgId, Status
from catalog.core.ports import Begin, Work
from service_kit.clock import Clock
from service_kit.errors import Conflict, Gone, NotFound, invalid_field
from service_kit.ids import NewId
from service_kit.inputs import Expectation, IdempotencyKey, whatever

NO_ACHIEVEMENT = "there is no such achievement"


@dataclass(frozen=True, slots=True)
class CreateAchievement:
    """Start a draft. A course, named by id or code, gives every member that the caller leaves out."""

    begin: Begin
    clock: Clock
    ids: NewId

    async def __call__(
        self,
        org: OrgId,
        given: Json,
        *,
        course: str | None = None,
        profile: str | None = None,
        key: IdempotencyKey | None = None,
    ) -> Draft:
        async with self.begin() as work:
            new_id = AchievementId(self.ids())
            earlier = await work.idempotency.claim(org, key, new_id) if key else None
            if earlier is not None:
                return await _made_before(work, org, AchievementId(earlier))
            draft = self._draft(org, new_id, given, await _course(work, org, course))
            if profile is not None:
                draft = replace(draft, profile=await profiles.named(work, org, profile))
            await work.achievements.add(draft)
            await work.commit()
            return draft

    def _draft(self, org: OrgId, new_id: AchievementId, given: Json, course: Course | None) -> Draft:
        document = documents.merged(documents.from_course(course) if course else {}, given)
        documents.check(document)
        now = self.clock()
        return Draft(
            id=new_id,
            org_id=org,
            document=document,
            revision=1,
            course_id=course.id if course else None,
            department=course.fields.department if course else None,
            status=Status.DRAFT,
            latest_version=0,
            current_version=None,
            created_at=now,
            updated_at=now,
        )


@dataclass(frozen=True, slots=True)
class ChangeDraft:
    """Merge changes into the draft. What is published stays as it is until the next publication.

    `expect` raises Stale when the caller wants to be told that somebody was faster.
    """

    begin: Begin
    clock: Clock

    async def __call__(
        self,
        org: OrgId,
        achievement_id: AchievementId,
        changes: dict[str, JsonValue],
        *,
        expect: Expectation[Draft] = whatever,
    ) -> Draft:
        async with self.begin() as work:
            draft = await locked(work, org, achievement_id)
            expect(draft)
            changed = await self._changed(work, draft, dict(changes))
            if changed == draft:
                return draft
            changed = replace(changed, revision=draft.revision + 1, updated_at=self.clock())
            await work.achievements.save(changed)
            await work.commit()
            return changed

    @staticmethod
    async def _changed(work: Work, draft: Draft, changes: dict[str, JsonValue]) -> Draft:
        if "course" in changes:
            named = changes.pop("course")
            course = await _course(work, draft.org_id, None if named is None else str(named))
            department = course.fields.department if course else None
            draft = replace(draft, course_id=course.id if course else None, department=department)
        if "profile" in changes:
            named = changes.pop("profile")
            profile = None if named is None else await profiles.named(work, draft.org_id, str(named))
            draft = replace(draft, profile=profile)
        document = documents.merged(draft.document, changes)
        documents.check(document)
        return replace(draft, document=document)


@dataclass(frozen=True, slots=True)
class DeleteDraft:
    """Throw away an achievement that was never published. Raises Conflict for one that was."""

    begin: Begin

    async def __call__(
        self, org: OrgId, achievement_id: AchievementId, *, expect: Expectation[Draft] = whatever
    ) -> None:
        async with self.begin() as work:
            draft = await locked(work, org, achievement_id)
            expect(draft)
            if draft.latest_version:
                raise Conflict("a published achievement stays; retire it instead", code="achievement-published")
            await work.achievements.remove(draft)
            await work.commit()


async def locked(work: Work, org: OrgId, achievement_id: AchievementId) -> Draft:
    """The organization's own draft, held until the transaction ends. Raises NotFound."""
    draft = await work.achievements.lock(org, achievement_id)
    if draft is None:
        raise NotFound(NO_ACHIEVEMENT)
    return draft


async def _made_before(work: Work, org: OrgId, achievement_id: AchievementId) -> Draft:
    draft = await work.achievements.lock(org, achievement_id)
    if draft is None:
        raise Gone("the achievement that this Idempotency-Key made was deleted")
    return draft


async def _course(work: Work, org: OrgId, reference: str | None) -> Course | None:
    if reference is None:
        return None
    course = await work.courses.find(org, reference)
    if course is None:
        raise invalid_field("course", "is no course of your organization")
    return course

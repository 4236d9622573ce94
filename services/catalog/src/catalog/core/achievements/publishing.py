"""Publishing makes a version that never changes; retiring closes versions for issuing. Both tell the other services."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from catalog.core.achievements import documents, profiles
from catalog.core.achievements.drafts import locked
from catalog.core.changes import of_version
from catalog.core.model import AchievementId, Draft, OrgId, Status, Version
from catalog.core.ports import Begin, Work
from catalog.core.skills import alignments
from contracts.catalog_events import AchievementPublished, AchievementRetired, AchievementState
from service_kit.clock import Clock
from service_kit.errors import Conflict, invalid_field
from service_kit.inputs import Expectation, whatever

E = TypeVar("E", bound=AchievementState)


@dataclass(frozen=True, slots=True)
class PublishAchievement:
    """Make the draft the next version, if it states what its profile asks for.

    A draft that says what the newest open version says gives that version.
    """

    begin: Begin
    clock: Clock
    base_url: str

    async def __call__(
        self, org: OrgId, achievement_id: AchievementId, *, expect: Expectation[Draft] = whatever
    ) -> tuple[Draft, Version]:
        async with self.begin() as work:
            draft = await locked(work, org, achievement_id)  # two at once: the second one finds the first one's version
            expect(draft)
            profile = await profiles.required_of(work, draft)
            profiles.refuse_incomplete(profile, draft.document)
            newest = await work.achievements.version(draft.id, draft.latest_version) if draft.latest_version else None
            digest = documents.digest(draft.document)
            if newest and newest.digest == digest and newest.status is Status.PUBLISHED:
                return draft, newest
            await alignments.refuse_unknown(work.skills, org, draft.document)
            version = self._next(draft, digest, profile.name)
            published = replace(
                draft, status=Status.PUBLISHED, latest_version=version.number, current_version=version.number
            )
            await work.achievements.add_version(version)
            await work.skills.index(draft.id, version.number, alignments.aligned(version.document))
            await work.achievements.save(published)
            await work.outbox.append(_event(AchievementPublished, self.base_url, version, version.published_at))
            await work.changes.note(of_version(version))
            await work.commit()
            return published, version

    def _next(self, draft: Draft, digest: str, profile: str) -> Version:
        number = draft.latest_version + 1
        document = documents.published(self.base_url, draft.id, number, draft.document)
        return Version(
            achievement_id=draft.id,
            number=number,
            org_id=draft.org_id,
            document=document,
            digest=digest,
            status=Status.PUBLISHED,
            revision=1,
            published_at=self.clock(),
            profile=profile,
            completeness=profiles.standing(document),
        )


@dataclass(frozen=True, slots=True)
class RetireAchievement:
    """Close one version, or all, for issuing. What was issued stays valid. Retiring twice changes nothing."""

    begin: Begin
    clock: Clock
    base_url: str

    async def __call__(
        self, org: OrgId, achievement_id: AchievementId, number: int | None, *, expect: Expectation[Draft] = whatever
    ) -> Draft:
        async with self.begin() as work:
            draft = await locked(work, org, achievement_id)
            expect(draft)
            if not draft.latest_version:
                raise Conflict(
                    "the achievement was never published; delete the draft", code="achievement-not-published"
                )
            if number is not None and number > draft.latest_version:
                raise invalid_field("version", f"the newest version is {draft.latest_version}")
            now = self.clock()
            retired = await work.achievements.retire(draft.id, number, now)
            if not retired:
                return draft
            draft = await _standing(work, draft)
            await work.outbox.append(*(_event(AchievementRetired, self.base_url, one, now) for one in retired))
            await work.changes.note(*map(of_version, retired))
            await work.commit()
            return draft


def _event(kind: type[E], base_url: str, version: Version, at: datetime) -> E:
    return kind(
        achievement_id=documents.address(base_url, version.achievement_id),
        version=version.number,
        revision=version.revision,
        org_id=version.org_id,
        name=str(version.document["name"]),
        achievement_type=documents.achievement_type(version.document),
        document=version.document,
        completeness=profiles.score_of(version),
        changed_at=at,
    )


async def _standing(work: Work, draft: Draft) -> Draft:
    """The public sees the newest open version, or when all are retired the newest of all."""
    newest = await work.achievements.newest_published(draft.id)
    draft = replace(
        draft,
        status=Status.PUBLISHED if newest else Status.RETIRED,
        current_version=newest or draft.latest_version,
    )
    await work.achievements.save(draft)
    return draft

"""Pathways as drafts and published versions, and what a set of achievements is worth to one."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from pydantic import JsonValue

from catalog.core.achievements import documents
from catalog.core.changes import of_pathway
from catalog.core.model import Json, OrgId, PathwayDraft, PathwayId, PathwayVersion, Status
from catalog.core.ports import Begin, Work
from contracts.catalog_events import PathwayPublished, PathwayRetired, PathwayState
from service_kit.clock import Clock
from service_kit.errors import Conflict, FieldError, Gone, Invalid, NotFound
from service_kit.ids import NewId
from service_kit.inputs import Expectation, IdempotencyKey, whatever
from stacking import Flaw, Pathway, flaws
from stacking.documents import read
from stacking.members import NotAPathway

NO_PATHWAY = "there is no such pathway"
E = TypeVar("E", bound=PathwayState)


def address(base_url: str, pathway_id: PathwayId) -> str:
    """The pathway's permanent URL."""
    return f"{base_url}/pathways/{pathway_id}"


def parse(document: Json, *, identifier: str, version: int) -> Pathway:
    """The pathway that a document says. Raises Invalid, which names each wrong member."""
    try:
        return read(document, identifier=identifier, version=version)
    except NotAPathway as error:
        errors = [FieldError(".".join(map(str, one.where)), one.message) for one in error.problems]
        raise Invalid(f"this is not a pathway: {error}", errors=errors) from error


@dataclass(frozen=True, slots=True)
class CreatePathway:
    """Start a draft. It may have flaws, but not members that mean nothing."""

    begin: Begin
    clock: Clock
    ids: NewId
    base_url: str

    async def __call__(self, org: OrgId, document: Json, key: IdempotencyKey | None = None) -> PathwayDraft:
        """Raises Invalid."""
        new_id, now = PathwayId(self.ids()), self.clock()
        parse(document, identifier=address(self.base_url, new_id), version=1)
        async with self.begin() as work:
            earlier = await work.idempotency.claim(org, key, new_id) if key else None
            if earlier is not None:
                return await _made_before(work, org, PathwayId(earlier))
            draft = PathwayDraft(new_id, org, document, 1, Status.DRAFT, 0, None, now, now)
            await work.pathways.add(draft)
            await work.commit()
            return draft


async def _made_before(work: Work, org: OrgId, pathway_id: PathwayId) -> PathwayDraft:
    draft = await work.pathways.lock(org, pathway_id)
    if draft is None:
        raise Gone("the pathway that this Idempotency-Key made was deleted")
    return draft


@dataclass(frozen=True, slots=True)
class ChangePathway:
    """Replace members of the draft. What is published stays until the next publication."""

    begin: Begin
    clock: Clock
    base_url: str

    async def __call__(
        self,
        org: OrgId,
        pathway_id: PathwayId,
        changes: dict[str, JsonValue],
        *,
        expect: Expectation[PathwayDraft] = whatever,
    ) -> PathwayDraft:
        """Raises NotFound, Stale, Invalid."""
        async with self.begin() as work:
            draft = await _locked(work, org, pathway_id, expect)
            document = documents.merged(draft.document, changes)
            parse(document, identifier=address(self.base_url, pathway_id), version=1)
            if document == draft.document:
                return draft
            draft = replace(draft, document=document, revision=draft.revision + 1, updated_at=self.clock())
            await work.pathways.save(draft)
            await work.commit()
            return draft


@dataclass(frozen=True, slots=True)
class DeletePathway:
    """Throw away a pathway that was never published."""

    begin: Begin

    async def __call__(
        self, org: OrgId, pathway_id: PathwayId, *, expect: Expectation[PathwayDraft] = whatever
    ) -> None:
        """Raises NotFound, Stale, Conflict."""
        async with self.begin() as work:
            draft = await _locked(work, org, pathway_id, expect)
            if draft.latest_version:
                raise Conflict("a published pathway stays; retire it instead", code="pathway-published")
            await work.pathways.remove(draft)
            await work.commit()


ATTEMPTS = 3
Offload = Callable[..., Awaitable[Sequence[Flaw]]]


@dataclass(frozen=True, slots=True)
class PublishPathway:
    """Make the draft the next version, if it has no flaw. An unchanged draft gives the version it is already."""

    begin: Begin
    clock: Clock
    base_url: str
    offload: Offload

    async def __call__(
        self, org: OrgId, pathway_id: PathwayId, *, expect: Expectation[PathwayDraft] = whatever
    ) -> tuple[PathwayDraft, PathwayVersion]:
        """Raises NotFound, Stale, Conflict; Invalid with everything that keeps it from being published."""
        judged: JudgedDraft | None = None
        for _ in range(ATTEMPTS):
            async with self.begin() as work:
                draft = await _locked(work, org, pathway_id, expect)
                newest = await work.pathways.version(pathway_id, draft.latest_version) if draft.latest_version else None
                digest = documents.digest(draft.document)
                if newest and newest.digest == digest and newest.status is Status.PUBLISHED:
                    return draft, newest
                if judged is not None and judged.digest == digest:
                    return await self._published(work, draft, judged)
            judged = await self._judge(draft, digest)
        raise Conflict("the draft changes all the time; try again", code="changed-meanwhile")

    async def _judge(self, draft: PathwayDraft, digest: str) -> "JudgedDraft":
        """Flaws take a while to seek: off the loop, and with nothing locked."""
        number = draft.latest_version + 1
        pathway = parse(draft.document, identifier=address(self.base_url, draft.id), version=number)
        found = await self.offload(flaws, pathway)
        return JudgedDraft(digest, pathway, [flaw for flaw in found if flaw.is_known])

    async def _published(
        self, work: Work, draft: PathwayDraft, judged: "JudgedDraft"
    ) -> tuple[PathwayDraft, PathwayVersion]:
        found = [*judged.flaws, *await unknown_achievements(work, judged.pathway, self.base_url)]
        if found:
            errors = [FieldError(flaw.where, f"{flaw.code}: {flaw.message}") for flaw in found]
            raise Invalid("nobody could complete this pathway as it is", code="pathway-flawed", errors=errors)
        version = self._next(draft, judged.digest)
        draft = replace(draft, status=Status.PUBLISHED, latest_version=version.number, current_version=version.number)
        await work.pathways.add_version(version)
        await work.pathways.save(draft)
        await work.outbox.append(_event(PathwayPublished, self.base_url, version, version.published_at))
        await work.changes.note(of_pathway(version))
        await work.commit()
        return draft, version

    def _next(self, draft: PathwayDraft, digest: str) -> PathwayVersion:
        number, now = draft.latest_version + 1, self.clock()
        return PathwayVersion(draft.id, number, draft.org_id, draft.document, digest, Status.PUBLISHED, 1, now)


@dataclass(frozen=True, slots=True)
class JudgedDraft:
    """What is wrong with a draft that says this, by its digest."""

    digest: str
    pathway: Pathway
    flaws: Sequence[Flaw]


async def unknown_achievements(work: Work, pathway: Pathway, base_url: str) -> Sequence[Flaw]:
    """Achievements of this catalog that it asks for and that were never published. Others' are taken as told."""
    prefix = documents.address(base_url, documents.NO_ID)
    named = {
        achievement: component.id
        for component in pathway.components.values()
        for achievement in component.accepts
        if achievement.startswith(prefix)
    }
    known = await work.pathways.published_achievements({name.removeprefix(prefix) for name in named})
    return [
        Flaw("unknown-achievement", component, f"{achievement} was never published")
        for achievement, component in named.items()
        if achievement.removeprefix(prefix) not in known
    ]


@dataclass(frozen=True, slots=True)
class RetirePathway:
    """Close one version, or all, for new learners. Retiring twice changes nothing."""

    begin: Begin
    clock: Clock
    base_url: str

    async def __call__(
        self, org: OrgId, pathway_id: PathwayId, number: int | None, *, expect: Expectation[PathwayDraft] = whatever
    ) -> PathwayDraft:
        """Raises NotFound, Stale, Conflict."""
        async with self.begin() as work:
            draft = await _locked(work, org, pathway_id, expect)
            if not draft.latest_version:
                raise Conflict("the pathway was never published; delete the draft", code="pathway-not-published")
            now = self.clock()
            retired = await work.pathways.retire(pathway_id, number, now)
            if not retired:
                return draft
            newest = await work.pathways.newest_published(pathway_id)
            status = Status.PUBLISHED if newest else Status.RETIRED
            draft = replace(draft, status=status, current_version=newest or draft.latest_version)
            await work.pathways.save(draft)
            await work.outbox.append(*(_event(PathwayRetired, self.base_url, one, now) for one in retired))
            await work.changes.note(*map(of_pathway, retired))
            await work.commit()
            return draft


async def _locked(work: Work, org: OrgId, pathway_id: PathwayId, expect: Expectation[PathwayDraft]) -> PathwayDraft:
    draft = await work.pathways.lock(org, pathway_id)
    if draft is None:
        raise NotFound(NO_PATHWAY)
    expect(draft)
    return draft


def _event(kind: type[E], base_url: str, version: PathwayVersion, at: datetime) -> E:
    return kind(
        pathway_id=address(base_url, version.pathway_id),
        version=version.number,
        revision=version.revision,
        org_id=version.org_id,
        name=str(version.document["name"]),
        digest=version.digest,
        document=version.document,
        changed_at=at,
    )

"""Importing achievements from other catalogues: each becomes a draft, or changes the draft it became before."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from catalog.core.achievements import documents
from catalog.core.model import AchievementId, Draft, Json, OrgId, Status
from catalog.core.ports import Begin, Work
from catalog.core.vocabulary import REPORTED
from service_kit.clock import Clock
from service_kit.errors import FieldError
from service_kit.ids import NewId
from service_kit.inputs import IdempotencyKey

MOST = 200


@dataclass(frozen=True, slots=True)
class Foreign:
    """One achievement of another catalogue, read: `document` when it is usable, `errors` when not.

    `source` is what it is called there; the same one imported again changes the draft that it became.
    """

    number: int
    form: str
    source: str | None
    document: Json | None
    errors: Sequence[FieldError] = ()
    warnings: Sequence[FieldError] = ()


@dataclass(slots=True)
class ForeignReport:
    """What became of each."""

    dry_run: bool = False
    received: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    achievements: list[Json] = field(default_factory=list)
    errors: list[Json] = field(default_factory=list)
    warnings: list[Json] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportAchievements:
    """Create or change drafts by (organization, source), all in one transaction. A dry run keeps nothing."""

    begin: Begin
    clock: Clock
    ids: NewId
    base_url: str

    async def __call__(
        self, org: OrgId, given: Sequence[Foreign], *, dry_run: bool, key: IdempotencyKey | None = None
    ) -> ForeignReport:
        """A wrong one is reported and stops no other."""
        key = None if dry_run else key
        report = ForeignReport(dry_run=dry_run, received=len(given))
        async with self.begin() as work:
            earlier = await work.idempotency.claim(org, key) if key else None
            if earlier is not None:
                return ForeignReport(**json.loads(earlier))
            await work.achievements.hold_sources(org)
            for one in given:
                await self._take(work, org, one, report)
            if key:
                await work.idempotency.store(org, key, json.dumps(asdict(report)))
            if not dry_run:
                await work.commit()
        return report

    async def _take(self, work: Work, org: OrgId, one: Foreign, report: ForeignReport) -> None:
        _tell(report.warnings, one, one.warnings)
        if one.document is None:
            report.rejected += 1
            _tell(report.errors, one, one.errors)
            return
        known = await work.achievements.of_source(org, one.source) if one.source else None
        draft = self._changed(known, one.document) if known else self._new(org, one)
        if known is None:
            report.created += 1
            await work.achievements.add(draft)
        elif draft == known:
            report.unchanged += 1
        else:
            report.updated += 1
            await work.achievements.save(draft)
        place: Json = {"row": one.number, "form": one.form, "source": one.source}
        report.achievements.append(
            {**place, "id": documents.address(self.base_url, draft.id), "name": draft.document["name"]}
        )

    def _new(self, org: OrgId, one: Foreign) -> Draft:
        now, document = self.clock(), documents.merged({}, one.document or {})
        return Draft(
            id=AchievementId(self.ids()),
            org_id=org,
            document=document,
            revision=1,
            course_id=None,
            department=None,
            status=Status.DRAFT,
            latest_version=0,
            current_version=None,
            created_at=now,
            updated_at=now,
            source=one.source,
        )

    def _changed(self, known: Draft, document: Json) -> Draft:
        """What the other catalogue says replaces what is here; what it does not say stays."""
        merged = documents.merged(known.document, document)
        if merged == known.document:
            return known
        return replace(known, document=merged, revision=known.revision + 1, updated_at=self.clock())


def _tell(entries: list[Json], one: Foreign, found: Sequence[FieldError]) -> None:
    place: Json = {"row": one.number, "source": one.source}
    room = max(0, REPORTED - len(entries))
    entries.extend({**place, "field": item.field, "detail": item.detail} for item in found[:room])

"""Importing a course list: every usable row is stored, every other one is reported, all in one transaction."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from catalog.core.model import Course, CourseFields, CourseId, CourseRow, Json, OrgId
from catalog.core.ports import Begin
from catalog.core.vocabulary import REPORTED
from service_kit.clock import Clock
from service_kit.errors import FieldError
from service_kit.ids import NewId
from service_kit.inputs import IdempotencyKey

CHUNK = 1000
OWN = frozenset(CourseFields.__dataclass_fields__)


@dataclass(slots=True)
class Report:
    """What became of the rows. Lists hold at most 1,000 entries; the counts are of all."""

    dry_run: bool
    received: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    error_count: int = 0
    warning_count: int = 0
    errors: list[Json] = field(default_factory=list)
    warnings: list[Json] = field(default_factory=list)
    extra_members: list[str] = field(default_factory=list)

    def reject(self, row: CourseRow, errors: Sequence[FieldError]) -> None:
        """Count a row as rejected, and say why."""
        self.rejected += 1
        self.error_count += len(errors)
        self.errors.extend(_entries(row, errors, REPORTED - len(self.errors)))

    def warn(self, row: CourseRow, warnings: Sequence[FieldError]) -> None:
        """Say what was odd about a row that is taken."""
        self.warning_count += len(warnings)
        self.warnings.extend(_entries(row, warnings, REPORTED - len(self.warnings)))


@dataclass(frozen=True, slots=True)
class ImportCourses:
    """Create or update courses by (organization, code). A dry run does the same and keeps nothing."""

    begin: Begin
    clock: Clock
    ids: NewId

    async def __call__(
        self, org: OrgId, rows: Sequence[CourseRow], *, dry_run: bool, key: IdempotencyKey | None = None
    ) -> Report:
        report = Report(dry_run, received=len(rows))
        # Two imports at once lock rows in the same order, so neither waits for the other for ever.
        accepted = sorted(_accept(rows, report), key=lambda fields: fields.code)
        report.extra_members = sorted({name for fields in accepted for name in fields.extra} - OWN)[:100]
        now = self.clock()
        async with self.begin() as work:
            earlier = await work.idempotency.claim(org, key) if key and not dry_run else None
            if earlier is not None:
                return Report(**json.loads(earlier))
            for start in range(0, len(accepted), CHUNK):
                chunk = accepted[start : start + CHUNK]
                courses = [Course(CourseId(self.ids()), org, fields, now, now) for fields in chunk]
                done = await work.courses.upsert(courses)
                report.created += len(done.created)
                report.updated += len(done.updated)
                report.unchanged += len(chunk) - len(done.created) - len(done.updated)
            if key and not dry_run:
                await work.idempotency.store(org, key, json.dumps(asdict(report)))
            if not dry_run:
                await work.commit()
        return report


def _accept(rows: Sequence[CourseRow], report: Report) -> Iterator[CourseFields]:
    """The usable rows, each code once. A repeated row with the same content is harmless, with another it is not."""
    first: dict[str, CourseRow] = {}
    for row in rows:
        if row.fields is None:
            report.reject(row, row.errors)
            continue
        earlier = first.setdefault(row.fields.code, row)
        if earlier is row:
            report.warn(row, row.warnings)
            yield row.fields
        elif earlier.fields == row.fields:
            report.unchanged += 1
            report.warn(row, [FieldError("code", f"repeats row {earlier.number}")])
        else:
            report.reject(row, [FieldError("code", f"stands in row {earlier.number} with other content")])


def _entries(row: CourseRow, found: Sequence[FieldError], room: int) -> list[Json]:
    place: Json = {"row": row.number}
    if row.line is not None:
        place["line"] = row.line
    if row.code is not None:
        place["code"] = row.code
    return [{**place, "field": item.field, "detail": item.detail} for item in found[: max(0, room)]]

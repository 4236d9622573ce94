"""Importing a course list: every usable row is stored, every other one is reported, all in one transaction."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace

from catalog.core.model import Course, CourseFields, CourseId, CourseRow, Json, OrgId
from catalog.core.ports import Begin, Work
from catalog.core.vocabulary import REPORTED
from service_kit.clock import Clock
from service_kit.errors import FieldError
from service_kit.ids import NewId
from service_kit.inputs import IdempotencyKey

CHUNK = 200  # what the event loop prepares at once
REPORTED_NAMES = 100
OWN = frozenset(CourseFields.__dataclass_fields__)


@dataclass(slots=True)
class Report:
    """What became of the rows. Lists hold at most 1,000 entries; the counts are of all."""

    dry_run: bool = False
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
class CourseList:
    """The usable rows of a file, each code once and in the order of codes, and the report so far."""

    courses: Sequence[CourseFields]
    report: Report


def accept(rows: Sequence[CourseRow]) -> CourseList:
    """Sort out what can be stored. Takes up to a second for a large file: call it off the event loop."""
    report = Report(received=len(rows))
    # Two imports at once lock rows in the same order, so neither waits for the other for ever.
    courses = sorted(_usable(rows, report), key=lambda fields: fields.code)
    report.extra_members = sorted({name for fields in courses for name in fields.extra} - OWN)[:REPORTED_NAMES]
    return CourseList(courses, report)


@dataclass(frozen=True, slots=True)
class ImportCourses:
    """Create or update courses by (organization, code). A dry run does the same and keeps nothing."""

    begin: Begin
    clock: Clock
    ids: NewId

    async def __call__(
        self, org: OrgId, given: CourseList, *, dry_run: bool, key: IdempotencyKey | None = None
    ) -> Report:
        key = None if dry_run else key
        report = replace(given.report, dry_run=dry_run)
        async with self.begin() as work:
            earlier = await work.idempotency.claim(org, key) if key else None
            if earlier is not None:
                return Report(**json.loads(earlier))
            for start in range(0, len(given.courses), CHUNK):
                await self._store(work, org, given.courses[start : start + CHUNK], report)
            if key:
                await work.idempotency.store(org, key, json.dumps(asdict(report)))
            if not dry_run:
                await work.commit()
        return report

    async def _store(self, work: Work, org: OrgId, chunk: Sequence[CourseFields], report: Report) -> None:
        now = self.clock()
        done = await work.courses.upsert([Course(CourseId(self.ids()), org, fields, now, now) for fields in chunk])
        report.created += len(done.created)
        report.updated += len(done.updated)
        report.unchanged += len(chunk) - len(done.created) - len(done.updated)


def _usable(rows: Sequence[CourseRow], report: Report) -> Iterator[CourseFields]:
    """Each code once. A repeated row with the same content is harmless, with another it is not."""
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

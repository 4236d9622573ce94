"""Importing a skills framework: what changed becomes its next version, the same again changes nothing."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from catalog.core.changes import Change, of_framework
from catalog.core.model import Json, OrgId
from catalog.core.ports import Begin, Work
from catalog.core.skills.model import Framework, FrameworkId, ImportReport, Package, Relation, RowError, Skill
from catalog.core.skills.ports import ReadPackage
from catalog.core.vocabulary import REPORTED
from service_kit.clock import Clock
from service_kit.errors import FieldError, Invalid
from service_kit.ids import NewId
from service_kit.inputs import IdempotencyKey

SHOWN = 10  # of why nothing could be used
NO_FRAMEWORK = "there is no such skills framework"


def accept(package: Package) -> ReadPackage:
    """In a fixed order, with the digest of what it says. Takes a second for a large one: call it off the event loop.

    Raises Invalid when it holds no skill.
    """
    if not package.skills:
        raise Invalid("the files hold no skill that can be used", errors=_first_errors(package.errors))
    # Two imports at once lock rows in the same order, so neither waits for the other for ever.
    skills = sorted(package.skills, key=lambda skill: skill.uri)
    relations = sorted(package.relations, key=lambda one: (one.source, one.type, one.target))
    said = [package.uri, package.title, package.language, package.source_version]
    digest = hashlib.sha256(json.dumps(said).encode())
    for skill in skills:
        digest.update(_line_of_skill(skill))
    for one in relations:
        digest.update(_line_of_relation(one))
    return ReadPackage(replace(package, skills=skills, relations=relations), digest.hexdigest())


def _first_errors(errors: Sequence[RowError]) -> list[FieldError]:
    return [FieldError(f"{one.file}.{one.row}.{one.field}", one.detail) for one in errors[:SHOWN]]


def _line_of_skill(one: Skill) -> bytes:
    return json.dumps([one.uri, one.kind, one.code, one.label, [*one.other_labels], one.description]).encode()


def _line_of_relation(one: Relation) -> bytes:
    return json.dumps([one.source, one.type, one.target, one.level]).encode()


@dataclass(frozen=True, slots=True)
class ImportFramework:
    """Create the organization's framework of this identifier, or bring it to its next version."""

    begin: Begin
    clock: Clock
    ids: NewId

    async def __call__(
        self, org: OrgId, given: ReadPackage, key: IdempotencyKey | None = None
    ) -> tuple[ImportReport, FrameworkId]:
        """One transaction. A repetition under the same key gives the first report."""
        async with self.begin() as work:
            earlier = await work.idempotency.claim(org, key) if key else None
            if earlier is not None:
                report = ImportReport(**json.loads(earlier))
                return report, FrameworkId(report.framework)
            changed: list[Change] = []
            framework = await work.skills.lock(org, given.package.uri)
            if framework is not None and framework.digest == given.digest:
                report = _report(framework, given.package, changed=False)
            else:
                following = self._next(org, framework, given)
                report = await self._store(work, following, given.package)
                changed.append(of_framework(following))
            if key:
                await work.idempotency.store(org, key, json.dumps(asdict(report)))
            await work.changes.note(*changed)
            await work.commit()
        return report, FrameworkId(report.framework)

    def _next(self, org: OrgId, earlier: Framework | None, given: ReadPackage) -> Framework:
        """The framework as it will be. Its first import says what its language is; others add labels to it."""
        package, now = given.package, self.clock()
        return Framework(
            id=earlier.id if earlier else FrameworkId(self.ids()),
            org_id=org,
            uri=package.uri,
            source=package.source,
            title=package.title,
            version=earlier.version + 1 if earlier else 1,
            language=earlier.language if earlier else package.language,
            source_version=package.source_version,
            digest=given.digest,
            scale=package.scale,
            skills=len(package.skills),
            relations=len(package.relations),
            created_at=earlier.created_at if earlier else now,
            updated_at=now,
        )

    @staticmethod
    async def _store(work: Work, framework: Framework, package: Package) -> ImportReport:
        await work.skills.put(framework)
        added, removed = await work.skills.replace_skills(framework, package.skills, package.language)
        await work.skills.replace_relations(framework.id, package.relations)
        return replace(_report(framework, package, changed=True), added=added, removed=removed)


def _report(framework: Framework, package: Package, *, changed: bool) -> ImportReport:
    return ImportReport(
        framework=framework.id,
        version=framework.version,
        changed=changed,
        received=package.received,
        skills=framework.skills,
        relations=framework.relations,
        rejected=len(package.errors),
        errors=[_entry(one) for one in package.errors[:REPORTED]],
    )


def _entry(one: RowError) -> Json:
    place: Json = {"file": one.file, "row": one.row}
    if one.line is not None:
        place["line"] = one.line
    return {**place, "field": one.field, "detail": one.detail}

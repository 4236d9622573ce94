"""Imports, wired. A small file is read in a thread; a large one, with its transaction, in a process of its own."""

import asyncio
from dataclasses import dataclass, field

from catalog.adapters.unit_of_work import CatalogWork
from catalog.core.courses import importing as courses
from catalog.core.model import OrgId
from catalog.core.ports import Begin
from catalog.core.skills import importing as skills
from catalog.core.skills.model import FrameworkId, ImportReport
from catalog.http.courses.files import read_courses
from catalog.http.courses.importing import ImportSentCourses
from catalog.http.skills.files import SentFramework
from catalog.http.skills.frameworks import ImportSentFramework
from service_kit.apart import Apart
from service_kit.clock import utc_now
from service_kit.database import open_database
from service_kit.ids import new_id
from service_kit.inputs import IdempotencyKey
from service_kit.offload import offload
from service_kit.row_files import RowFile
from service_kit.settings import DatabaseSettings

LARGE = 128 * 1024  # bytes that a thread reads in some twentieths of a second
Imported = tuple[ImportReport, FrameworkId]


@dataclass(frozen=True, slots=True)
class LargeImports:
    """Where large files are read: each by a process with one connection, to the same database by the same role."""

    database: DatabaseSettings
    apart: Apart = field(default_factory=Apart)


def import_frameworks(begin: Begin, large: LargeImports | None) -> ImportSentFramework:
    """What the route of frameworks calls."""
    store = skills.ImportFramework(begin, utc_now, new_id)

    async def sent(org: OrgId, sent: SentFramework, key: IdempotencyKey | None) -> Imported:
        if large is None or sent.size <= LARGE:
            return await store(org, await offload(lambda: skills.accept(sent.read())), key)
        return await large.apart(org, framework_apart, large.database, org, sent, key)

    return sent


def import_courses(begin: Begin, large: LargeImports | None) -> ImportSentCourses:
    """What the route of course lists calls."""
    store = courses.ImportCourses(begin, utc_now, new_id)

    async def sent(org: OrgId, file: RowFile, *, dry_run: bool, key: IdempotencyKey | None) -> courses.Report:
        if large is None or len(file.content) <= LARGE:
            given = await offload(lambda: courses.accept(read_courses(file)))
            return await store(org, given, dry_run=dry_run, key=key)
        return await large.apart(org, courses_apart, large.database, org, file, dry_run, key)

    return sent


def framework_apart(
    settings: DatabaseSettings, org: OrgId, sent: SentFramework, key: IdempotencyKey | None
) -> Imported:
    """The whole import, in the process that was begun for it."""
    given = skills.accept(sent.read())  # before anything is locked

    async def store() -> Imported:
        async with open_database(_alone(settings), "catalog-import") as database:
            return await skills.ImportFramework(lambda: CatalogWork(database), utc_now, new_id)(org, given, key)

    return asyncio.run(store())


def courses_apart(
    settings: DatabaseSettings, org: OrgId, file: RowFile, dry_run: bool, key: IdempotencyKey | None
) -> courses.Report:
    """The same of a course list."""
    given = courses.accept(read_courses(file))

    async def store() -> courses.Report:
        async with open_database(_alone(settings), "catalog-import") as database:
            work = courses.ImportCourses(lambda: CatalogWork(database), utc_now, new_id)
            return await work(org, given, dry_run=dry_run, key=key)

    return asyncio.run(store())


def _alone(settings: DatabaseSettings) -> DatabaseSettings:
    return settings.model_copy(update={"pool_size": 1})

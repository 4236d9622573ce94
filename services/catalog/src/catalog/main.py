"""The composition root: the only place that wires."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI
from pydantic import SecretStr

from catalog.adapters.achievements.profiles import SqlProfileReadings
from catalog.adapters.achievements.similar import SqlSimilarReadings
from catalog.adapters.changes import SqlChangeReadings
from catalog.adapters.pathways import SqlPathwayReadings
from catalog.adapters.readings import SqlReadings
from catalog.adapters.sitemaps import SqlSitemapReadings
from catalog.adapters.skills.job_profiles import SqlProfileFacts
from catalog.adapters.skills.reading import SqlSkillReadings
from catalog.adapters.unit_of_work import CatalogWork
from catalog.core.achievements.drafts import ChangeDraft, CreateAchievement, DeleteDraft
from catalog.core.achievements.importing import ImportAchievements
from catalog.core.achievements.profiles import DeleteProfile, PutProfile
from catalog.core.achievements.publishing import PublishAchievement, RetireAchievement
from catalog.core.courses.courses import ChangeCourse, CreateCourse, DeleteCourse
from catalog.core.pathways.pathways import ChangePathway, CreatePathway, DeletePathway, PublishPathway, RetirePathway
from catalog.core.pathways.trial import TryPathway
from catalog.core.ports import Begin
from catalog.core.skills.job_profiles import MatchProfile
from catalog.core.vocabulary import OCCUPATION_SKILLS
from catalog.events.handlers import TOPICS, subscriptions
from catalog.http.achievements.achievements import AchievementUseCases
from catalog.http.achievements.profiles import ProfileUseCases
from catalog.http.app import UseCases, build_app
from catalog.http.courses.courses import CourseUseCases
from catalog.http.pathways.pathways import PathwayUseCases
from catalog.http.skills.frameworks import SkillUseCases
from catalog.http.skills.job_profiles import JobProfileUseCases
from catalog.main_imports import LargeImports, import_courses, import_frameworks
from catalog.settings import CatalogSettings
from service_kit.apart import Apart
from service_kit.app import Check
from service_kit.auth import TokenVerifier
from service_kit.bus import open_publisher
from service_kit.clock import utc_now
from service_kit.consumer import Consumer
from service_kit.database import Database, open_database
from service_kit.ids import new_id
from service_kit.inbox import Inbox
from service_kit.migrations import check_revision
from service_kit.offload import offload
from service_kit.relay import Relay, republish
from service_kit.revoked_access import RevokedAccess
from service_kit.runtime import Components, Service
from service_kit.settings import DatabaseSettings, Settings
from service_kit.token_keys import TokenKeys, fetch_keys_from

NAME = "catalog"


@asynccontextmanager
async def build(settings: CatalogSettings) -> AsyncIterator[Components]:
    """Everything, connected. Closed in reverse order."""
    async with open_database(settings.database, NAME) as database, open_publisher(settings.kafka) as publisher:

        async def migrated() -> None:
            await check_revision(database, NAME)

        ready: dict[str, Check] = {"database": database.ping, "migrations": migrated}
        revoked = RevokedAccess(database)
        keys = TokenKeys(fetch_keys_from(settings.auth.jwks_url))
        tokens = TokenVerifier(settings.auth, keys, is_revoked=revoked.includes)
        consumer = Consumer(settings.kafka, group=NAME, topics=TOPICS, inbox=inbox(database), publisher=publisher)
        yield Components(
            app(
                settings,
                database,
                tokens,
                {**ready, "revoked_access": revoked.check},
                apart=LargeImports(settings.database, Apart(logs=settings.log, service=NAME)),
            ),
            database,
            answering=[revoked.run],
            relay=[Relay(database, publisher).run],
            consume=[consumer.run],
            ready=ready,
        )


def inbox(database: Database) -> Inbox[CatalogWork]:
    """What applies events to the projections."""
    return Inbox(lambda: CatalogWork(database), subscriptions())


def app(
    settings: Settings,
    database: Database,
    tokens: TokenVerifier | None = None,
    ready: Mapping[str, Check] | None = None,
    *,
    apart: LargeImports | None = None,
) -> FastAPI:
    """The application over one database."""
    return build_app(settings, use_cases(database, settings.public_base_url, apart), tokens=tokens, ready=ready)


def use_cases(database: Database, base_url: str, apart: LargeImports | None = None) -> UseCases:
    """The core, wired to PostgreSQL. Without `apart` large files are read here too."""

    def begin() -> CatalogWork:
        return CatalogWork(database)

    return UseCases(
        import_courses=import_courses(begin, apart),
        import_achievements=ImportAchievements(begin, utc_now, new_id, base_url),
        courses=CourseUseCases(
            create=CreateCourse(begin, utc_now, new_id),
            change=ChangeCourse(begin, utc_now),
            delete=DeleteCourse(begin),
            readings=SqlReadings(database, base_url),
            base_url=base_url,
        ),
        achievements=AchievementUseCases(
            create=CreateAchievement(begin, utc_now, new_id),
            change=ChangeDraft(begin, utc_now),
            delete=DeleteDraft(begin),
            publish=PublishAchievement(begin, utc_now, base_url),
            retire=RetireAchievement(begin, utc_now, base_url),
            base_url=base_url,
        ),
        pathways=pathway_use_cases(database, begin, base_url),
        profiles=ProfileUseCases(
            put=PutProfile(begin, utc_now),
            delete=DeleteProfile(begin),
            readings=SqlProfileReadings(database),
            base_url=base_url,
        ),
        skills=SkillUseCases(
            import_framework=import_frameworks(begin, apart),
            readings=SqlSkillReadings(database),
            base_url=base_url,
        ),
        job_profiles=JobProfileUseCases(MatchProfile(SqlProfileFacts(database), offload, OCCUPATION_SKILLS), base_url),
        similar=SqlSimilarReadings(database),
        changes=SqlChangeReadings(database),
        sitemaps=SqlSitemapReadings(database),
    )


def pathway_use_cases(database: Database, begin: Begin, base_url: str) -> PathwayUseCases:
    """What the routes of pathways call."""
    readings = SqlPathwayReadings(database, base_url)
    return PathwayUseCases(
        create=CreatePathway(begin, utc_now, new_id, base_url),
        change=ChangePathway(begin, utc_now, base_url),
        delete=DeletePathway(begin),
        publish=PublishPathway(begin, utc_now, base_url, offload),
        retire=RetirePathway(begin, utc_now, base_url),
        attempt=TryPathway(readings, offload, base_url),
        readings=readings,
        clock=utc_now,
        base_url=base_url,
    )


def create_openapi_app() -> FastAPI:
    """The application for `openapi`: its database is never connected to."""
    nowhere = Database(DatabaseSettings(url=SecretStr("postgresql+asyncpg://nobody@localhost/none")), NAME)
    return app(Settings(public_base_url="https://laurel.example"), nowhere)


COMMANDS = {"republish": republish}
SERVICE = Service(NAME, CatalogSettings, build, create_openapi_app, COMMANDS)

"""The composition root: the only place that wires."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI

from registry.adapters.readings import SqlReadings
from registry.adapters.statistics import SqlStatistics
from registry.commands import inbox, rebuild_command, state_hash_command
from registry.core.lookup import Lookup
from registry.core.model import Endorsement, Issuer
from registry.core.ports import Readings
from registry.core.statistics import Month, StatisticsQuery, StatisticsReadings
from registry.events.handlers import TOPICS
from registry.http.exports import export_routes
from registry.http.routes import routes
from registry.http.statistics import statistics_routes
from registry.settings import RegistrySettings
from service_kit.app import Check, create_app
from service_kit.bus import open_publisher
from service_kit.consumer import Consumer
from service_kit.database import open_database
from service_kit.inputs import Page, PageRequest
from service_kit.migrations import check_revision
from service_kit.runtime import Components, Service
from service_kit.settings import Settings

NAME = "registry"


@asynccontextmanager
async def build(settings: RegistrySettings) -> AsyncIterator[Components]:
    """Everything, connected. Closed in reverse order."""
    async with open_database(settings.database, NAME) as database, open_publisher(settings.kafka) as dead_letters:

        async def migrated() -> None:
            await check_revision(database, NAME)

        ready: dict[str, Check] = {"database": database.ping, "migrations": migrated}
        consumer = Consumer(settings.kafka, group=NAME, topics=TOPICS, inbox=inbox(database), publisher=dead_letters)
        application = app(settings, SqlReadings(database), SqlStatistics(database), ready)
        yield Components(application, database, consume=[consumer.run], ready=ready)


def app(
    settings: Settings, readings: Readings, statistics: StatisticsReadings, ready: dict[str, Check] | None = None
) -> FastAPI:
    """The application over any source of readings."""
    lookup = Lookup(readings, settings.public_base_url)
    return create_app(
        "registry",
        settings,
        routers=[export_routes(lookup), routes(lookup), statistics_routes(statistics, settings.public_base_url)],
        ready=ready,
    )


class Nothing:
    """Readings of an empty registry, to describe the API without a database."""

    async def issuer(self, _slug: str) -> None:
        """None."""

    async def issuers(self, _org_id: str | None, _page: PageRequest) -> Page[Issuer]:
        """None."""
        return Page((), None)

    async def endorsements(self, _subject: str) -> Sequence[Endorsement]:
        """None."""
        return ()

    async def record(self, _credential_id: str) -> None:
        """None."""

    async def status_list(self, _list_id: str) -> None:
        """None."""

    async def months(self, _query: StatisticsQuery) -> Sequence[Month]:
        """None."""
        return ()


def create_openapi_app() -> FastAPI:
    """The application with no connections, for `openapi`."""
    return app(Settings(public_base_url="https://laurel.example"), Nothing(), Nothing())


SERVICE = Service(
    name=NAME,
    settings=RegistrySettings,
    build=build,
    openapi=create_openapi_app,
    commands={"rebuild": rebuild_command, "state-hash": state_hash_command},
)

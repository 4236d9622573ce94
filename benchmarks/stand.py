"""An issuer to measure: its core, in this process, on a PostgreSQL of its own that keeps what it commits."""

from __future__ import annotations

import base64
import contextlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from pydantic import SecretStr

from benchmarks import raw
from benchmarks.credential import credential
from issuer.adapters.unit_of_work import IssuerUnitOfWork
from issuer.core.issuers.issuers import NewIssuer
from issuer.core.model import Achievement
from issuer.main import Core, wire
from issuer.settings import IssuerSettings
from service_kit.clock import utc_now
from service_kit.database import Database, open_database
from service_kit.ids import new_id
from service_kit.logs import configure_logs
from service_kit.migrations import migrate
from service_kit.offload import offload
from service_kit.runtime import spare_what_stays
from service_kit.settings import AuthSettings, DatabaseSettings, LogSettings
from tools.guard import guard
from tools.ports import free_ports
from tools.postgres import LocalPostgres

BASE_URL = "https://laurel.example"
ORG = "6f0c1ad0-0000-4000-8000-000000000001"


@dataclass(frozen=True, slots=True)
class Stand:
    """What a measurement works on."""

    core: Core
    database: Database
    server: psutil.Process
    app_url: str
    admin_url: str
    achievement: str


@asynccontextmanager
async def stand() -> AsyncIterator[Stand]:
    """One issuer with one achievement, the ones of `benchmarks.credential`."""
    with scratch_postgres() as postgres:
        app_url, migrate_url = postgres.server.create_database("issuer")
        settings = _settings(DatabaseSettings(url=SecretStr(app_url), migrate_url=SecretStr(migrate_url), pool_size=20))
        await offload(migrate, "issuer", settings.database)
        async with issuer(app_url) as (core, database):
            achievement = await _furnish(core, database)
            server = psutil.Process(postgres.process.pid)
            yield Stand(core, database, server, app_url, migrate_url.replace("+asyncpg", ""), achievement)


@asynccontextmanager
async def issuer(app_url: str) -> AsyncIterator[tuple[Core, Database]]:
    """The core of one process on the database of a stand."""
    settings = _settings(DatabaseSettings(url=SecretStr(app_url), pool_size=20))
    write_logs_nowhere()
    async with open_database(settings.database, "benchmark") as database:
        core = wire(settings, database)
        spare_what_stays()  # as every process does
        yield core, database


def write_logs_nowhere() -> None:
    """The audit trail is written, and costs what it costs; but not to the terminal."""
    with contextlib.redirect_stdout(Path(os.devnull).open("w")):
        configure_logs(LogSettings(), "benchmark")


@contextmanager
def scratch_postgres(*, durable: bool = True) -> Iterator[LocalPostgres]:
    """A server that is gone at the end."""
    home = Path(tempfile.mkdtemp(prefix="laurel-benchmark-"))
    home.chmod(0o755)
    guard.scratch(home)
    postgres = LocalPostgres(home / "postgres", free_ports(1)[0], log=home / "postgres.log", durable=durable)
    postgres.start()
    try:
        yield postgres
    finally:
        postgres.remove()


def _settings(database: DatabaseSettings) -> IssuerSettings:
    return IssuerSettings(
        public_base_url=BASE_URL,
        did_web_origin=BASE_URL,
        key_encryption_key=SecretStr(base64.b64encode(bytes(range(32))).decode()),
        database=database,
        auth=AuthSettings(issuer=BASE_URL, jwks_url=f"{BASE_URL}/oauth/jwks", audiences=(BASE_URL,)),
    )


async def _furnish(core: Core, database: Database) -> str:
    """An issuer and a published achievement; returns the achievement's URL."""
    model = credential()
    profile = {name: value for name, value in model["issuer"].items() if name not in {"id", "type"}}
    new = NewIssuer(org_id=ORG, actor="benchmark", slug="college", method="web", profile=profile)
    await core.services.open_issuer(new)
    address, document = f"{BASE_URL}/achievements/{new_id()}", model["credentialSubject"]["achievement"]
    achievement = Achievement(address, 1, 1, ORG, False, document | {"id": f"{address}/versions/1"})
    async with IssuerUnitOfWork(database) as work:
        await work.achievements.apply(achievement, utc_now())
        await work.commit()
    return address


@dataclass(frozen=True, slots=True)
class Spent:
    """Time that went by, and time that processors worked: ours, and the database's."""

    wall: float
    own: float
    server: float


class Clockwork:
    """Measures between its making and `spent`."""

    def __init__(self, server: psutil.Process) -> None:
        self._server = server
        self._worked = self._processors()
        self._began = time.perf_counter()  # asking for what processors worked takes milliseconds, which do not count

    def _processors(self) -> tuple[float, float]:
        server = self._server.cpu_times()  # a child of ours as well, as further workers are
        own = family_time(psutil.Process()) - server.user - server.system
        return own, family_time(self._server)

    def spent(self) -> Spent:
        """Since the beginning."""
        wall = time.perf_counter() - self._began
        own, server = (now - began for now, began in zip(self._processors(), self._worked, strict=True))
        return Spent(wall, own, server)


def family_time(process: psutil.Process) -> float:
    """Seconds of a process and its children, those that ended included; of grandchildren nothing."""
    times = process.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in process.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            of_child = child.cpu_times()
            total += of_child.user + of_child.system
    return float(total)


def quiet_cores() -> str:
    """How busy the machine was with everything, this included: what clocks are worth."""
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return f"{load}, on which CPU time now runs {raw.slowdown():.2f} times faster than in quiet moments"

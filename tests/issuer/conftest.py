"""An issuer with a real database: `client` talks to it, `world` prepares issuers, achievements and credentials."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter
from pydantic import SecretStr

from issuer.core.backpack import arrival as backpack_arrival
from issuer.core.backpack import pull as backpack_pull
from issuer.core.recognition import outside
from issuer.core.recognition.look import LookAtSources
from issuer.http.app import issuer_app
from issuer.main import Core, more_parts, wire
from issuer.main_endorsements import EndorsementParts
from issuer.main_recognition import wire_look_at_sources
from issuer.settings import IssuerSettings
from service_kit.database import Database, open_database
from service_kit.fetcher import Fetcher, open_fetcher
from service_kit.settings import AuthSettings, DatabaseSettings, FetcherSettings
from service_kit.testing import BASE_URL, Empty, MakeDatabase, TokenMint, asgi_client, emptying
from tests.issuer.abroad import Academy, serving
from tests.issuer.recognising import Partners
from tests.issuer.world import Clock, World
from tools.certificates import Certificate, localhost

DID_WEB_ORIGIN = "https://laurel.test"


@pytest.fixture(scope="session")
def database_settings(make_database: MakeDatabase) -> DatabaseSettings:
    return make_database("issuer")


@pytest.fixture(scope="session")
def settings(database_settings: DatabaseSettings) -> IssuerSettings:
    return IssuerSettings(
        environment="development",
        public_base_url=BASE_URL,
        did_web_origin=DID_WEB_ORIGIN,
        key_encryption_key=SecretStr(base64.b64encode(bytes(range(32))).decode()),
        database=database_settings,
        auth=AuthSettings(issuer=BASE_URL, jwks_url=f"{BASE_URL}/oauth/jwks", audiences=(BASE_URL,)),
    )


@pytest_asyncio.fixture(scope="session")
async def open_issuer_database(settings: IssuerSettings) -> AsyncIterator[Database]:
    async with open_database(settings.database, "tests") as database:
        yield database


@pytest.fixture(scope="session", autouse=True)
def patience() -> Iterator[None]:
    """What may take a while by the clock on the wall takes as long as this machine needs."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(backpack_arrival, "DEADLINE_S", 120.0)
        patched.setattr(backpack_pull, "BEGINS_WITHIN", timedelta(hours=1))
        patched.setattr(outside, "KEPT_S", 0.0)
        yield


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Of https://localhost."""
    return localhost(tmp_path_factory.mktemp("tls"))


@pytest_asyncio.fixture(scope="session")
async def empty(database_settings: DatabaseSettings) -> AsyncIterator[Empty]:
    async with emptying(database_settings) as empty:
        yield empty


@pytest_asyncio.fixture
async def database(open_issuer_database: Database, empty: Empty) -> Database:
    """An empty issuer's database."""
    await empty()
    return open_issuer_database


@pytest.fixture
def core(settings: IssuerSettings, database: Database) -> Core:
    """The use cases of one process: another call makes another process."""
    return wire(settings, database)


@pytest.fixture
def clock() -> Clock:
    """What people keep is looked at by this time."""
    return Clock()


@pytest_asyncio.fixture
async def fetcher(certificate: Certificate) -> AsyncIterator[Fetcher]:
    """Reads this machine over https too, where the site of other people's documents is."""
    # This machine may be slow, and no other answers.
    reading = FetcherSettings(allow_private=True, ca_file=str(certificate.authority), connect_s=60, total_s=60)
    async with open_fetcher(reading) as opened:
        yield opened


More = tuple[Sequence[APIRouter], EndorsementParts]


@pytest.fixture
def more(settings: IssuerSettings, database: Database, core: Core, fetcher: Fetcher, clock: Clock) -> More:
    """The capabilities that read other people's documents."""
    return more_parts(settings, database, core, fetcher, clock)


@pytest_asyncio.fixture
async def client(
    settings: IssuerSettings, database: Database, core: Core, mint: TokenMint, more: More
) -> AsyncIterator[httpx.AsyncClient]:
    app = issuer_app(core.services, settings, tokens=mint.verifier(), more=more[0])
    async with asgi_client(app) as opened:
        yield opened


@pytest.fixture
def world(database: Database, client: httpx.AsyncClient, mint: TokenMint) -> World:
    return World(database, client, mint)


@pytest_asyncio.fixture
async def academy(certificate: Certificate) -> AsyncIterator[Academy]:
    """An institution elsewhere, at https."""
    async with serving(certificate) as site:
        yield Academy(site)


@pytest_asyncio.fixture
async def partners(world: World) -> Partners:
    """Two institutions: what one of them awards, and what the other may recognise it as."""
    return await Partners(world).open()


@pytest.fixture
def look(settings: IssuerSettings, database: Database, core: Core, fetcher: Fetcher, clock: Clock) -> LookAtSources:
    """The worker that looks at recognised credentials again."""
    return wire_look_at_sources(settings, database, core.sign_list, fetcher, clock)

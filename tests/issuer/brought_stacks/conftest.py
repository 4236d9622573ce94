"""Ana brings a certificate of an academy elsewhere, which completes a series here."""

from __future__ import annotations

import pytest
import pytest_asyncio

from issuer.main import Core
from issuer.main_backpack import wire_look_again
from issuer.settings import IssuerSettings
from service_kit.database import Database
from service_kit.fetcher import Fetcher
from tests.issuer.abroad import Academy
from tests.issuer.bringing import ANA, Bringing, abroad
from tests.issuer.keepers import Keeper
from tests.issuer.pathways import Series, issued_by
from tests.issuer.world import Clock, Json, World


@pytest_asyncio.fixture
async def bringing(
    world: World, core: Core, settings: IssuerSettings, database: Database, fetcher: Fetcher, clock: Clock
) -> Bringing:
    series = await Series(world, core).open()
    return Bringing(series, wire_look_again(settings, database, core.sign_list, fetcher, clock))


@pytest.fixture
def ana(world: World) -> Keeper:
    return Keeper(world, email=ANA)


@pytest_asyncio.fixture
async def complete(bringing: Bringing, academy: Academy, ana: Keeper) -> Json:
    """What Ana brought completes the series, if she lets it count. Returns it."""
    await bringing.takes(abroad(academy)["credentialSubject"]["achievement"]["id"], issued_by(academy.did))
    await bringing.series.earn("capstone")
    document = abroad(academy)
    await bringing.keep(ana, document)
    return document

"""The issuer and the verifier as the W3C suites meet them: whole HTTP applications on real databases."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from pydantic import SecretStr

from issuer.http.app import issuer_app
from issuer.main import wire
from issuer.settings import IssuerSettings
from service_kit.database import open_database
from service_kit.inbox import Inbox
from service_kit.offload import offload
from service_kit.settings import AuthSettings, DatabaseSettings
from service_kit.testing import BASE_URL, MakeDatabase, TokenMint, asgi_client
from tests.conformance.w3c.implementation import Implementation, InProcess
from tests.verifier.conftest import Web
from verifier import main
from verifier.adapters.unit_of_work import UnitOfWork
from verifier.events.handlers import subscriptions
from verifier.settings import VerifierSettings

DID_WEB_ORIGIN = "https://laurel.test"
LISTS = "https://lists.laurel.test"
AUTH = AuthSettings(issuer=BASE_URL, jwks_url=f"{BASE_URL}/oauth/jwks", audiences=(BASE_URL,))


@pytest.fixture(scope="session")
def databases(make_database: MakeDatabase) -> tuple[DatabaseSettings, DatabaseSettings]:
    """The issuer's and the verifier's."""
    return make_database("issuer"), make_database("verifier")


@pytest_asyncio.fixture(scope="session")
async def implementation(
    databases: tuple[DatabaseSettings, DatabaseSettings], mint: TokenMint
) -> AsyncIterator[Implementation]:
    """One for the whole run, as the suites have it: they never clean up."""
    issuing = IssuerSettings(
        environment="development",
        public_base_url=BASE_URL,
        did_web_origin=DID_WEB_ORIGIN,
        status_list_origin=LISTS,
        key_encryption_key=SecretStr(base64.b64encode(bytes(range(32))).decode()),
        database=databases[0],
        auth=AUTH,
    )
    verifying = VerifierSettings(
        environment="development",
        public_base_url=BASE_URL,
        did_web_origin=DID_WEB_ORIGIN,
        status_list_origin=LISTS,
        database=databases[1],
        auth=AUTH,
    )
    async with AsyncExitStack() as stack:
        issued = await stack.enter_async_context(open_database(issuing.database, "tests"))
        verified = await stack.enter_async_context(open_database(verifying.database, "tests"))
        core = wire(issuing, issued)
        verifier = main.application(
            verifying,
            own_origins=verifying.own_origins,
            unit_of_work=lambda: UnitOfWork(verified),
            web=Web(),
            processor=offload,
            tokens=mint.verifier(),
        )
        made = InProcess(
            issuer=await stack.enter_async_context(
                asgi_client(issuer_app(core.services, issuing, tokens=mint.verifier()))
            ),
            verifier=await stack.enter_async_context(asgi_client(verifier)),
            mint=mint,
            outbox=issued,
            inbox=Inbox(lambda: UnitOfWork(verified), subscriptions()),
            publish_lists=core.publish_lists,
        )
        await made.prepare()
        yield made

"""The verifier's composition root: the only place that wires."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI

from credential_core.report import Outcome, Verdict
from service_kit.app import Check, create_app
from service_kit.auth import TokenVerifier
from service_kit.bus import open_publisher
from service_kit.clock import Clock, utc_now
from service_kit.consumer import Consumer
from service_kit.database import Database, open_database
from service_kit.fetcher import open_fetcher
from service_kit.ids import new_id, random_bytes
from service_kit.inbox import Inbox
from service_kit.migrations import check_revision
from service_kit.revoked_access import RevokedAccess
from service_kit.runtime import Components, Service
from service_kit.settings import Settings
from service_kit.token_keys import TokenKeys, fetch_keys_from
from verifier.adapters.contexts import know_contexts
from verifier.adapters.processor import open_processes
from verifier.adapters.unit_of_work import UnitOfWork
from verifier.adapters.web import open_web
from verifier.core.challenges import Challenges
from verifier.core.evidence import Gather
from verifier.core.fleet import Fleet
from verifier.core.history import History
from verifier.core.ports import NewUnitOfWork, Processor, Web
from verifier.core.trust import Trust
from verifier.core.verify import Verify
from verifier.events.handlers import TOPICS, subscriptions
from verifier.http import trusted_issuers, vc_api, verifications
from verifier.settings import VerifierSettings

NAME = "verifier"


def application(
    settings: Settings,
    *,
    own_origins: Sequence[str],
    unit_of_work: NewUnitOfWork,
    web: Web,
    processor: Processor,
    tokens: TokenVerifier | None,
    clock: Clock = utc_now,
    ready: Mapping[str, Check] | None = None,
) -> FastAPI:
    """The HTTP application over its ports."""
    fleet = Fleet.of(*own_origins)
    gather = Gather(unit_of_work=unit_of_work, web=web, fleet=fleet, clock=clock)
    challenges = Challenges(unit_of_work, clock, random_bytes)
    verify = Verify(
        unit_of_work=unit_of_work, gather=gather, challenges=challenges, processor=processor, clock=clock, ids=new_id
    )
    return create_app(
        NAME,
        settings,
        routers=[
            trusted_issuers.routes(Trust(unit_of_work, clock), settings.public_base_url),
            verifications.routes(verify, History(unit_of_work), settings.public_base_url),
            vc_api.routes(verify, challenges),
        ],
        ready=ready,
        tokens=tokens,
        body_limits=dict.fromkeys(
            (verifications.PATH, vc_api.CREDENTIALS, vc_api.PRESENTATIONS), verifications.MAX_BODY
        ),
        closed=(Verdict.__name__, Outcome.__name__),
    )


@asynccontextmanager
async def build(settings: VerifierSettings) -> AsyncIterator[Components]:
    """Everything a running verifier is made of, closed in reverse order."""
    know_contexts(settings.contexts_file)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings.database, NAME))
        publisher = await stack.enter_async_context(open_publisher(settings.kafka))
        processes = await stack.enter_async_context(open_processes(settings.processes, settings.contexts_file))
        fetcher = await stack.enter_async_context(open_fetcher(settings.fetcher))
        web = await stack.enter_async_context(open_web(fetcher, processes, utc_now))

        def unit_of_work() -> UnitOfWork:
            return UnitOfWork(database)

        inbox: Inbox[UnitOfWork] = Inbox(unit_of_work, subscriptions())
        consumer = Consumer(settings.kafka, group=NAME, topics=TOPICS, inbox=inbox, publisher=publisher)
        ready = _ready(database, settings)
        revoked = RevokedAccess(database)
        keys = TokenKeys(fetch_keys_from(settings.auth.jwks_url))
        app = application(
            settings,
            own_origins=settings.own_origins,
            unit_of_work=unit_of_work,
            web=web,
            processor=processes,
            tokens=TokenVerifier(settings.auth, keys, is_revoked=revoked.includes),
            ready={**ready, "revoked_access": revoked.check},
        )
        yield Components(app, database, answering=[revoked.run], consume=[consumer.run], ready=ready)


def _ready(database: Database, settings: VerifierSettings) -> dict[str, Check]:
    async def migrated() -> None:
        await check_revision(database, NAME)

    return {"database": migrated}


def create_openapi_app() -> FastAPI:
    """The application described, not run: nothing is connected, so nothing may be asked."""
    nothing: Any = None
    return application(
        Settings(environment="development", public_base_url="http://localhost:8080"),
        own_origins=(),
        unit_of_work=nothing,
        web=nothing,
        processor=nothing,
        tokens=nothing,
    )


SERVICE = Service(NAME, VerifierSettings, build, create_openapi_app)

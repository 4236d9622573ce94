"""The issuer's composition root: the only place that wires."""

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypedDict, cast

from fastapi import APIRouter, FastAPI
from pydantic import SecretStr

from issuer.adapters.audit import audit
from issuer.adapters.contexts import know_contexts
from issuer.adapters.credentials.bases import Bases
from issuer.adapters.credentials.record_issued import RecordIssued
from issuer.adapters.keys.key_store import LocalKeyStore, recipient_keys
from issuer.adapters.keys.key_stores import KeyStores
from issuer.adapters.keys.openbao_key_store import OpenBaoKeyStore
from issuer.adapters.keys.transit import Transit, open_transit
from issuer.adapters.reading import Reading
from issuer.adapters.status_lists.publisher import ListPublisher
from issuer.adapters.unit_of_work import IssuerUnitOfWork
from issuer.adapters.worker import Worker
from issuer.core.batches.work import WorkBatches
from issuer.core.batches.work_changes import WorkChanges
from issuer.core.credentials.amend import Amend
from issuer.core.credentials.any_credentials import IssueAny
from issuer.core.credentials.any_status import SetAnyStatus
from issuer.core.credentials.change_status import ChangeStatus
from issuer.core.credentials.compose import Compose
from issuer.core.credentials.correct import Correct
from issuer.core.credentials.derive import Derive
from issuer.core.credentials.issue import Issue
from issuer.core.credentials.queries import Queries
from issuer.core.issuers.issuers import AmendIssuer, OpenIssuer, SetPolicy
from issuer.core.issuers.keys import AddKey, ChangeKey
from issuer.core.issuers.signing import Sign
from issuer.core.recognition.expiry import TellExpired
from issuer.core.recognition.settle import SettleRecognitions
from issuer.core.stacks.settle import SettleStacks
from issuer.core.status_lists.lists import OpenStatusList, PublishStatusLists, SignStatusList
from issuer.core.status_lists.slots import Slots
from issuer.events.handlers import GROUP, SUBSCRIPTIONS, TOPICS
from issuer.http.app import issuer_app
from issuer.http.services import Services
from issuer.main_backpack import backpack_routers, wire_look_again, wire_pulls
from issuer.main_batches import LargeBatches, wire_batches, work_batches, work_changes
from issuer.main_endorsements import EndorsementParts, wire_endorsements
from issuer.main_recognition import recognition_routers, wire_look_at_sources
from issuer.main_stacks import StackParts, wire_stacks
from issuer.settings import KEY_BYTES, IssuerSettings
from service_kit.apart import Apart
from service_kit.app import Check
from service_kit.auth import TokenVerifier
from service_kit.bus import open_publisher
from service_kit.clock import Clock, utc_now
from service_kit.command_line import takes_nothing
from service_kit.consumer import Consumer
from service_kit.database import Database, open_database
from service_kit.fetcher import MOST_OF_ASKER, Fetcher, open_fetcher
from service_kit.ids import new_id, random_bytes
from service_kit.inbox import Inbox
from service_kit.migrations import check_revision
from service_kit.offload import offload
from service_kit.relay import Relay, republish_all
from service_kit.revoked_access import RevokedAccess
from service_kit.runtime import Components, Service
from service_kit.settings import AuthSettings, DatabaseSettings
from service_kit.token_keys import TokenKeys, fetch_keys_from

NAME = "issuer"


@dataclass(frozen=True, slots=True)
class Core:
    """The use cases: those behind routes, and those behind the clock."""

    services: Services
    keys: KeyStores
    sign_list: SignStatusList
    publish_lists: PublishStatusLists
    work_batches: WorkBatches
    work_changes: WorkChanges
    settle_stacks: SettleStacks
    settle_recognitions: SettleRecognitions
    tell_expired: TellExpired


def wire(
    settings: IssuerSettings,
    database: Database,
    clock: Clock = utc_now,
    *,
    transit: Transit | None = None,
    large: LargeBatches | None = None,
) -> Core:
    """Put the core on its adapters. Opens no connection. `transit` is there where settings name an OpenBao server."""
    unit_of_work = partial(IssuerUnitOfWork, database)
    reading, addresses = Reading(database), settings.addresses
    keys = _keys(settings, transit)
    recipient_key = recipient_keys(settings.key_encryption_key_bytes)
    sign = Sign(keys=keys, audit=audit, clock=clock)
    sign_list = SignStatusList(sign=sign, addresses=addresses)
    open_list = OpenStatusList(sign_list=sign_list, clock=clock, new_id=new_id, random_bytes=random_bytes)
    slots = Slots(unit_of_work=unit_of_work, open_list=open_list)
    compose = Compose(sign=sign, addresses=addresses, recipient_key=recipient_key, random_bytes=random_bytes)
    amend = Amend(sign=sign, addresses=addresses, recipient_key=recipient_key, random_bytes=random_bytes)
    issue_any = IssueAny(
        unit_of_work=unit_of_work,
        reading=reading,
        slots=slots,
        keys=keys,
        addresses=addresses,
        audit=audit,
        clock=clock,
        new_id=new_id,
    )
    parts = StackParts(reading, slots, sign, compose, amend, issue_any, settings.key_encryption_key_bytes)
    stacks, settle = wire_stacks(database, parts, recipient_key, addresses, clock)
    services = Services(
        addresses=addresses,
        **stacks,
        **_issuers(settings, database, keys, open_list, clock),
        issue=Issue(
            unit_of_work=unit_of_work,
            record=RecordIssued(database),
            bases=Bases(database, reading),
            reading=reading,
            slots=slots,
            compose=compose,
            addresses=addresses,
            clock=clock,
            new_id=new_id,
        ),
        issue_any=issue_any,
        set_any_status=SetAnyStatus(unit_of_work=unit_of_work, addresses=addresses, audit=audit, clock=clock),
        derive=Derive(offload),
        **wire_batches(database, addresses, clock, large),
        change_status=ChangeStatus(unit_of_work=unit_of_work, addresses=addresses, audit=audit, clock=clock),
        correct=Correct(unit_of_work=unit_of_work, reading=reading, amend=amend, audit=audit, clock=clock),
        queries=Queries(reading=reading, addresses=addresses, recipient_key=recipient_key, clock=clock),
    )
    publish = PublishStatusLists(reading=reading, unit_of_work=unit_of_work, sign_list=sign_list, clock=clock)
    work = work_batches(database, slots, compose, clock)
    recognitions = SettleRecognitions(unit_of_work=unit_of_work, addresses=addresses, audit=audit, clock=clock)
    changes = work_changes(database, amend, addresses, clock)
    expired = TellExpired(unit_of_work=unit_of_work, addresses=addresses, audit=audit, clock=clock)
    return Core(services, keys, sign_list, publish, work, changes, settle, recognitions, expired)


def _keys(settings: IssuerSettings, transit: Transit | None) -> KeyStores:
    remote = OpenBaoKeyStore(transit, random_bytes) if transit else None
    return KeyStores(LocalKeyStore(settings.key_encryption_key_bytes), remote, new_ones=settings.issuer_kms)


class _Issuers(TypedDict):
    open_issuer: OpenIssuer
    amend_issuer: AmendIssuer
    set_policy: SetPolicy
    add_key: AddKey
    change_key: ChangeKey


def _issuers(
    settings: IssuerSettings, database: Database, keys: KeyStores, open_list: OpenStatusList, clock: Clock
) -> _Issuers:
    """What people do with issuers and their keys."""
    unit_of_work, reading = partial(IssuerUnitOfWork, database), Reading(database)
    return {
        "open_issuer": OpenIssuer(
            unit_of_work=unit_of_work,
            keys=keys,
            open_list=open_list,
            audit=audit,
            did_web_origin=settings.did_web_origin,
            clock=clock,
            new_id=new_id,
        ),
        "amend_issuer": AmendIssuer(unit_of_work=unit_of_work, clock=clock),
        "set_policy": SetPolicy(unit_of_work=unit_of_work, audit=audit),
        "add_key": AddKey(
            unit_of_work=unit_of_work, reading=reading, keys=keys, audit=audit, clock=clock, new_id=new_id
        ),
        "change_key": ChangeKey(
            unit_of_work=unit_of_work, keys=keys, audit=audit, clock=clock, wait=timedelta(seconds=settings.key_wait_s)
        ),
    }


def more_parts(
    settings: IssuerSettings, database: Database, core: Core, fetcher: Fetcher, clock: Clock = utc_now
) -> tuple[Sequence[APIRouter], EndorsementParts]:
    """What verifies credentials that arrive: backpacks, the Open Badges API, recognition, endorsements."""
    issue_any = core.services.issue_any
    endorsements = wire_endorsements(
        settings, database, sign_list=core.sign_list, issue_any=issue_any, fetcher=fetcher, clock=clock
    )
    backpacks = backpack_routers(settings, database, fetcher, clock, keys=core.keys, sign_list=core.sign_list)
    recognition = recognition_routers(
        settings,
        database,
        issue=core.services.issue,
        issue_any=issue_any,
        sign_list=core.sign_list,
        fetcher=fetcher,
        clock=clock,
    )
    return (*backpacks, *recognition, endorsements.routes), endorsements


@asynccontextmanager
async def build(settings: IssuerSettings) -> AsyncIterator[Components]:
    """Open what the service stands on, and close it in reverse order."""
    know_contexts(settings.contexts_file)
    async with (
        open_database(settings.database, NAME) as database,
        open_publisher(settings.kafka) as publisher,
        open_fetcher(settings.fetcher, of_each_asker=MOST_OF_ASKER) as fetcher,
        open_transit(settings.openbao) as transit,
    ):
        core = wire(
            settings,
            database,
            transit=transit,
            large=LargeBatches(settings.database, Apart(logs=settings.log, service=NAME)),
        )
        more, endorsements = more_parts(settings, database, core, fetcher)
        pull_due = wire_pulls(settings, database, core.sign_list, fetcher)
        revoked = RevokedAccess(database)
        keys = TokenKeys(fetch_keys_from(settings.auth.jwks_url))
        tokens = TokenVerifier(settings.auth, keys, is_revoked=revoked.includes)
        ready: dict[str, Check] = {
            "database": database.ping,
            "schema": partial(check_revision, database, NAME),
        }
        inbox = Inbox(partial(IssuerUnitOfWork, database), SUBSCRIPTIONS)
        consumer = Consumer(settings.kafka, group=GROUP, topics=TOPICS, inbox=inbox, publisher=publisher)
        yield Components(
            app=issuer_app(
                core.services, settings, tokens=tokens, ready={**ready, "revoked_access": revoked.check}, more=more
            ),
            database=database,
            answering=[revoked.run],
            serve=[  # there the web may be read
                Worker(endorsements.recheck).run,
                Worker(pull_due).run,
                Worker(wire_look_again(settings, database, core.sign_list, fetcher)).run,
                Worker(wire_look_at_sources(settings, database, core.sign_list, fetcher)).run,
            ],
            relay=[
                Relay(database, publisher).run,
                ListPublisher(database, core.publish_lists).run,
                Worker(core.work_batches).run,
                Worker(core.work_changes).run,
                Worker(core.settle_stacks).run,
                Worker(core.settle_recognitions).run,
                Worker(core.tell_expired).run,
            ],
            consume=[consumer.run],
            ready=ready,
        )


def create_openapi_app() -> FastAPI:
    """The application for its own description: nothing behind it answers."""
    settings = IssuerSettings(
        public_base_url="https://laurel.example",
        did_web_origin="https://laurel.example",
        key_encryption_key=SecretStr(base64.b64encode(bytes(KEY_BYTES)).decode()),
        database=DatabaseSettings(url=SecretStr("postgresql+asyncpg://nobody@localhost/nothing")),
        auth=AuthSettings(issuer="https://laurel.example", jwks_url="https://laurel.example", audiences=("-",)),
    )
    database, unwired = Database(settings.database, NAME), cast("Any", None)
    core = wire(settings, database)
    more, _ = more_parts(settings, database, core, unwired)
    return issuer_app(core.services, settings, tokens=None, more=more)


async def republish(settings: IssuerSettings, arguments: Sequence[str]) -> int:
    """Mark every event as pending again, for a bus that lost its data."""
    takes_nothing("republish", arguments)
    async with open_database(settings.database, NAME) as database:
        count = await republish_all(database)
    audit("republish", events=count)
    return 0


SERVICE = Service(NAME, IssuerSettings, build, create_openapi_app, commands={"republish": republish})

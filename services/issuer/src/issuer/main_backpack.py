"""The part of the composition root that is about backpacks and other hosts: main calls it, and nothing else does."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from fastapi import APIRouter

from issuer.adapters.audit import audit
from issuer.adapters.backpack.backpack import BackpackRows, BackpackUnitOfWork
from issuer.adapters.backpack.hosts import GuardedSender, HostRows, HostUnitOfWork, Sealing
from issuer.adapters.backpack.wanted_looks import WantedLookUnitOfWork
from issuer.adapters.credentials.own_credentials import OwnRows
from issuer.adapters.keys.key_store import recipient_keys
from issuer.adapters.reading import Reading
from issuer.adapters.unit_of_work import IssuerUnitOfWork
from issuer.core.backpack.backpack import KeepCredential, PutProfile, ReadBackpack, RemoveKept
from issuer.core.backpack.farewell import EndConnections, Farewell
from issuer.core.backpack.hosts import (
    ConfirmHost,
    ConnectHost,
    Connections,
    PushCredential,
    ReadHosts,
    ReadProfileThere,
)
from issuer.core.backpack.hosts_ports import HostWorks, Sender
from issuer.core.backpack.looks import Looks
from issuer.core.backpack.pull import PullCredentials
from issuer.core.backpack.sync import PullDue
from issuer.core.backpack.verify_kept import VerifyKept
from issuer.core.credentials.own_credentials import OwnCredentials
from issuer.core.ports import KeyStore
from issuer.core.stacks.look_again import LookAgain
from issuer.core.stacks.own_record import RecordOwnStack
from issuer.core.status_lists.lists import SignStatusList
from issuer.http.backpack.backpack import backpack_routes
from issuer.http.backpack.hosts import HostUses, host_routes, return_routes
from issuer.http.credentials.own_credentials import own_credential_routes
from issuer.http.open_badges.api import BackpackUses, open_badges_routes
from issuer.http.open_badges.discovery import Host, discovery_routes
from issuer.main_examination import examination
from issuer.main_progress import progress_routers
from issuer.settings import IssuerSettings
from service_kit.clock import Clock, utc_now
from service_kit.database import Database
from service_kit.fetcher import Fetcher
from service_kit.ids import new_id, random_bytes
from service_kit.offload import offload


def backpack_routers(
    settings: IssuerSettings,
    database: Database,
    fetcher: Fetcher,
    clock: Clock = utc_now,
    *,
    keys: KeyStore,
    sign_list: SignStatusList,
) -> Sequence[APIRouter]:
    """The routes of backpacks and of the Open Badges API."""
    base = settings.public_base_url
    examine = examination(settings, database, sign_list, fetcher, clock)
    backpacks, rows = partial(BackpackUnitOfWork, database), BackpackRows(database)
    works = partial(HostUnitOfWork, database, Sealing(settings.key_encryption_key_bytes))
    sender = GuardedSender(fetcher, offload)
    end = EndConnections(works=works, farewell=Farewell(sender=sender))
    uses = BackpackUses(
        keep=KeepCredential(examine=examine, backpacks=backpacks, clock=clock, new_id=new_id),
        put_profile=PutProfile(backpacks=backpacks, clock=clock),
        read=ReadBackpack(reading=rows),
        verify=VerifyKept(examine=examine, reading=rows, backpacks=backpacks, clock=clock),
        remove=RemoveKept(backpacks=backpacks),
        end=end,
    )
    own, recipient_key = OwnRows(database), recipient_keys(settings.key_encryption_key_bytes)
    received = OwnCredentials(reading=own, recipient_key=recipient_key, clock=clock)
    record = RecordOwnStack(
        documents=own,
        reading=Reading(database),
        unit_of_work=partial(IssuerUnitOfWork, database),
        recipient_key=recipient_key,
        keys=keys,
        audit=audit,
        addresses=settings.addresses,
        offload=offload,
        clock=clock,
        new_id=new_id,
    )
    host = Host(base, settings.auth.issuer, settings.terms_url or base, settings.privacy_url or base)
    hosts = host_uses(settings, database, works=works, sender=sender, keep=uses.keep, end=end, clock=clock)
    return (
        open_badges_routes(uses, base),
        discovery_routes(host),
        backpack_routes(uses, base),
        own_credential_routes(received, record, settings.addresses),
        host_routes(hosts, base),
        return_routes(hosts),
        *progress_routers(settings, database, examine, clock),
    )


def wire_pulls(
    settings: IssuerSettings, database: Database, sign_list: SignStatusList, fetcher: Fetcher, clock: Clock = utc_now
) -> PullDue:
    """The worker that looks through connected hosts."""
    works = partial(HostUnitOfWork, database, Sealing(settings.key_encryption_key_bytes))
    keep = KeepCredential(
        examine=examination(settings, database, sign_list, fetcher, clock),
        backpacks=partial(BackpackUnitOfWork, database),
        clock=clock,
        new_id=new_id,
    )
    connections = connections_of(settings, works, GuardedSender(fetcher, offload), clock)
    return PullDue(
        works=works,
        connections=connections,
        keep=keep,
        every=timedelta(seconds=settings.backpack_pull_every_s),
        audit=audit,
        clock=clock,
        spread=lambda: random_bytes(1)[0] / 255,
    )


def connections_of(settings: IssuerSettings, works: HostWorks, sender: Sender, clock: Clock) -> Connections:
    """Connections, and when they are first looked through."""
    every = timedelta(seconds=settings.backpack_pull_every_s)
    return Connections(works=works, sender=sender, farewell=Farewell(sender=sender), clock=clock, every=every)


def wire_look_again(
    settings: IssuerSettings, database: Database, sign_list: SignStatusList, fetcher: Fetcher, clock: Clock = utc_now
) -> LookAgain:
    """The worker that verifies again what learners keep and stacks count."""
    examine = examination(settings, database, sign_list, fetcher, clock)
    works = partial(WantedLookUnitOfWork, database)
    return LookAgain(works=works, looks=Looks(examine=examine, clock=clock), clock=clock)


def host_uses(
    settings: IssuerSettings,
    database: Database,
    *,
    works: HostWorks,
    sender: Sender,
    keep: KeepCredential,
    end: EndConnections,
    clock: Clock,
) -> HostUses:
    """What connections to other hosts are made of. Towards them we are at the https origin."""
    origin = settings.did_web_origin
    connections = connections_of(settings, works, sender, clock)
    return HostUses(
        connect=ConnectHost(
            works=works,
            sender=sender,
            origin=origin,
            clock=clock,
            new_id=new_id,
            new_secret=lambda: random_bytes(32).hex(),
        ),
        confirm=ConfirmHost(connections=connections, origin=origin),
        push=PushCredential(connections=connections, reading=BackpackRows(database)),
        pull=PullCredentials(connections=connections, keep=keep, clock=clock),
        read=ReadHosts(reading=HostRows(database), clock=clock),
        profile=ReadProfileThere(connections=connections),
        end=end,
    )

"""The composition root of the authorization server: the only place that wires."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from fastapi import FastAPI

from gateway import commands
from gateway.adapters.housekeeping import keep_sweeping
from gateway.adapters.logouts import HostLimit, HttpTeller
from gateway.adapters.passwords import Argon2Passwords
from gateway.adapters.sending import Sending
from gateway.adapters.signing_keys import key_maker, key_opener, loader
from gateway.adapters.unit_of_work import SqlUnitOfWork
from gateway.adapters.vault import LocalVault
from gateway.adapters.webauthn import WebAuthnCeremonies
from gateway.core.client_keys import RefreshClientKeys
from gateway.core.create_organization import CreateOrganization
from gateway.core.dynamic_clients import DynamicClients
from gateway.core.logout import LogoutNotice
from gateway.core.ports import Grants
from gateway.core.post import Post
from gateway.core.queries import Queries
from gateway.core.register_client import SecretReceipts
from gateway.core.rotate_keys import RotateKeys
from gateway.core.send_mail import SendMail
from gateway.core.tell_logout import TellLogout
from gateway.core.update_organization import UpdateOrganization
from gateway.core.use_grants import UseGrants
from gateway.http import (
    address,
    clients,
    invitations,
    login,
    logout,
    members,
    metadata,
    oauth,
    organizations,
    own_organization,
    passkeys,
    password,
    problem_types,
    reference,
    registration,
    sandbox,
    sign_up,
    userinfo,
    welcome,
)
from gateway.http.client_metadata import Usual
from gateway.http.login import LoginUses, RunServer
from gateway.oauth.client_keys import parse_client_keys
from gateway.oauth.form import MAX_BODY
from gateway.oauth.key_ring import KeyRing
from gateway.oauth.logout_token import logout_token
from gateway.oauth.nonce import Nonces
from gateway.oauth.policy import (
    AUTHORIZATION_PATH,
    END_SESSION_PATH,
    INTROSPECTION_PATH,
    PAR_PATH,
    REVOCATION_PATH,
    TOKEN_PATH,
)
from gateway.oauth.published_keys import PublishedKeys
from gateway.oauth.server import Server
from gateway.settings import GatewaySettings
from gateway.uses import AccountUses, account_uses, client_uses, login_uses, mailer, member_uses
from service_kit.app import Check, create_app
from service_kit.auth import Caller, TokenVerifier
from service_kit.bus import open_publisher
from service_kit.clock import Clock, utc_now
from service_kit.database import Database, open_database
from service_kit.fetcher import MOST_OF_ASKER, Fetcher, open_fetcher
from service_kit.ids import new_id
from service_kit.migrations import check_revision
from service_kit.offload import offload
from service_kit.relay import Relay, republish
from service_kit.runtime import Components, Service, Task
from service_kit.settings import HttpSettings, Settings
from service_kit.token_keys import TokenKeys

NAME = "gateway"
TOLD_AT_ONCE = 8  # programs that hear of a logout at the same time
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes call."""

    organizations: organizations.OrganizationUses
    clients: clients.ClientUses
    members: members.MemberUses
    login: LoginUses
    accounts: AccountUses
    registration: registration.RegistrationUses
    refresh_keys: Callable[[str], Awaitable[bool]]
    run: RunServer
    jwk_set: Callable[[], Awaitable[dict[str, Any]]]
    check_keys: Check
    tokens: TokenVerifier


def wire(settings: GatewaySettings, database: Database, fetcher: Fetcher, clock: Clock = utc_now) -> Parts:
    """Build everything over one database."""

    def unit_of_work() -> SqlUnitOfWork:
        return SqlUnitOfWork(database)

    async def run(use: Callable[[Server], T], /) -> T:
        keys = await ring.current()

        def over(grants: Grants) -> T:
            return use(Server(grants=grants, keys=keys, policy=policy, nonces=nonces, clock=clock, ids=new_id))

        return await use_grants(over)

    async def is_revoked(caller: Caller) -> bool:
        of = (caller.token_id, caller.client_id, caller.subject, caller.grant_id)
        return await use_grants(lambda grants: grants.is_revoked(*of))

    read_keys = PublishedKeys(fetcher)
    use_grants = UseGrants(unit_of_work=unit_of_work)
    policy = settings.policy()
    nonces = Nonces(settings.secret_for("DPoP nonces"))
    vault = LocalVault(settings.encryption_key())
    rotate = RotateKeys(unit_of_work=unit_of_work, new_key=key_maker(vault), policy=settings.rotation(), clock=clock)
    ring = KeyRing(loader(rotate.ensure), key_opener(vault))
    queries = Queries(unit_of_work=unit_of_work)
    receipts = SecretReceipts(vault)
    passwords = Argon2Passwords(**settings.password.model_dump())
    ceremonies = WebAuthnCeremonies(rp_id=settings.rp_id(), origins=settings.passkey_origins())
    return Parts(
        organizations=organizations.OrganizationUses(
            create=CreateOrganization(unit_of_work=unit_of_work, clock=clock, ids=new_id),
            update=UpdateOrganization(unit_of_work=unit_of_work, clock=clock),
            queries=queries,
        ),
        clients=client_uses(unit_of_work, receipts, clock),
        members=member_uses(unit_of_work, receipts, post_office(settings, clock), clock),
        login=login_uses(settings, unit_of_work, run, clock, ceremonies=ceremonies, passwords=passwords),
        accounts=account_uses(
            settings, unit_of_work, clock, ceremonies=ceremonies, passwords=passwords, post=post_office(settings, clock)
        ),
        registration=registration.RegistrationUses(
            clients=DynamicClients(unit_of_work=unit_of_work, clock=clock, ids=new_id),
            read_keys=read_keys,
            open_to_all=settings.open_registration,
            usual=Usual(settings.require_proof_key, settings.token_endpoint_audience),
        ),
        refresh_keys=RefreshClientKeys(unit_of_work=unit_of_work, read=read_keys, clock=clock),
        run=run,
        jwk_set=ring.jwk_set,
        check_keys=ring.check,
        tokens=TokenVerifier(settings.own_tokens(), TokenKeys(ring.jwk_set), clock, is_revoked),
    )


def post_office(settings: GatewaySettings, clock: Clock) -> Post:
    """What writes mail into transactions."""
    return Post(
        vault=LocalVault(settings.encryption_key()),
        pepper=settings.secret_for("mail"),
        base=settings.public_base_url,
        is_open=settings.mail.is_sent,
        clock=clock,
        ids=new_id,
    )


def sending(settings: GatewaySettings, database: Database, clock: Clock = utc_now) -> list[Task]:
    """The task that sends mail, where any is sent."""
    send = mailer(settings, clock)
    if send is None:
        return []
    post = post_office(settings, clock)
    return [Sending(SendMail(unit_of_work=lambda: SqlUnitOfWork(database), post=post, send=send, clock=clock)).run]


def tell_logout(parts: Parts, database: Database, fetcher: Fetcher, clock: Clock = utc_now) -> TellLogout:
    """What tells programs of sessions that ended."""

    async def token(notice: LogoutNotice) -> str:
        unsigned = await parts.run(lambda server: logout_token(server, notice))
        return await offload(unsigned.sign)

    teller = HttpTeller(fetcher, token, HostLimit(clock))
    return TellLogout(unit_of_work=lambda: SqlUnitOfWork(database), tell=teller, clock=clock)


def application(
    settings: Settings, parts: Parts, ready: Mapping[str, Check] | None = None, sandbox_file: Path | None = None
) -> FastAPI:
    """The HTTP application over wired parts."""
    base = settings.public_base_url
    return create_app(
        NAME,
        settings,
        routers=[
            metadata.routes(base, parts.jwk_set),
            problem_types.routes(base),
            reference.routes(base),
            welcome.routes(parts.accounts.sign_up),
            sandbox.routes(base, sandbox_file),
            oauth.routes(parts.run, parts.refresh_keys),
            login.routes(parts.login),
            logout.routes(parts.login),
            invitations.routes(parts.login, parts.accounts.accept),
            passkeys.routes(parts.login, parts.accounts.passkeys),
            address.routes(parts.login, parts.accounts.confirm),
            password.routes(parts.login, parts.accounts.reset),
            sign_up.routes(parts.login, parts.accounts.sign_up),
            own_organization.routes(
                own_organization.OwnOrganizationUses(parts.login, parts.members, parts.clients, base)
            ),
            userinfo.routes(parts.run),
            registration.routes(parts.registration, base),
            organizations.routes(parts.organizations, base),
            members.routes(parts.members, base),
            clients.routes(parts.clients, base, parse_client_keys),
        ],
        ready=ready,
        tokens=parts.tokens,
        body_limits=dict.fromkeys(
            (TOKEN_PATH, INTROSPECTION_PATH, REVOCATION_PATH, AUTHORIZATION_PATH, PAR_PATH, END_SESSION_PATH), MAX_BODY
        ),
    )


@asynccontextmanager
async def build(settings: GatewaySettings) -> AsyncIterator[Components]:
    """Everything that `serve` runs."""
    logging.getLogger("authlib").setLevel(logging.INFO)  # its debug lines hold tokens
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings.database, NAME))
        fetcher = await stack.enter_async_context(open_fetcher(settings.fetcher, of_each_asker=MOST_OF_ASKER))
        publisher = await stack.enter_async_context(open_publisher(settings.kafka))
        parts = wire(settings, database, fetcher)
        ready: dict[str, Check] = {
            "database": database.ping,
            "schema": lambda: check_revision(database, NAME),
            "signing_keys": parts.check_keys,
        }
        sweeping = asyncio.create_task(keep_sweeping(database, utc_now))
        try:
            app = application(settings, parts, ready, settings.sandbox_file)
            telling = Sending(tell_logout(parts, database, fetcher), "logout_told", at_once=TOLD_AT_ONCE)
            tasks = [Relay(database, publisher).run, *sending(settings, database), telling.run]
            yield Components(app, database, relay=tasks, ready=ready)
        finally:
            sweeping.cancel()
            await asyncio.wait([sweeping])


def create_openapi_app() -> FastAPI:
    """The application without anything behind it, for its description."""
    settings = Settings.model_construct(public_base_url="https://laurel.example", http=HttpSettings())
    unwired = cast("Any", None)  # routes look at their use cases only when they are called
    parts = replace(Parts(*[unwired] * 11), accounts=AccountUses(*[unwired] * 5))
    return application(settings, parts)


COMMANDS = {**commands.COMMANDS, "republish": republish}
SERVICE = Service(NAME, GatewaySettings, build, create_openapi_app, COMMANDS)
